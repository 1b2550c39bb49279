//! Checkpoints of each tenant's audit log, signed in its HSM at intervals and sent out of the
//! database, and the removal of records older than the retention time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_audit::store::{Attested, StoreError};
use mls_signer_audit::{SignedStatement, StatementSigner, checkpoint_line};
use mls_signer_token::error::Error;
use prometheus_client::metrics::counter::Counter;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

use crate::config::Audit;
use crate::core::Core;
use crate::sink::SinkWriter;
use crate::tenants::Tenant;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// How often old records are looked for: all checkpoints are read for it.
const PRUNING: Duration = Duration::from_secs(60 * 60);

/// How long all last checkpoints together may take: one that is under way, and one more.
const LAST: Duration = Duration::from_secs(10);

/// How long the sink may take to be read at the start.
const READING: Duration = Duration::from_secs(30);

/// What makes checkpoints at intervals, until the service is told to stop.
pub struct Checkpoints {
    tasks: JoinSet<Maker>,
}

/// Makes the checkpoints of one tenant.
struct Maker {
    core: Arc<Core>,
    tenant: Arc<Tenant>,
    /// Milliseconds; 0 for ever.
    retention: u64,
    pruned: Option<Instant>,
    sink: Option<SinkWriter>,
    /// The last checkpoint that the sink did not take: it says what those before it said.
    unsent: Option<SignedStatement>,
    /// The store has failed for good, which was said.
    ended: bool,
    /// Checkpoints that were not made, and those that the sink did not take.
    failures: Counter,
    sink_failures: Counter,
}

/// Holds each tenant's log against what was attested before this process began. Returns the last
/// checkpoints in the sink, where it can be read.
///
/// # Errors
/// Why nothing can be served: a log is behind a checkpoint of it, or another one.
pub async fn hold_all(core: &Core, audit: &Audit) -> Result<Vec<SignedStatement>, Error> {
    let losses = core.tenants.values();
    let losses = losses.map(|tenant| (Arc::clone(&tenant.name), tenant.accepted_loss));
    let losses: Vec<_> = losses.collect();
    let accepted = move |name: &str| {
        let mut losses = losses.iter().filter(|(tenant, _)| **tenant == *name);
        losses.next().map_or(0, |(_, time)| *time)
    };
    let kept = match audit.checkpoint_sink.clone() {
        Some(sink) => {
            let name = sink.to_string();
            let failed = |error: &dyn std::fmt::Display| {
                Error::Setup(format!("audit.checkpoint_sink {name}: {error}"))
            };
            let read = timeout(READING, spawn_blocking(move || sink.last(accepted))).await;
            let late =
                format!("it could not be read within {READING:?}; does its file system hang?");
            let read = read.map_err(|_| failed(&late))?;
            let read = read.map_err(|error| failed(&error))?;
            read.map_err(|error| failed(&error))?
        }
        None => Vec::new(),
    };
    for tenant in core.tenants.values() {
        let attested = Attested {
            keys: tenant.statement_keys(),
            kept: kept.clone(),
            accepted_loss: tenant.accepted_loss,
        };
        let held = core.store.hold(&tenant.name, &attested).await;
        held.map_err(|error| Error::Setup(error.to_string()))?;
    }
    Ok(kept)
}

impl Checkpoints {
    /// `kept` is what the sink is known to have.
    pub fn begin(core: &Arc<Core>, audit: &Audit, kept: Vec<SignedStatement>) -> Self {
        let kept = Arc::new(kept);
        let interval = Duration::from_secs(audit.checkpoint_seconds);
        let mut tasks = JoinSet::new();
        for tenant in core.tenants.values() {
            let mut maker = Maker {
                core: Arc::clone(core),
                tenant: Arc::clone(tenant),
                retention: u64::from(audit.retention_days) * DAY_MS,
                pruned: None,
                sink: audit.checkpoint_sink.clone().map(SinkWriter::new),
                unsent: None,
                ended: false,
                failures: core.metrics.checkpoint_failures(&tenant.name),
                sink_failures: core.metrics.sink_failures(&tenant.name),
            };
            let kept = Arc::clone(&kept);
            tasks.spawn(async move {
                maker.find_unsent(&kept).await;
                let stopping = maker.core.stopping.clone();
                while timeout(interval, stopping.cancelled()).await.is_err() {
                    maker.make_or_warn().await;
                }
                maker
            });
        }
        Self { tasks }
    }

