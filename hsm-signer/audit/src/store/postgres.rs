//! PostgreSQL: any number of replicas on one database.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tokio::time::timeout;

use super::claims::Answer;
use super::error::StoreError;
use super::journal::{AnswerColumns, ChainColumns, Journal, Row, answers, chain, signed};
use super::migrations::{BEGIN_POSTGRES, POSTGRES, migrate};
use crate::SignedStatement;
use crate::chain::Chain;
use crate::request::Digest;

/// Connections that only read.
const READERS: u32 = 2;

/// Settings of every session. The keepalives let the server see within seconds that a
/// replica's machine is gone, and end its locks and transactions.
const SESSION: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
];

/// The connection that writes.
pub(super) struct PostgresJournal {
    options: PgConnectOptions,
    patience: Duration,
    connection: Option<PgConnection>,
}

impl PostgresJournal {
    /// A journal. The database is opened by [`Journal::recover`].
    pub(super) fn new(options: &PgConnectOptions, patience: Duration) -> Self {
        Self {
            options: session(options, "writer"),
            patience,
            connection: None,
        }
    }

    fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        let missing = || StoreError::unavailable("there is no connection to the database");
        self.connection.as_mut().ok_or_else(missing)
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        let mut connection = self.options.connect().await?;
        assert_durable(&mut connection).await?;
        migrate!(&mut connection, BEGIN_POSTGRES, POSTGRES);
        limit(&mut connection, self.patience).await?;
        Ok(connection)
    }
}

pub(super) fn session(options: &PgConnectOptions, role: &str) -> PgConnectOptions {
    options
        .clone()
        .application_name(&format!("mls-hsm-signer {role}"))
        .options(SESSION)
        .disable_statement_logging()
}

/// A transaction that the server waits in longer than its caller does would hold the chain
/// from other replicas.
pub(super) async fn limit(
    connection: &mut PgConnection,
    patience: Duration,
) -> Result<(), StoreError> {
    let milliseconds = patience.as_millis().to_string();
    for setting in [
        "statement_timeout",
        "idle_in_transaction_session_timeout",
        "lock_timeout",
    ] {
        let query = sqlx::query("SELECT set_config($1, $2, false)");
        let query = query.bind(setting).bind(&milliseconds);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// COMMIT must mean that it is on the disk.
async fn assert_durable(connection: &mut PgConnection) -> Result<(), StoreError> {
    let sql = "SELECT current_setting('synchronous_commit'), current_setting('fsync')";
    let (commit, sync): (String, String) = sqlx::query_as(sql).fetch_one(&mut *connection).await?;
    if sync != "on" {
        return Err(StoreError::NotDurable("fsync is off".into()));
    }
    if commit != "remote_apply" {
        connection.execute("SET synchronous_commit = on").await?;
    }
    Ok(())
}

/// Connections that only read. They are opened when they are needed.
pub(super) fn readers(options: &PgConnectOptions, patience: Duration) -> PgPool {
    PgPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(patience)
        .connect_lazy_with(session(options, "reader"))
}

/// The requests as an array.
pub(super) fn list(requests: &[Digest]) -> Vec<Vec<u8>> {
    requests.iter().map(|request| request.to_vec()).collect()
}

/// The stored answers of the requests in a [`list`].
pub(super) const ANSWERS: &str =
    "SELECT request, message, proposal_ref, sequence FROM record WHERE request = ANY($1)";

impl Journal for PostgresJournal {
    async fn recover(&mut self) -> Result<(), StoreError> {
        self.close().await;
        let mut connection = self.connect().await?;
        let sql = "UPDATE probe SET count = count + 1";
        sqlx::query(sql).execute(&mut connection).await?;
        self.connection = Some(connection);
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        self.connection()?.execute("BEGIN").await?;
        Ok(())
    }

    async fn chains(&mut self, tenants: &[String]) -> Result<Vec<Chain>, StoreError> {
        let sql = "SELECT tenant, id, pruned, anchor, sequence, head FROM chain \
             WHERE tenant = ANY($1) ORDER BY tenant FOR UPDATE";
        let query = sqlx::query_as::<_, ChainColumns>(sql).bind(tenants);
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
        let query = sqlx::query_as::<_, AnswerColumns>(ANSWERS).bind(list(requests));
        answers(query.fetch_all(self.connection()?).await?)
    }

    async fn add_rows(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        let sql = "INSERT INTO record \
             (tenant, sequence, request, encoded, hash, message, proposal_ref) \
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[], \
             $5::bytea[], $6::bytea[], $7::bytea[])";
        let sequences = rows.iter().map(|row| signed(row.sequence));
        let query = sqlx::query(sql)
            .bind(column(rows, |row| row.tenant.clone()))
            .bind(sequences.collect::<Result<Vec<_>, _>>()?)
            .bind(column(rows, |row| row.request.to_vec()))
            .bind(column(rows, |row| row.encoded.clone()))
            .bind(column(rows, |row| row.hash.to_vec()))
            .bind(column(rows, |row| row.message.clone()))
            .bind(column(rows, |row| row.proposal_ref.clone()));
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
        // One that broke has nothing to say goodbye to, and might be waited for.
        if let Some(connection) = self.connection.take()
            && timeout(Duration::from_secs(1), connection.close())
                .await
                .is_err()
        {
            tracing::warn!("the database did not answer when it was left");
        }
    }
}

fn column<T>(rows: &[Row], value: impl Fn(&Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
