//! What the writer needs of a database: one connection that writes.

use std::collections::HashMap;
use std::fs::File;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
#[cfg(feature = "postgres")]
use sqlx::PgConnection;
use sqlx::SqliteConnection;
use tokio::time::timeout;

use super::claims::StoredAnswer;
use super::config::Place;
use super::database::on;
use super::error::StoreError;
#[cfg(feature = "postgres")]
use super::postgres;
use super::rows::{self, ChainColumns, RecordColumns, Row, StatementColumns, signed};
use super::sqlite;
use super::sqlite::OpenFile;
use crate::SignedStatement;
use crate::chain::Chain;
use crate::encoding::encoded;
use crate::request::Digest;
use crate::stored_record::StoredRecord;

/// A connection that writes. After an error it is not used again before
/// [`recover`](Self::recover) succeeds; what was begun does not become visible, unless the
/// error was that of [`commit`](Self::commit), which may have happened or not.
pub(super) struct Journal {
    place: Place,
    patience: Duration,
    connection: Option<Connection>,
    /// The files that the connection has open.
    files: Vec<OpenFile>,
    /// By which no other process writes to a SQLite database.
    _lock: Option<File>,
}

enum Connection {
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(PgConnection),
}

/// Runs a query of which nothing is fetched.
macro_rules! execute {
    ($journal:expr, $query:expr) => {
        on!(
            Connection,
            $journal.connection()?,
            |_dialect, connection| { $query.execute(connection).await.map(drop)? }
        )
    };
}

impl Journal {
    /// A journal; it is opened by [`recover`](Self::recover).
    pub(super) async fn new(place: &Place, patience: Duration) -> Result<Self, StoreError> {
        let lock = match place {
            Place::Sqlite(path) => Some(sqlite::lock(path).await?),
            #[cfg(feature = "postgres")]
            Place::Postgres(_) => None,
        };
        Ok(Self {
            place: place.clone(),
            patience,
            connection: None,
            files: Vec::new(),
            _lock: lock,
        })
    }

    /// Opens a new connection, makes durable what an earlier one may have left, and proves it
    /// with a transaction.
    pub(super) async fn recover(&mut self) -> Result<(), StoreError> {
        let recovered = timeout(self.patience, self.reconnect()).await;
        recovered.unwrap_or(Err(StoreError::unavailable("it does not answer")))
    }

    async fn reconnect(&mut self) -> Result<(), StoreError> {
        self.close().await;
        let mut connection = match &self.place {
            Place::Sqlite(path) => Connection::Sqlite(sqlite::connect(path).await?),
            #[cfg(feature = "postgres")]
            Place::Postgres(options) => {
                Connection::Postgres(postgres::connect(options, self.patience).await?)
            }
        };
        let probe = "UPDATE probe SET count = count + 1";
        on!(Connection, &mut connection, |_dialect, connection| {
            sqlx::query(probe).execute(connection).await.map(drop)?
        });
        self.connection = Some(connection);
        self.files = match &self.place {
            Place::Sqlite(path) => sqlite::open_files(path)?,
            #[cfg(feature = "postgres")]
            Place::Postgres(_) => Vec::new(),
        };
        Ok(())
    }

