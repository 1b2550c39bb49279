//! SQLite: one process, one file, one connection that writes.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};

use super::claims::Answer;
use super::error::StoreError;
use super::journal::{ChainColumns, Journal, Row, answers, chain, signed};
use super::migrations::{BEGIN_SQLITE, SQLITE, migrate};
use crate::SignedStatement;
use crate::chain::Chain;
use crate::request::Digest;
use mls_signer_message::encoding::hex;

/// How long one connection waits for another; only `audit` commands are others.
const BUSY: Duration = Duration::from_secs(5);

/// Connections that only read.
const READERS: u32 = 2;

/// The connection that writes, and the lock by which no other process has one.
pub(super) struct SqliteJournal {
    path: PathBuf,
    connection: Option<SqliteConnection>,
    _lock: File,
}

impl SqliteJournal {
    /// Takes the lock. The database is opened by [`Journal::recover`].
    pub(super) fn new(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            path: path.into(),
            connection: None,
            _lock: lock(path)?,
        })
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        let missing = || StoreError::unavailable("the database is not open");
        self.connection.as_mut().ok_or_else(missing)
    }

    async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        create(&self.path)?;
        let options = options(&self.path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let mut connection = options.connect().await?;
        make_durable(&mut connection).await?;
        migrate!(&mut connection, BEGIN_SQLITE, SQLITE);
        Ok(connection)
    }
}

/// A process that was killed, or a sync that failed, leaves transactions in the log that can
/// be read and may not be on the disk. An answer read from one must not be released before it
/// is: so all of the log is copied into the database and synced, and the log begun anew.
async fn make_durable(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
    if busy != 0 {
        return Err(StoreError::unavailable("another process reads the log"));
    }
    Ok(())
}

/// The database has the permissions that are given here, and its log the same.
fn create(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| at(path, error))
}

fn at(path: &Path, error: std::io::Error) -> StoreError {
    StoreError::unavailable(format!("{}: {error}", path.display()))
}

/// A lock beside the database: closing any handle to the database itself would end the locks
/// that SQLite has on it (POSIX fcntl).
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&beside).map_err(|error| at(&beside, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.into() }),
        Err(TryLockError::Error(error)) => Err(at(&beside, error)),
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .disable_statement_logging()
}

/// Connections that only read. They are opened when they are needed.
pub(super) fn readers(path: &Path) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .connect_lazy_with(options(path).read_only(true))
}

/// The requests as SQLite's `json_each` reads them: one statement for any number.
pub(super) fn list(requests: &[Digest]) -> String {
    let names: Vec<_> = requests.iter().map(|request| hex(request)).collect();
    json!(names).to_string()
}

/// The stored answers of the requests in a [`list`].
pub(super) const ANSWERS: &str = "SELECT request, message, proposal_ref, sequence FROM record \
     WHERE request IN (SELECT unhex(value) FROM json_each($1))";

impl Journal for SqliteJournal {
    async fn recover(&mut self) -> Result<(), StoreError> {
        self.close().await;
        let mut connection = self.connect().await?;
        let sql = "UPDATE probe SET count = count + 1";
        sqlx::query(sql).execute(&mut connection).await?;
        self.connection = Some(connection);
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        self.connection()?.execute("BEGIN IMMEDIATE").await?;
        Ok(())
    }

    async fn chains(&mut self, tenants: &[String]) -> Result<Vec<Chain>, StoreError> {
        let sql = "SELECT tenant, id, pruned, anchor, sequence, head FROM chain \
             WHERE tenant IN (SELECT value FROM json_each($1)) ORDER BY tenant";
        let query = sqlx::query_as::<_, ChainColumns>(sql).bind(json!(tenants).to_string());
        let rows = query.fetch_all(self.connection()?).await?;
        rows.into_iter().map(chain).collect()
    }

    async fn add_chain(&mut self, chain: &Chain) -> Result<(), StoreError> {
        let sql = "INSERT INTO chain (tenant, id, pruned, anchor, sequence, head) \
             VALUES ($1, $2, 0, $3, 0, $3) ON CONFLICT (tenant) DO NOTHING";
        let query = sqlx::query(sql)
            .bind(&chain.tenant)
            .bind(&chain.id[..])
            .bind(&chain.anchor[..]);
        query.execute(self.connection()?).await?;
        Ok(())
    }

    async fn answers(
        &mut self,
        requests: &[Digest],
    ) -> Result<HashMap<Digest, Answer>, StoreError> {
        let query = sqlx::query_as(ANSWERS).bind(list(requests));
        answers(query.fetch_all(self.connection()?).await?)
    }

    async fn add_rows(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        let sql = "INSERT INTO record \
             (tenant, sequence, request, encoded, hash, message, proposal_ref) \
             SELECT value ->> 0, value ->> 1, unhex(value ->> 2), unhex(value ->> 3), \
             unhex(value ->> 4), unhex(value ->> 5), unhex(value ->> 6) FROM json_each($1)";
        let values = rows.iter().map(columns).collect::<Result<Vec<_>, _>>()?;
        let query = sqlx::query(sql).bind(Value::Array(values).to_string());
        query.execute(self.connection()?).await?;
        Ok(())
    }

    async fn move_chains(&mut self, chains: &[Chain]) -> Result<(), StoreError> {
        let sql = "UPDATE chain SET pruned = $2, anchor = $3, sequence = $4, head = $5 \
             WHERE tenant = $1";
        for chain in chains {
            let query = sqlx::query(sql)
                .bind(&chain.tenant)
                .bind(signed(chain.pruned)?)
                .bind(&chain.anchor[..])
                .bind(signed(chain.sequence)?)
                .bind(&chain.head[..]);
            query.execute(self.connection()?).await?;
        }
        Ok(())
    }

    async fn add_statement(&mut self, signed_: &SignedStatement) -> Result<(), StoreError> {
        let query = sqlx::query(super::reader::ADD_STATEMENT)
            .bind(&signed_.statement.tenant)
            .bind(signed(signed_.statement.sequence)?)
            .bind(signed_.statement.encode())
            .bind(signed_.key.encode())
            .bind(&signed_.signature);
        query.execute(self.connection()?).await?;
        Ok(())
    }

    async fn remove_rows(&mut self, tenant: &str, sequence: u64) -> Result<(), StoreError> {
        let sequence = signed(sequence)?;
        for sql in super::reader::REMOVE {
            let query = sqlx::query(sql).bind(tenant).bind(sequence);
            query.execute(self.connection()?).await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<Duration, StoreError> {
        let begun = Instant::now();
        self.connection()?.execute("COMMIT").await?;
        Ok(begun.elapsed())
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database was not closed in order");
        }
    }
}

/// A row as `json_each` gives it to the INSERT.
fn columns(row: &Row) -> Result<Value, StoreError> {
    Ok(json!([
        row.tenant,
        signed(row.sequence)?,
        hex(&row.request),
        hex(&row.encoded),
        hex(&row.hash),
        hex(&row.message),
        hex(&row.proposal_ref),
    ]))
}
