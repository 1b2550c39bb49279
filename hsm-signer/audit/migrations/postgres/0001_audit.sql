-- The hash chain of each tenant, and where it ends.
CREATE TABLE chain (
    tenant   TEXT   NOT NULL PRIMARY KEY,
    id       BYTEA  NOT NULL UNIQUE CHECK (length(id) = 32),
    pruned   BIGINT NOT NULL CHECK (pruned >= 0),
    anchor   BYTEA  NOT NULL CHECK (length(anchor) = 32),
    sequence BIGINT NOT NULL CHECK (sequence >= pruned),
    head     BYTEA  NOT NULL CHECK (length(head) = 32)
);

-- One row for each signature that was released: the audit record, as it was hashed, and the
-- answer that repeats of the request get. They are one row so that neither is without the other.
CREATE TABLE record (
    tenant       TEXT   NOT NULL REFERENCES chain (tenant),
    sequence     BIGINT NOT NULL,
    request      BYTEA  NOT NULL UNIQUE CHECK (length(request) = 32),
    encoded      BYTEA  NOT NULL,
    hash         BYTEA  NOT NULL CHECK (length(hash) = 32),
    message      BYTEA  NOT NULL,
    proposal_ref BYTEA  NOT NULL,
    PRIMARY KEY (tenant, sequence)
);

-- What the HSM said of a chain.
CREATE TABLE statement (
    tenant    TEXT   NOT NULL REFERENCES chain (tenant),
    sequence  BIGINT NOT NULL,
    encoded   BYTEA  NOT NULL,
    key       BYTEA  NOT NULL,
    signature BYTEA  NOT NULL,
    PRIMARY KEY (tenant, sequence, encoded)
);

-- One row, written to see whether the database keeps what it is given.
CREATE TABLE probe (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    count BIGINT  NOT NULL
);
INSERT INTO probe VALUES (1, 0);
