//! The life of the service: start, reading the configuration anew, the end.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mls_signer_audit::store::Store;
use mls_signer_engine::EngineError;
use mls_signer_token::error::Error;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::field::display;

use crate::callers::Callers;
use crate::checkpoints::Checkpoints;
use crate::config::Config;
use crate::core::Core;
use crate::http;
use crate::listen::{ConnectionTerms, TlsListenerConfig, accept_all, bind_all, server_config};
use crate::process;
use crate::serve_error::ServeError;
use crate::tenants::{self, Tenants};

/// Serves by the configuration at `path` until SIGTERM or SIGINT. SIGHUP has the
/// configuration read again: callers, certificates and keys are taken over, the rest needs a
/// new start. Returns once everything that was accepted is answered, or the time for that is
/// up.
///
/// # Errors
/// Why the service could not start, or could not end in good order.
pub fn serve(path: &Path) -> Result<(), ServeError> {
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
    let tenants = tenants::start(&config)?;
    let served = runtime.block_on(async {
        // Before anything can be asked to end.
        let signals = signals().map_err(|error| Error::Setup(format!("no signals: {error}")))?;
        let service = Service::start(config, tenants).await?;
        service.run(path, signals).await
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(served?)
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
    config: Config,
    core: Arc<Core>,
    checkpoints: Checkpoints,
    tls: Option<Arc<TlsListenerConfig>>,
    accepting: JoinSet<()>,
    reloads: watch::Sender<u64>,
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
    async fn start(config: Config, tenants: Tenants) -> Result<Self, Error> {
        let store = Store::open(&config.store).await;
        let core = Core::new(&config, tenants, store.map_err(setup)?);
        let handshake = Duration::from_millis(config.limits.handshake_ms);
        let tls = config.listen.tls.as_ref().map(server_config).transpose()?;
        let tls = tls.map(|tls| Arc::new(TlsListenerConfig::new(tls, handshake)));
        let reloads = watch::Sender::new(0);
        let terms = ConnectionTerms {
            router: http::router(Arc::clone(&core)),
            limits: Arc::clone(&core.limits),
            reloads: reloads.subscribe(),
            stopping: core.stopping.clone(),
        };
        let mut accepting = JoinSet::new();
        for listener in bind_all(&config.listen, tls.as_ref()).await? {
            accepting.spawn(accept_all(listener, Arc::clone(&core), terms.clone()));
        }
        let checkpoints = Checkpoints::begin(&core, &config.audit);
        Ok(Self {
            config,
            core,
            checkpoints,
            tls,
            accepting,
            reloads,
        })
    }

    async fn run(mut self, path: &Path, signals: [Signal; 3]) -> Result<(), Error> {
        let [mut hangup, mut terminate, mut interrupt] = signals;
        self.say_what_is_served(path);
        tell_systemd(NotifyState::Ready);
        loop {
            tokio::select! {
                _ = hangup.recv() => self.reload(path).await,
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
            }
        }
        self.stop().await
    }

    fn say_what_is_served(&self, path: &Path) {
        let listen = &self.config.listen;
        let unix = listen
            .unix
            .as_ref()
            .map(|unix| display(unix.path.display()));
        let tls = listen.tls.as_ref().map(|tls| display(tls.address));
        let plain = listen.plain.as_ref().map(|plain| display(plain.address));
        let tenants: Vec<_> = self.core.tenants.keys().collect();
        tracing::info!(config = %path.display(), unix, tls, plain, ?tenants, "serving");
    }

    /// Reads the configuration again. Either all of it is taken over, or nothing.
    async fn reload(&mut self, path: &Path) {
        tell_systemd(NotifyState::Reloading);
        match self.take_over(path).await {
            Ok(()) => {
                self.core.metrics.reloads.inc();
                tracing::info!("the configuration was taken over");
            }
            Err(error) => tracing::error!(%error, "the configuration stays as it was"),
        }
        tell_systemd(NotifyState::Ready);
    }

    async fn take_over(&mut self, path: &Path) -> Result<(), Error> {
        let config = Config::load(path).map_err(setup)?;
        refuse_what_needs_a_start(&self.config, &config)?;
        let tls = config.listen.tls.as_ref().map(server_config).transpose()?;
        for tenant in self.core.tenants.values() {
            let engine = Arc::clone(&tenant.engine);
            let refreshed = tokio::task::spawn_blocking(move || engine.refresh_keys()).await;
            refreshed
                .unwrap_or(Err(EngineError::Stopped))
                .map_err(setup)?;
        }
        if let (Some(listening), Some(tls)) = (&self.tls, tls) {
            listening.replace(tls);
        }
        self.core.callers.store(Arc::new(Callers::new(&config)));
        self.reloads.send_modify(|count| *count += 1);
        self.config = config;
        Ok(())
    }

    /// Takes no new connections, answers what was accepted, and closes the store.
    async fn stop(mut self) -> Result<(), Error> {
        tracing::info!("stopping");
        tell_systemd(NotifyState::Stopping);
        self.core.stopping.cancel();
        let limit = Duration::from_millis(self.config.limits.drain_ms);
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
            self.config.limits.drain_ms
        )))
    }
}

/// Only callers, certificates and keys can be replaced while the service runs.
fn refuse_what_needs_a_start(old: &Config, new: &Config) -> Result<(), Error> {
    let differs = [
        ("process", old.process != new.process),
        ("listen", old.listen != new.listen),
        ("limits", old.limits != new.limits),
        ("audit", old.audit != new.audit),
        ("tenants", old.tenants != new.tenants),
        ("store", old.store != new.store),
    ];
    match differs.iter().find(|(_, differs)| *differs) {
        None => Ok(()),
        Some((section, _)) => Err(Error::Setup(format!(
            "[{section}] has changed, which takes effect only at a new start"
        ))),
    }
}
