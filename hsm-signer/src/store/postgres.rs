//! PostgreSQL: any number of replicas. A claim is an advisory lock of a session, so that it
//! ends with the replica's connection.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::claims::{Answer, Claims};
use super::error::StoreError;
use super::journal::{AnswerColumns, ChainColumns, Journal, Row, answers, chain, signed};
use super::lookup::Known;
use super::migrations::{POSTGRES, migrator};
use super::request::Digest;
use crate::audit::SignedStatement;
use crate::audit::chain::Chain;

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
        limit(&mut connection, self.patience).await?;
        assert_durable(&mut connection).await?;
        let migrator = migrator(POSTGRES);
        migrator.run_direct(None, &mut connection, false).await?;
        Ok(connection)
    }
}

fn session(options: &PgConnectOptions, role: &str) -> PgConnectOptions {
    options
        .clone()
        .application_name(&format!("mls-hsm-signer {role}"))
        .options(SESSION)
        .disable_statement_logging()
}

/// A transaction that the server waits in longer than its caller does would hold the chain
/// from other replicas.
async fn limit(connection: &mut PgConnection, patience: Duration) -> Result<(), StoreError> {
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

/// Asks for locks.
pub(super) struct Locks(mpsc::Sender<Take>);

struct Take {
    requests: Vec<Digest>,
    reply: oneshot::Sender<Result<Vec<Known>, StoreError>>,
}

impl Locks {
    /// Starts the task that has the connection with the locks. It ends with this value.
    pub(super) fn start(
        options: &PgConnectOptions,
        patience: Duration,
        claims: Arc<Claims>,
        ended: mpsc::UnboundedReceiver<Digest>,
    ) -> Self {
        let (sender, takes) = mpsc::channel(256);
        let keeper = Keeper {
            options: session(options, "claims"),
            patience,
            claims,
            connection: None,
            ended,
            unlock: Vec::new(),
        };
        tokio::spawn(keeper.run(takes));
        Self(sender)
    }

    /// Takes a lock for each request that has no answer and is free.
    pub(super) async fn take(&self, requests: Vec<Digest>) -> Result<Vec<Known>, StoreError> {
        let (reply, known) = oneshot::channel();
        let take = Take { requests, reply };
        self.0.send(take).await.map_err(|_| StoreError::Closed)?;
        known.await.map_err(|_| StoreError::Closed)?
    }
}

/// Has the connection with the locks. Questions that wait are asked together.
struct Keeper {
    options: PgConnectOptions,
    patience: Duration,
    claims: Arc<Claims>,
    connection: Option<PgConnection>,
    ended: mpsc::UnboundedReceiver<Digest>,
    unlock: Vec<Digest>,
}

/// How long locks of claims that ended may stay when nobody asks.
const TIDY: Duration = Duration::from_millis(10);

/// The most questions asked together.
const TOGETHER: usize = 64;

impl Keeper {
    async fn run(mut self, mut takes: mpsc::Receiver<Take>) {
        loop {
            let mut together = Vec::new();
            let waited = takes.recv_many(&mut together, TOGETHER);
            match timeout(TIDY, waited).await {
                Ok(0) => break,
                Ok(_) => self.answer(together).await,
                Err(_) => self.tidy().await,
            }
        }
        if let Some(connection) = self.connection.take() {
            let _ = timeout(Duration::from_secs(1), connection.close()).await;
        }
    }

    /// Gives back the locks of claims that ended.
    async fn tidy(&mut self) {
        while let Ok(digest) = self.ended.try_recv() {
            self.unlock.push(digest);
        }
        if self.unlock.is_empty() {
            return;
        }
        let names = names(&self.unlock);
        self.unlock.clear();
        // Without a connection there are no locks.
        let Some(connection) = &mut self.connection else {
            return;
        };
        let sql = "SELECT count(pg_advisory_unlock(name)) FROM unnest($1::bigint[]) AS name";
        let query = sqlx::query(sql).bind(names).execute(connection);
        if !matches!(timeout(self.patience, query).await, Ok(Ok(_))) {
            self.connection = None;
        }
    }

    async fn answer(&mut self, takes: Vec<Take>) {
        self.tidy().await;
        let requests: Vec<Digest> = takes
            .iter()
            .flat_map(|take| take.requests.iter().copied())
            .collect();
        let known = match timeout(self.patience, self.ask(&requests)).await {
            Ok(known) => known,
            Err(_) => Err(StoreError::unavailable("it does not answer")),
        };
        match known {
            Ok(known) => self.give(takes, known),
            Err(error) => {
                self.connection = None;
                for take in takes {
                    let _ = take.reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn give(&mut self, takes: Vec<Take>, known: Vec<Known>) {
        let mut known = known.into_iter();
        for take in takes {
            let part = known.by_ref().take(take.requests.len()).collect();
            // Who asked may be gone; its claims are too, then.
            let _ = take.reply.send(Ok(part));
        }
    }

    /// Takes the locks first and looks for answers after that: an answer that is not there
    /// then cannot come any more.
    async fn ask(&mut self, requests: &[Digest]) -> Result<Vec<Known>, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let connection = self.connection.insert(connection);
        let locked = lock(connection, requests).await?;
        let query = sqlx::query_as::<_, AnswerColumns>(ANSWERS).bind(list(requests));
        let mut stored = answers(query.fetch_all(connection).await?)?;
        let mut known = Vec::with_capacity(requests.len());
        for request in requests {
            let locked = locked.contains(&name(request));
            let answer = stored.remove(request);
            if locked && (answer.is_some() || !self.claims.set_locked(request)) {
                self.unlock.push(*request);
            }
            known.push(match answer {
                Some(answer) => Known::Answered(answer),
                None if locked => Known::Free,
                None => Known::Elsewhere,
            });
        }
        Ok(known)
    }

    /// A new session takes the locks of the claims that this process holds again.
    async fn connect(&self) -> Result<PgConnection, StoreError> {
        let mut connection = self.options.connect().await?;
        limit(&mut connection, self.patience).await?;
        lock(&mut connection, &self.claims.locked()).await?;
        Ok(connection)
    }
}

/// Takes what locks are free; returns the names of those.
async fn lock(
    connection: &mut PgConnection,
    requests: &[Digest],
) -> Result<HashSet<i64>, StoreError> {
    let sql = "SELECT name, pg_try_advisory_lock(name) FROM unnest($1::bigint[]) AS name";
    let query = sqlx::query_as(sql).bind(names(requests));
    let rows: Vec<(i64, bool)> = query.fetch_all(connection).await?;
    let taken = rows.into_iter().filter(|(_, taken)| *taken);
    Ok(taken.map(|(name, _)| name).collect())
}

fn names(requests: &[Digest]) -> Vec<i64> {
    requests.iter().map(name).collect()
}

/// The lock's name. Two requests with one name would wait for each other, and no more.
fn name(request: &Digest) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&request[..8]);
    i64::from_be_bytes(first)
}
