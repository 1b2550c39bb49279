//! The life of the service: start, signals, the end.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mls_signer_audit::store::Store;
use mls_signer_token::error::Error;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::access::Access;
use crate::checkpoints::Checkpoints;
use crate::config::Config;
use crate::core::Core;
use crate::http;
use crate::listen::{ConnectionCounts, ConnectionTerms, TlsListenerConfig, accept_all, bind_all};
use crate::process;
use crate::reload::{LOOK_EVERY, Reloading};
use crate::tenants::{self, Tenants};

/// Serves by the configuration at `path` until SIGTERM or SIGINT. SIGHUP has the
/// configuration read again: callers, certificates and keys are taken over, each by itself; the
/// rest needs a new start. Certificates that change on the disk are taken over by themselves.
/// Returns once everything that was accepted is answered, or the time for that is
/// up.
///
/// # Errors
/// Why the service could not start, or could not end in good order.
pub fn serve(path: &Path) -> Result<(), Error> {
    let config = Config::load(path).map_err(setup)?;
    process::check(&config.process)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if config.process.threads > 0 {
        runtime.worker_threads(config.process.threads);
    }
    let runtime = runtime
        .enable_all()
        .build()
        .map_err(|error| Error::Setup(format!("no runtime: {error}")))?;
    // Before a PIN is tried.
    let access = Access::load(&config)?;
    let tenants = tenants::start(&config)?;
    let served = runtime.block_on(async {
        // Before anything can be asked to end.
        let signals = signals().map_err(|error| Error::Setup(format!("no signals: {error}")))?;
        let service = Service::start(path, config, access, tenants).await?;
        service.run(signals).await
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

fn setup(error: impl Display) -> Error {
    Error::Setup(error.to_string())
}

/// A service manager that cannot be told is no reason to stop.
fn tell_systemd(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

struct Service {
    core: Arc<Core>,
    checkpoints: Checkpoints,
    accepting: JoinSet<()>,
    reloading: Reloading,
}

/// To read the configuration again, and to end.
fn signals() -> std::io::Result<[Signal; 3]> {
    Ok([
        signal(SignalKind::hangup())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ])
}

impl Service {
    async fn start(
        path: &Path,
        config: Config,
        access: Access,
        tenants: Tenants,
    ) -> Result<Self, Error> {
        let store = Store::open(&config.store).await;
        let core = Core::new(&config, access, tenants, store.map_err(setup)?);
        let handshake = Duration::from_millis(config.limits.handshake_ms);
        let tls = Arc::new(TlsListenerConfig::new(Arc::clone(&core.access), handshake));
        let reloading = Reloading::new(Arc::clone(&core), path.into(), config.clone());
        let terms = ConnectionTerms {
            router: http::router(Arc::clone(&core)),
            limits: Arc::clone(&core.limits),
            reloads: reloading.changes(),
            stopping: core.stopping.clone(),
        };
        let counts = Arc::new(ConnectionCounts::new(&config.limits));
        let mut accepting = JoinSet::new();
        for listener in bind_all(&config.listen, &tls).await? {
            let (core, counts) = (Arc::clone(&core), Arc::clone(&counts));
            accepting.spawn(accept_all(listener, core, counts, terms.clone()));
        }
        let checkpoints = Checkpoints::begin(&core, &config.audit);
        Ok(Self {
            core,
            checkpoints,
            accepting,
            reloading,
        })
    }

    async fn run(mut self, signals: [Signal; 3]) -> Result<(), Error> {
        let [mut hangup, mut terminate, mut interrupt] = signals;
        tracing::info!("serving");
        tell_systemd(NotifyState::Ready);
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = hangup.recv() => {
                    tell_systemd(NotifyState::Reloading);
                    self.reloading.read_again();
                    tell_systemd(NotifyState::Ready);
                }
                _ = look.tick() => self.reloading.look_at_files(),
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
            }
        }
        self.stop().await
    }

    /// Takes no new connections, answers what was accepted, and closes the store.
    async fn stop(mut self) -> Result<(), Error> {
        tracing::info!("stopping");
        tell_systemd(NotifyState::Stopping);
        self.core.stopping.cancel();
        let limit = Duration::from_millis(self.core.limits.drain_ms);
        let drained = tokio::time::timeout(limit, async {
            while self.accepting.join_next().await.is_some() {}
            self.core.busy.close();
            self.core.busy.wait().await;
            self.checkpoints.last(&self.core).await;
        });
        let drained = drained.await.is_ok();
        self.core.store.close().await;
        if drained {
            tracing::info!("stopped; everything that was accepted was answered");
            return Ok(());
        }
        Err(Error::Setup(format!(
            "not everything was answered within limits.drain_ms = {}",
            self.core.limits.drain_ms
        )))
    }
}
