//! Claims among replicas: advisory locks of one PostgreSQL session, which end with the replica's
//! connection.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::claims::{Claims, RequestState};
use super::error::StoreError;
use super::postgres::{ANSWERS, digests, limit, session};
use super::rows::{AnswerColumns, answers};
use crate::request::Digest;

pub(super) struct Locks(mpsc::Sender<Take>);

struct Take {
    requests: Vec<Digest>,
    reply: oneshot::Sender<Result<Vec<RequestState>, StoreError>>,
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
        let locks = LockSession {
            options: session(options, "claims"),
            patience,
            claims,
            connection: None,
            ended,
            unlock: Vec::new(),
        };
        tokio::spawn(locks.run(takes));
        Self(sender)
    }

    /// Takes a lock for each request that has no answer and is free.
    pub(super) async fn take(
        &self,
        requests: Vec<Digest>,
    ) -> Result<Vec<RequestState>, StoreError> {
        let (reply, known) = oneshot::channel();
        let take = Take { requests, reply };
        self.0.send(take).await.map_err(|_| StoreError::Closed)?;
        known.await.map_err(|_| StoreError::Closed)?
    }
}

/// Has the connection with the locks. Questions that wait are asked together.
struct LockSession {
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

impl LockSession {
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
            .flat_map(|take| take.requests.clone())
            .collect();
        let known = timeout(self.patience, self.ask(&requests)).await;
        let known = known.unwrap_or(Err(StoreError::unavailable("it does not answer")));
        if known.is_err() {
            self.connection = None;
        }
        let mut known = known.map(Vec::into_iter);
        for take in takes {
            let part = match &mut known {
                Ok(known) => Ok(known.take(take.requests.len()).collect()),
                Err(error) => Err(error.clone()),
            };
            // Who asked may be gone; its claims are too, then.
            let _ = take.reply.send(part);
        }
    }

    /// Takes the locks first and looks for answers after that: an answer that is not there
    /// then cannot come any more.
    async fn ask(&mut self, requests: &[Digest]) -> Result<Vec<RequestState>, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let connection = self.connection.insert(connection);
        let locked = lock(connection, requests).await?;
        let query = sqlx::query_as::<_, AnswerColumns>(ANSWERS).bind(digests(requests));
        let mut stored = answers(query.fetch_all(connection).await?)?;
        let mut known = Vec::with_capacity(requests.len());
        for request in requests {
            let locked = locked.contains(&name(request));
            let answer = stored.remove(request);
            if locked && (answer.is_some() || !self.claims.set_locked(request)) {
                self.unlock.push(*request);
            }
            known.push(match answer {
                Some(answer) => RequestState::Answered(answer),
                None if locked => RequestState::Free,
                None => RequestState::Elsewhere,
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