    /// What is written to a file that was put away would be lost.
    fn assert_in_place(&self) -> Result<(), StoreError> {
        self.files.iter().try_for_each(OpenFile::assert_in_place)
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let missing = || StoreError::unavailable("the database is not open");
        self.connection.as_mut().ok_or_else(missing)
    }

    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        self.assert_in_place()?;
        on!(Connection, self.connection()?, |dialect, connection| {
            let begin = sqlx::raw_sql(dialect::BEGIN);
            begin.execute(connection).await.map(drop)?
        });
        Ok(())
    }

    /// Begins a transaction that sees all as it is now, and writes nothing.
    pub(super) async fn begin_reading(&mut self) -> Result<(), StoreError> {
        self.assert_in_place()?;
        on!(Connection, self.connection()?, |dialect, connection| {
            let begin = sqlx::raw_sql(dialect::BEGIN_READING);
            begin.execute(connection).await.map(drop)?
        });
        Ok(())
    }

    /// Where these tenants' chains end. Nobody else extends them before the transaction ends.
    /// The tenants are in alphabetical order, so that no two wait for each other.
    pub(super) async fn chains(&mut self, tenants: &[String]) -> Result<Vec<Chain>, StoreError> {
        let rows: Vec<ChainColumns> = on!(Connection, self.connection()?, |dialect, connection| {
            let query = sqlx::query_as(dialect::CHAINS).bind(dialect::names(tenants));
            query.fetch_all(connection).await?
        });
        rows::chains(rows)
    }

    /// The same, without keeping anybody from extending them.
    pub(super) async fn chains_now(
        &mut self,
        tenants: &[String],
    ) -> Result<Vec<Chain>, StoreError> {
        let rows: Vec<ChainColumns> = on!(Connection, self.connection()?, |dialect, connection| {
            let query = sqlx::query_as(dialect::CHAINS_NOW).bind(dialect::names(tenants));
            query.fetch_all(connection).await?
        });
        rows::chains(rows)
    }

    /// A tenant's records after `sequence`, in order, at most `count`.
    pub(super) async fn records(
        &mut self,
        tenant: &str,
        sequence: u64,
        count: u32,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        let after = signed(sequence)?;
        let rows: Vec<RecordColumns> =
            on!(Connection, self.connection()?, |_dialect, connection| {
                let query = sqlx::query_as(rows::RECORDS).bind(tenant).bind(after);
                query.bind(i64::from(count)).fetch_all(connection).await?
            });
        rows::records(rows)
    }

    /// What is kept as statements about one record.
    pub(super) async fn statements_about(
        &mut self,
        tenant: &str,
        sequence: u64,
    ) -> Result<Vec<SignedStatement>, StoreError> {
        let sql = "SELECT sequence, encoded, key, signature FROM statement \
             WHERE tenant = $1 AND sequence = $2";
        let sequence = signed(sequence)?;
        let rows: Vec<StatementColumns> =
            on!(Connection, self.connection()?, |_dialect, connection| {
                let query = sqlx::query_as(sql).bind(tenant).bind(sequence);
                query.fetch_all(connection).await?
            });
        let rows = rows::statement_rows(tenant, rows).into_iter();
        Ok(rows.filter_map(|row| row.signed).collect())
    }

    /// Adds a chain, unless the tenant has one.
    pub(super) async fn add_chain(&mut self, chain: &Chain) -> Result<(), StoreError> {
        let sql = "INSERT INTO chain (tenant, id, pruned, anchor, sequence, head) \
             VALUES ($1, $2, 0, $3, 0, $3) ON CONFLICT (tenant) DO NOTHING";
        let (tenant, id, anchor) = (&chain.tenant, &chain.id[..], &chain.anchor[..]);
        execute!(self, sqlx::query(sql).bind(tenant).bind(id).bind(anchor));
        Ok(())
    }

    /// The answers that are stored for some of these requests.
    pub(super) async fn answers(
        &mut self,
        requests: &[Digest],
    ) -> Result<HashMap<Digest, StoredAnswer>, StoreError> {
        let rows = on!(Connection, self.connection()?, |dialect, connection| {
            let query = sqlx::query_as(dialect::ANSWERS).bind(dialect::digests(requests));
            query.fetch_all(connection).await?
        });
        rows::answers(rows)
    }

    /// Gives the row that is found under `request` a random name, so that another one can be found
    /// there. What it says stays in the chain.
    pub(super) async fn set_aside(&mut self, request: &Digest) -> Result<(), StoreError> {
        let mut instead = Digest::default();
        let filled = SystemRandom::new().fill(&mut instead);
        filled.map_err(|_| StoreError::Random)?;
        let sql = "UPDATE record SET request = $2 WHERE request = $1";
        let (request, instead) = (&request[..], &instead[..]);
        execute!(self, sqlx::query(sql).bind(request).bind(instead));
        Ok(())
    }

    /// Adds rows, each of which must be there then: a database can have rules of its own.
    pub(super) async fn add_rows(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        let added = on!(Connection, self.connection()?, |dialect, connection| {
            let add = dialect::add_rows(rows);
            add.execute(connection).await?.rows_affected()
        });
        match rows.first() {
            Some(row) if added != rows.len() as u64 => {
                let reason = "the database does not take the records that it is given";
                Err(StoreError::rewritten(&row.tenant, reason))
            }
            _ => Ok(()),
        }
    }

    /// Writes down where these chains begin and end now.
    pub(super) async fn move_chains(&mut self, chains: &[Chain]) -> Result<(), StoreError> {
        let sql = "UPDATE chain SET pruned = $2, anchor = $3, sequence = $4, head = $5 \
             WHERE tenant = $1";
        for chain in chains {
            let (pruned, sequence) = (signed(chain.pruned)?, signed(chain.sequence)?);
            let moved = on!(Connection, self.connection()?, |_dialect, connection| {
                let query = sqlx::query(sql).bind(&chain.tenant).bind(pruned);
                let query = query.bind(&chain.anchor[..]).bind(sequence);
                let moved = query.bind(&chain.head[..]).execute(connection).await?;
                moved.rows_affected()
            });
            if moved != 1 {
                let reason = "the database does not take where it ends";
                return Err(StoreError::rewritten(&chain.tenant, reason));
            }
        }
        Ok(())
    }

    /// Adds a statement, which must be there then; one that is there stays.
    pub(super) async fn add_statement(&mut self, made: &SignedStatement) -> Result<(), StoreError> {
        let add = "INSERT INTO statement (tenant, sequence, encoded, key, signature) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let count = "SELECT count(*) FROM statement WHERE tenant = $1 AND sequence = $2 \
             AND encoded = $3 AND key = $4 AND signature = $5";
        let tenant = &made.statement.tenant;
        let sequence = signed(made.statement.sequence)?;
        let (statement, key) = (made.statement.encode(), encoded(&made.key));
        let kept: i64 = on!(Connection, self.connection()?, |_dialect, connection| {
            let query = sqlx::query(add).bind(tenant).bind(sequence);
            let query = query.bind(&statement).bind(&key).bind(&made.signature);
            query.execute(&mut *connection).await?;
            let query = sqlx::query_scalar(count).bind(tenant).bind(sequence);
            let query = query.bind(&statement).bind(&key).bind(&made.signature);
            query.fetch_one(connection).await?
        });
        if kept == 0 {
            let reason = "it does not take a statement, or another row stands in its place";
            return Err(StoreError::Corrupt(reason.into()));
        }
        Ok(())
    }

    /// Removes a tenant's rows up to `sequence`, and the statements before it.
    pub(super) async fn remove_rows(
        &mut self,
        tenant: &str,
        sequence: u64,
    ) -> Result<(), StoreError> {
        let sequence = signed(sequence)?;
        for sql in [
            "DELETE FROM record WHERE tenant = $1 AND sequence <= $2",
            "DELETE FROM statement WHERE tenant = $1 AND sequence < $2",
        ] {
            execute!(self, sqlx::query(sql).bind(tenant).bind(sequence));
        }
        Ok(())
    }

    /// Ends the transaction; what it did is durable when this returns. Gives the time that
    /// it took.
    pub(super) async fn commit(&mut self) -> Result<Duration, StoreError> {
        let begun = Instant::now();
        execute!(self, sqlx::raw_sql("COMMIT"));
        Ok(begun.elapsed())
    }

    /// Ends the connection in good order, once nothing more is written.
    pub(super) async fn finish(&mut self) {
        if let Some(connection) = self.connection.take() {
            on!(Connection, connection, |dialect, connection| {
                dialect::finish(connection).await
            });
        }
    }

    pub(super) async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            on!(Connection, connection, |dialect, connection| {
                dialect::close(connection).await
            });
        }
    }
}
