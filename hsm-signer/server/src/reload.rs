//! What changes while the service runs: callers, certificates and revocation lists, and keys.
//! Each part is taken over by itself, so that none waits for another's failure to pass.

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mls_signer_audit::store::StoreConfig;
use mls_signer_engine::EngineError;
use sd_notify::NotifyState;
use tokio::signal::unix::Signal;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinSet, block_in_place, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};

use crate::access::AccessRules;
use crate::config::{Config, Tls};
use crate::core::Core;
use crate::metrics::ServiceMetrics;
use crate::reload_outcome::Reading;
use crate::systemd;
use crate::tenants::{Pins, Tenant};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub struct Reloading {
    core: Arc<Core>,
    path: PathBuf,
    /// The last configuration that could be read, as far as it needs no new start.
    wanted: Config,
    changes: watch::Sender<u64>,
    /// Held by a reading of PINs and keys, of which each ends before the next.
    renewing: Arc<Mutex<()>>,
}

impl Reloading {
    /// Of the configuration at `path`, by which the service has started.
    pub fn new(core: Arc<Core>, path: PathBuf, config: Config) -> Self {
        Self {
            core,
            path,
            wanted: config,
            changes: watch::Sender::new(0),
            renewing: Arc::default(),
        }
    }

    /// Sees each change of who may ask.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Takes over what changes for as long as the service runs: at `hangup`, and by itself.
    pub async fn run(mut self, mut hangup: Signal) {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let told = tokio::select! {
                _ = hangup.recv() => true,
                _ = look.tick() => false,
                () = self.core.stopping.cancelled() => return,
            };
            // A file system that hangs holds up nothing else.
            block_in_place(|| match told {
                true => self.read_again(),
                false => self.look_at_files(),
            });
        }
    }

    /// Reads everything again: who may ask first, and at once; then each tenant's keys, which
    /// takes as long as its tokens do, and the PINs, of which those that were refused are tried once.
    fn read_again(&mut self) {
        systemd::tell(NotifyState::Reloading);
        let reading = Reading::begin(&self.core.reloads);
        match Config::load(&self.path) {
            Ok(new) => self.want(new, &reading),
            Err(error) => self.report("configuration", Err(error), Some(&reading)),
        }
        self.renew_access(Some(&reading));
        systemd::tell(NotifyState::Ready);
        let (core, turn) = (Arc::clone(&self.core), Arc::clone(&self.renewing));
        tokio::spawn(renew_tokens(core, turn, reading));
    }

    /// Takes over the files that decide who may ask, if they are others than those in force.
    fn look_at_files(&self) {
        if self.core.access.load().is_outdated(&self.wanted) {
            self.renew_access(None);
        }
    }

    fn renew_access(&self, reading: Option<&Reading>) {
        let (access, parts) = self.core.access.load().renewed(&self.wanted);
        self.core.access.store(Arc::new(access));
        self.changes.send_modify(|count| *count += 1);
        for (part, outcome) in parts {
            self.report(part, outcome, reading);
        }
        for reason in AccessRules::out_of_date(&self.wanted) {
            tracing::error!(reason, "out of date");
        }
    }

    /// Wants what can be replaced while the service runs, and says what cannot.
    fn want(&mut self, new: Config, reading: &Reading) {
        let wanted = &mut self.wanted;
        wanted.callers = new.callers;
        if let (Some(old), Some(new)) = (&mut wanted.listen.tls, &new.listen.tls) {
            if new.revocation_lists.is_empty() && !old.revocation_lists.is_empty() {
                tracing::warn!("listen.tls.revocation_lists is gone: nothing is revoked any more");
            }
            *old = Tls {
                address: old.address,
                ..new.clone()
            };
        }
        let store = StoreConfig {
            max_claims: wanted.store.max_claims,
            ..new.store
        };
        let same = [
            ("process", wanted.process == new.process),
            ("limits", wanted.limits == new.limits),
            ("audit", wanted.audit == new.audit),
            ("tenants", wanted.tenants == new.tenants),
            ("store", wanted.store == store),
            ("listen", {
                let address = |tls: &Option<Tls>| tls.as_ref().map(|tls| tls.address);
                let (old, new) = (&wanted.listen, &new.listen);
                (&old.unix, &old.plain) == (&new.unix, &new.plain)
                    && address(&old.tls) == address(&new.tls)
            }),
        ];
        for (section, _) in same.iter().filter(|(_, same)| !same) {
            let late = "it takes effect only at a new start";
            self.report(section, Err(late), Some(reading));
        }
    }

    fn report(&self, part: &str, outcome: Result<(), impl Display>, reading: Option<&Reading>) {
        report(&self.core.metrics, part, outcome, reading);
    }
}

/// The PINs, and then the keys. Neither a pipe that nobody writes to nor a login that takes its time holds
/// up the next word of who may ask.
async fn renew_tokens(core: Arc<Core>, turn: Arc<Mutex<()>>, reading: Arc<Reading>) {
    // In order: what an earlier one read must not come after, and its tries are its own.
    let _turn = turn.lock().await;
    let same = Arc::clone(&core);
    let renewed = spawn_blocking(move || renew_pins(&same)).await;
    for (part, error) in renewed.unwrap_or_default() {
        report(&core.metrics, &part, Err(error), Some(&reading));
    }
    let refreshed = core.tenants.values().map(|tenant| {
        let (core, tenant) = (Arc::clone(&core), Arc::clone(tenant));
        refresh_keys(core, tenant, Arc::clone(&reading))
    });
    // Its tries are made before the next word allows others.
    refreshed.collect::<JoinSet<_>>().join_all().await;
}

/// All of them before any is tried: those that share a PIN have one try together. Returns what was not
/// taken over.
fn renew_pins(core: &Core) -> Vec<(String, EngineError)> {
    let pins = Pins::read_again(&core.tenants);
    let tenants = core.tenants.values();
    let renewed = tenants.map(|tenant| (tenant, tenant.renew_pins(&pins)));
    let failed = renewed.filter_map(|(tenant, renewed)| Some((tenant, renewed.err()?)));
    failed
        .map(|(tenant, error)| (format!("PIN of {}", tenant.name), error))
        .collect()
}

async fn refresh_keys(core: Arc<Core>, tenant: Arc<Tenant>, reading: Arc<Reading>) {
    // In order: what an earlier one found must not come after.
    let _turn = tenant.refreshing.lock().await;
    let same = Arc::clone(&tenant);
    let refreshed = spawn_blocking(move || {
        let retried = same.retry_refused();
        let refreshed = same.engine.refresh_keys().and(retried);
        (refreshed, same.look_for_audit_key())
    });
    let refreshed = refreshed.await;
    let (refreshed, audit_key) = refreshed.unwrap_or((Err(EngineError::Stopped), None));
    let part = format!("keys of {}", tenant.name);
    report(&core.metrics, &part, refreshed, Some(&reading));
    if let Some(outcome) = audit_key {
        let part = format!("audit key of {}", tenant.name);
        report(&core.metrics, &part, outcome, Some(&reading));
    }
}

fn report(
    metrics: &ServiceMetrics,
    part: &str,
    outcome: Result<(), impl Display>,
    reading: Option<&Reading>,
) {
    metrics.reload(part, outcome.is_ok());
    match outcome {
        Ok(()) => tracing::info!(part, "was taken over"),
        Err(error) => {
            tracing::error!(part, %error, "was not taken over");
            if let Some(reading) = reading {
                reading.refuse(part, &error.to_string());
            }
        }
    }
}
