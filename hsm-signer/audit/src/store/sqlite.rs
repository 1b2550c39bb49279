//! SQLite: one process, one file, one connection that writes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mls_signer_message::encoding::hex;
use serde_json::{Value, json};
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection};
use tokio::time::sleep;

use super::error::StoreError;
use super::migrations::migrate;
use super::rows::{Row, answers_sql};
use crate::request::Digest;

/// How long one connection waits for another; only `audit` commands are others.
const BUSY: Duration = Duration::from_secs(5);

/// How long the lock of another process is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Connections that only read.
const READERS: u32 = 2;

const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_audit.sql")];

/// Opens a database to write, its schema brought up to date.
pub(super) async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    // The database has the permissions that are given here, and its log the same.
    drop(open(path)?);
    let options = options(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    let mut connection = options.connect().await?;
    make_durable(&mut connection, path).await?;
    let listed = "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'migration'";
    migrate!(connection, MIGRATIONS, listed);
    Ok(connection)
}

pub(super) async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the database was not closed in order");
    }
}

/// The same, with all of the log copied into the database first, so that the one file is all there
/// is to be backed up.
pub(super) async fn finish(mut connection: SqliteConnection) {
    if let Err(error) = empty_log(&mut connection).await {
        tracing::warn!(%error, "the database needs the file -wal beside it");
    }
    close(connection).await;
}

/// Copies all of the log into the database, syncs that, and empties the log.
async fn empty_log(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
    if busy != 0 {
        return Err(StoreError::unavailable("another process reads the log"));
    }
    Ok(())
}

/// A process that was killed, or a sync that failed, leaves transactions in the log that can
/// be read and may not be on the disk. An answer read from one must not be released before it
/// is: so all of the log is copied into the database and synced. A reader that has begun before the
/// last transaction keeps that from being done, for as long as it likes; then the log itself is
/// put on the disk, which is as good: SQLite reads it again after a power cut.
async fn make_durable(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let sql = "PRAGMA wal_checkpoint(PASSIVE)";
    let (busy, all, copied): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
    if busy == 0 && all == copied {
        return Ok(());
    }
    let path = path.to_owned();
    let synced = tokio::task::spawn_blocking(move || {
        let log = beside(&path, "-wal");
        rewrite(&log).map_err(|error| at(&log, error))?;
        sync_directory(&path).map_err(|error| at(&path, error))
    });
    synced.await.map_err(StoreError::unavailable)?
}

/// Writes a file's bytes again where they are, and syncs them. A sync alone could succeed after one
/// that failed, though the disk lacks what that one was to write. Only this process writes to the
/// log, and nothing meanwhile; SQLite has no lock on the log that closing it would end.
fn rewrite(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut bytes = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let read = file.read_at(&mut bytes, done)?;
        if read == 0 {
            return file.sync_all();
        }
        file.write_all_at(&bytes[..read], done)?;
        done += read as u64;
    }
}

fn sync_directory(of: &Path) -> io::Result<()> {
    let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Opens a file, made if it is not there, and closed to other users.
fn open(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(|error| at(path, error))
}

/// A file of an open database, and the numbers by which it is known: what was put in its place
/// has others.
pub(super) struct OpenFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

/// The files of a database that is open: itself, its log, and the log's index.
pub(super) fn open_files(path: &Path) -> Result<Vec<OpenFile>, StoreError> {
    let files = ["", "-wal", "-shm"].map(|ending| OpenFile::new(beside(path, ending)));
    files.into_iter().collect()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut file = path.as_os_str().to_owned();
    file.push(ending);
    file.into()
}

impl OpenFile {
    fn new(path: PathBuf) -> Result<Self, StoreError> {
        let metadata = std::fs::metadata(&path).map_err(|error| at(&path, error))?;
        Ok(Self {
            path,
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }

    /// # Errors
    /// [`StoreError::Exchanged`] when the file is another one now, or none.
    pub(super) fn assert_in_place(&self) -> Result<(), StoreError> {
        let exchanged = match std::fs::metadata(&self.path) {
            Ok(metadata) => (metadata.dev(), metadata.ino()) != (self.device, self.inode),
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(at(&self.path, error)),
        };
        match exchanged {
            true => Err(StoreError::Exchanged(self.path.clone())),
            false => Ok(()),
        }
    }
}

fn at(path: &Path, error: io::Error) -> StoreError {
    StoreError::unavailable(format!("{}: {error}", path.display()))
}

/// Keeps other processes from writing to the database. The lock is beside it: closing any handle
/// to the database itself would end the locks that SQLite has on it (POSIX fcntl).
///
/// A program that the last holder was just starting has the lock's file open until it runs, so that
/// a lock is waited for.
pub(super) async fn lock(path: &Path) -> Result<File, StoreError> {
    let beside = beside(path, ".lock");
    let file = open(&beside)?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                sleep(LOCK_PATIENCE / 20).await;
            }
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(path.into())),
            Err(TryLockError::Error(error)) => return Err(at(&beside, error)),
        }
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .disable_statement_logging()
}