    /// Makes one of each tenant's log, once nothing is written there any more. An HSM or a sink
    /// that hangs does not keep the service from its end.
    pub async fn last(self) {
        let made = timeout(LAST, async {
            let mut last = JoinSet::new();
            for mut maker in self.tasks.join_all().await {
                last.spawn(async move { maker.make_or_warn().await });
            }
            last.join_all().await;
        });
        if made.await.is_err() {
            tracing::error!("ALARM: not every tenant's log has a last checkpoint in {LAST:?}");
        }
    }
}

impl Maker {
    /// A process before this one may have ended while the sink was away. A sink that cannot be read
    /// gets the last checkpoint again.
    async fn find_unsent(&mut self, kept: &[SignedStatement]) {
        let (log, name) = (self.core.store.reader(), &self.tenant.name);
        let (Some(_), Ok(signer)) = (&self.sink, self.tenant.statement_signer()) else {
            return;
        };
        match log.last_statement(name, &signer.key()).await {
            Ok(last) => {
                self.unsent = last.filter(|last| last.verifies() && !kept.contains(last));
            }
            Err(error) => tracing::warn!(tenant = %name, %error, "the last checkpoint is not sent"),
        }
    }

    async fn make_or_warn(&mut self) {
        if let Err(error) = self.make().await {
            self.failures.inc();
            if !self.ended {
                tracing::error!(
                    tenant = %self.tenant.name, %error,
                    "ALARM: no checkpoint was made, or the database did not keep it"
                );
            }
            self.ended = error.is_final();
        }
    }

    async fn make(&mut self) -> Result<(), StoreError> {
        let signer = self.tenant.statement_signer();
        let signer = signer.map_err(|error| StoreError::Unsigned(error.to_string()))?;
        let signer: Arc<dyn StatementSigner> = Arc::new(signer);
        let (core, tenant) = (Arc::clone(&self.core), Arc::clone(&self.tenant));
        let (store, name) = (&core.store, &tenant.name);
        let repeat = self.retention > 0;
        let made = store.attest(name, repeat, Arc::clone(&signer)).await?;
        if let Some(signed) = &made {
            let sequence = signed.statement.sequence;
            let checkpoint = checkpoint_line(signed);
            tracing::info!(tenant = %name, sequence, %checkpoint, "checkpoint signed");
            self.unsent = made.clone();
        }
        // It leaves the database before that can refuse it.
        self.send().await;
        if let Some(signed) = &made {
            store.keep(signed).await?;
        }
        if self.sink.is_none() || self.unsent.is_none() {
            core.metrics.checkpoint(name);
        }
        self.prune(signer).await
    }

    /// Gives the sink what it has not taken yet.
    async fn send(&mut self) {
        let (Some(writer), Some(signed)) = (&mut self.sink, &self.unsent) else {
            return;
        };
        let (name, place) = (&self.tenant.name, writer.sink.to_string());
        match writer.append(signed).await {
            Ok(()) => self.unsent = None,
            Err(error) => {
                self.sink_failures.inc();
                tracing::error!(
                    tenant = %name, sink = place, %error,
                    "ALARM: a checkpoint did not leave the database; it is tried again with the \
                     next one"
                );
            }
        }
    }

    async fn prune(&mut self, signer: Arc<dyn StatementSigner>) -> Result<(), StoreError> {
        let recent = self.pruned.is_some_and(|pruned| pruned.elapsed() < PRUNING);
        if self.retention == 0 || recent {
            return Ok(());
        }
        let (store, name) = (&self.core.store, &self.tenant.name);
        while let Some(signed) = store
            .prune(name, self.retention, Arc::clone(&signer))
            .await?
        {
            let sequence = signed.statement.sequence;
            let pruning = checkpoint_line(&signed);
            tracing::info!(tenant = %name, sequence, %pruning, "old records removed");
        }
        self.pruned = Some(Instant::now());
        Ok(())
    }
}
