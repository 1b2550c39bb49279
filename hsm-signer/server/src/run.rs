//! The life of the service: start, reading the configuration anew, the end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::callers::Callers;
use super::checkpoints::Checkpoints;
use super::config::Config;
use super::core::{Core, told_to_stop};
use super::http;
use super::listen::{Connections, Listener, Terms, TlsDoor, bind_all, notify, serve_connection};
use super::privileges::refuse_root;
use super::tenants;
use crate::fips::require_configured;
use mls_signer_audit::store::Store;
use mls_signer_engine::EngineError;
use mls_signer_token::error::Error;

/// After an error of accept(2), such as too many open files, it is tried again so much later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves by the configuration at `path` until SIGTERM or SIGINT. SIGHUP has the
/// configuration read again: callers, certificates and keys are taken over, the rest needs a
/// new start. Returns once everything that was accepted is answered, or the time for that is
/// up.
///
/// # Errors
/// Why the service could not start, or could not end in good order.
pub fn serve(path: &Path) -> Result<(), Error> {
    let config = load(path)?;
    refuse_root(config.process.allow_root)?;
    require_configured(config.process.fips).map_err(|error| Error::Setup(error.to_string()))?;
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
        let service = Service::start(config, tenants).await?;
        service.run(path).await
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

fn load(path: &Path) -> Result<Config, Error> {
    Config::load(path).map_err(|error| Error::Setup(error.to_string()))
}

struct Service {
    config: Config,
    core: Arc<Core>,
    checkpoints: Checkpoints,
    doors: Vec<Arc<TlsDoor>>,
    accepting: JoinSet<()>,
    generation: watch::Sender<u64>,
    signals: Signals,
}

struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Error> {
        let listen =
            |kind| signal(kind).map_err(|error| Error::Setup(format!("no signals: {error}")));
        Ok(Self {
            hangup: listen(SignalKind::hangup())?,
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }
}

impl Service {
    async fn start(config: Config, tenants: tenants::Tenants) -> Result<Self, Error> {
        // Before anything can be asked to end.
        let signals = Signals::listen()?;
        let claims = config.limits.waiting * config.tenants.len();
        let store = Store::open(&config.store.store(claims)).await;
        let store = store.map_err(|error| Error::Setup(error.to_string()))?;
        let core = Core::new(&config, tenants, store);
        let handshake = Duration::from_millis(config.limits.handshake_ms);
        let listeners = bind_all(&config.listen, handshake).await?;
        let doors = listeners.iter().filter_map(Listener::door).collect();
        let generation = watch::Sender::new(0);
        let terms = Terms {
            router: http::router(Arc::clone(&core)),
            limits: Arc::clone(&core.limits),
            generation: generation.subscribe(),
            stopping: core.stopping(),
        };
        let connections = Arc::new(Connections::new(&config.limits));
        let mut accepting = JoinSet::new();
        for listener in listeners {
            let (core, terms) = (Arc::clone(&core), terms.clone());
            accepting.spawn(accept_all(listener, core, Arc::clone(&connections), terms));
        }
        let checkpoints = Checkpoints::begin(&core, &config.audit);
        Ok(Self {
            config,
            core,
            checkpoints,
            doors,
            accepting,
            generation,
            signals,
        })
    }

    /// Serves until told to stop.
    async fn run(mut self, path: &Path) -> Result<(), Error> {
        tracing::info!("serving");
        notify("READY=1");
        loop {
            tokio::select! {
                _ = self.signals.hangup.recv() => self.reload(path).await,
                _ = self.signals.terminate.recv() => break,
                _ = self.signals.interrupt.recv() => break,
            }
        }
        self.stop().await
    }

    /// Reads the configuration again. Either all of it is taken over, or nothing.
    async fn reload(&mut self, path: &Path) {
        notify("RELOADING=1");
        match self.take_over(path).await {
            Ok(()) => {
                self.core.metrics.reloaded();
                tracing::info!("the configuration was taken over");
            }
            Err(error) => tracing::error!(%error, "the configuration stays as it was"),
        }
        notify("READY=1");
    }

    async fn take_over(&mut self, path: &Path) -> Result<(), Error> {
        let config = load(path)?;
        refuse_what_needs_a_start(&self.config, &config)?;
        let prepared = match &config.listen.tls {
            Some(tls) => {
                let prepared = TlsDoor::prepare(tls);
                Some(prepared.map_err(|error| Error::Setup(error.to_string()))?)
            }
            None => None,
        };
        for tenant in self.core.tenants().values() {
            let engine = Arc::clone(&tenant.engine);
            let refreshed = tokio::task::spawn_blocking(move || engine.refresh_keys()).await;
            refreshed
                .unwrap_or(Err(EngineError::Stopped))
                .map_err(|error| Error::Setup(error.to_string()))?;
        }
        for (door, config) in self.doors.iter().zip(prepared) {
            door.replace(config);
        }
        self.core.replace_callers(Callers::new(&config));
        self.generation.send_modify(|generation| *generation += 1);
        self.config = config;
        Ok(())
    }

    /// Takes no new connections, answers what was accepted, and closes the store.
    async fn stop(mut self) -> Result<(), Error> {
        tracing::info!("stopping");
        notify("STOPPING=1");
        self.core.stop();
        let limit = Duration::from_millis(self.config.limits.drain_ms);
        let drained = tokio::time::timeout(limit, async {
            while self.accepting.join_next().await.is_some() {}
            self.core.wait_until_idle().await;
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
        ("store", old.store != new.store),
        ("audit", old.audit != new.audit),
        ("tenants", old.tenants != new.tenants),
    ];
    match differs.iter().find(|(_, differs)| *differs) {
        None => Ok(()),
        Some((section, _)) => Err(Error::Setup(format!(
            "[{section}] has changed, which takes effect only at a new start"
        ))),
    }
}

/// How many connections that wait when the service is told to stop are still served.
const LAST_CONNECTIONS: usize = 1024;

/// Accepts connections until the service is told to stop, then those that wait already;
/// returns once all have ended.
async fn accept_all(
    listener: Listener,
    core: Arc<Core>,
    connections: Arc<Connections>,
    terms: Terms,
) {
    let mut stopping = core.stopping();
    let mut open = JoinSet::new();
    let name = listener.name();
    let gauge = core.metrics.connections(name);
    let serve = |stream, open: &mut JoinSet<()>| match connections.enter() {
        Some(counted) => {
            let (core, mut terms) = (Arc::clone(&core), terms.clone());
            // Only readings of the configuration from now on end it.
            terms.generation.mark_unchanged();
            open.spawn(async move {
                let callers = core.callers_now();
                serve_connection(stream, counted, &callers, terms).await;
            });
        }
        None => core.metrics.refused_connection(name),
    };
    loop {
        gauge.set(open.len() as i64);
        tokio::select! {
            biased;
            () = told_to_stop(&mut stopping) => break,
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok(stream) => serve(stream, &mut open),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    match listener.close(LAST_CONNECTIONS) {
        Ok(waiting) => waiting
            .into_iter()
            .for_each(|stream| serve(stream, &mut open)),
        Err(error) => tracing::warn!(%error, "connections that waited are not served"),
    }
    while open.join_next().await.is_some() {
        gauge.set(open.len() as i64);
    }
}
