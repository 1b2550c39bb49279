-- The hash chain of each tenant, and where it ends.
CREATE TABLE chain (
    tenant   TEXT    NOT NULL PRIMARY KEY,
    id       BLOB    NOT NULL UNIQUE CHECK (length(id) = 32),
    pruned   INTEGER NOT NULL CHECK (pruned >= 0),
    anchor   BLOB    NOT NULL CHECK (length(anchor) = 32),
    sequence INTEGER NOT NULL CHECK (sequence >= pruned),
    head     BLOB    NOT NULL CHECK (length(head) = 32)
) STRICT, WITHOUT ROWID;

-- One row for each signature that was released: the audit record, as it was hashed, and the
-- answer that repeats of the request get. They are one row so that neither is without the other.
CREATE TABLE record (
    tenant       TEXT    NOT NULL REFERENCES chain (tenant),
    sequence     INTEGER NOT NULL,
    request      BLOB    NOT NULL UNIQUE CHECK (length(request) = 32),
    encoded      BLOB    NOT NULL,
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    message      BLOB    NOT NULL,
    proposal_ref BLOB    NOT NULL,
    PRIMARY KEY (tenant, sequence)
) STRICT;

-- What the HSM said of a chain.
CREATE TABLE statement (
    tenant    TEXT    NOT NULL REFERENCES chain (tenant),
    sequence  INTEGER NOT NULL,
    encoded   BLOB    NOT NULL,
    key       BLOB    NOT NULL,
    signature BLOB    NOT NULL,
    PRIMARY KEY (tenant, sequence, encoded)
) STRICT, WITHOUT ROWID;

-- One row, written to see whether the disk keeps what it is given.
CREATE TABLE probe (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL
) STRICT;
INSERT INTO probe VALUES (1, 0);