/// They are opened when they are needed. Where no log is beside the database nobody has it open, and
/// to read it leaves nothing beside it: it may be evidence, or on a disk that is not to be written.
pub(super) fn readers(path: &Path, patience: Duration) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(patience)
        .test_before_acquire(false)
        .connect_lazy_with(
            options(path)
                .read_only(true)
                .immutable(!beside(path, "-wal").exists()),
        )
}

/// Copies what is durable now to a new file, and syncs that.
pub(super) async fn back_up(pool: &SqlitePool, to: &Path) -> Result<(), StoreError> {
    let cannot = |error: io::Error| StoreError::BackUp(format!("{}: {error}", to.display()));
    let not_text = || StoreError::BackUp("the path is not UTF-8".into());
    let absolute = std::path::absolute(to).map_err(cannot)?;
    let path = absolute.to_str().ok_or_else(not_text)?;
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(to);
    let file = file.map_err(cannot)?;
    // SQLite takes a file that is there if it is empty.
    let copied = sqlx::query("VACUUM INTO $1").bind(path).execute(pool).await;
    if let Err(error) = copied {
        // What is not whole must not pass for a backup.
        std::fs::remove_file(to).map_err(cannot)?;
        return Err(error.into());
    }
    file.sync_all().map_err(cannot)?;
    sync_directory(to).map_err(cannot)
}

/// Takes the lock of the database at once: a transaction that begins by reading could not
/// always write.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Sees the database as it is at the first statement.
pub(super) const BEGIN_READING: &str = "BEGIN";

/// The chains of the tenants in [`names`].
pub(super) const CHAINS: &str = "SELECT tenant, id, pruned, anchor, sequence, head FROM chain \
     WHERE tenant IN (SELECT value FROM json_each($1)) ORDER BY tenant";

/// The same: only this process extends them.
pub(super) const CHAINS_NOW: &str = CHAINS;

/// The stored answers of the requests in [`digests`].
pub(super) const ANSWERS: &str =
    answers_sql!("record.request IN (SELECT unhex(value) FROM json_each($1))");

/// Tenants as `json_each` reads them: one statement for any number.
pub(super) fn names(tenants: &[String]) -> String {
    json!(tenants).to_string()
}

/// Requests as `json_each` reads them.
pub(super) fn digests(requests: &[Digest]) -> String {
    let digests: Vec<_> = requests.iter().map(|request| hex(request)).collect();
    json!(digests).to_string()
}

pub(super) fn add_rows(rows: &[Row]) -> Query<'static, Sqlite, SqliteArguments> {
    let sql = "INSERT INTO record \
         (tenant, sequence, request, encoded, hash, message, proposal_ref) \
         SELECT value ->> 0, value ->> 1, unhex(value ->> 2), unhex(value ->> 3), \
         unhex(value ->> 4), unhex(value ->> 5), unhex(value ->> 6) FROM json_each($1)";
    let columns = |row: &Row| {
        json!([
            row.tenant,
            row.sequence,
            hex(&row.request),
            hex(&row.encoded),
            hex(&row.hash),
            hex(&row.message),
            hex(&row.proposal_ref),
        ])
    };
    let rows = Value::Array(rows.iter().map(columns).collect());
    sqlx::query(sql).bind(rows.to_string())
}
