//! The life of the service: start, signals, the end.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mls_signer_audit::store::Store;
use mls_signer_engine::{begin_no_tries, end_tries};
use mls_signer_token::error::Error;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinSet, spawn_blocking};
use tracing::field::display;

use crate::access::AccessRules;
use crate::checkpoints::{self, Checkpoints};
use crate::config::{Config, Listen};
use crate::core::Core;
use crate::http;
use crate::listen::{ConnectionTerms, TlsListenerConfig, accept_all, bind_all};
use crate::process;
use crate::reload::Reloading;
use crate::serve_error::ServeError;
use crate::systemd;
use crate::tenants::{self, Tenants};

/// Serves by the configuration at `path` until SIGTERM or SIGINT. SIGHUP has the
/// configuration read again: callers, certificates and keys are taken over, each by itself; the
/// rest needs a new start. Certificates that change on the disk are taken over by themselves.
/// Returns once everything that was accepted is answered, or the time for that is
/// up.
///
/// # Errors
/// Why the service could not start, or could not end in good order.
pub fn serve(path: &Path) -> Result<(), ServeError> {
    let config = Config::load(path).map_err(setup)?;
    process::check(&config.process)?;
    process::allow_open_files();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if config.process.threads > 0 {
        runtime.worker_threads(config.process.threads);
    }
    let runtime = runtime
        .enable_all()
        .build()
        .map_err(|error| Error::Setup(format!("no runtime: {error}")))?;
    // Before anything that takes long: until then they end the process, and with it a login of which
    // nobody would know the outcome.
    let signals = {
        let _inside = runtime.enter();
        Signals::taken().map_err(no_signals)?
    };
    // Before a PIN is tried.
    if let Some(sink) = &config.audit.checkpoint_sink {
        let own = sink.assert_own_file(&config.files(path));
        own.map_err(|error| setup(format!("audit.checkpoint_sink: {error}")))?;
    }
    let access = AccessRules::load(&config)?;
    for reason in AccessRules::out_of_date(&config) {
        tracing::error!(reason, "out of date");
    }
    let served = runtime.block_on(start_and_run(path, config, access, signals));
    end_tries();
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn start_and_run(
    path: &Path,
    config: Config,
    access: AccessRules,
    signals: Signals,
) -> Result<(), ServeError> {
    let Signals { hangup, mut end } = signals;
    let starting = async {
        let of_tenants = config.clone();
        // It waits for tokens, and for pipes with PINs.
        let tenants = spawn_blocking(move || tenants::start(&of_tenants)).await;
        let tenants = tenants.map_err(|error| Error::Setup(error.to_string()))??;
        Ok::<_, ServeError>(Service::start(path, config, access, tenants, hangup).await?)
    };
    let service = tokio::select! {
        started = starting => started?,
        () = end.told() => return Ok(()),
    };
    Ok(service.run(end).await?)
}

/// What the service is told by.
struct Signals {
    hangup: Signal,
    end: EndSignals,
}

/// What it is told to end by.
struct EndSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn taken() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            end: EndSignals {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            },
        })
    }
}

impl EndSignals {
    /// Waits until the service is told to end. From then on no PIN is tried: each try would be waited for.
    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        begin_no_tries();
    }
}

fn setup(error: impl Display) -> Error {
    Error::Setup(error.to_string())
}

fn no_signals(error: std::io::Error) -> Error {
    Error::Setup(format!("no signals: {error}"))
}

struct Service {
    core: Arc<Core>,
    checkpoints: Checkpoints,
    accepting: JoinSet<()>,
}

impl Service {
    async fn start(
        path: &Path,
        config: Config,
        access: AccessRules,
        tenants: Tenants,
        hangup: Signal,
    ) -> Result<Self, Error> {
        let store = Store::open(&config.store).await;
        let core = Core::new(&config, access, tenants, store.map_err(setup)?);
        let kept = checkpoints::hold_all(&core, &config.audit).await?;
        let handshake = Duration::from_millis(config.limits.handshake_ms);
        let tls = Arc::new(TlsListenerConfig::new(Arc::clone(&core.access), handshake));
        let reloading = Reloading::new(Arc::clone(&core), path.into(), config.clone());
        let terms = ConnectionTerms {
            router: http::router(Arc::clone(&core)),
            limits: Arc::clone(&core.limits),
            access: Arc::clone(&core.access),
            reloads: reloading.changes(),
            stopping: core.stopping.clone(),
        };
        let mut accepting = JoinSet::new();
        for listener in bind_all(&config.listen, &tls).await? {
            accepting.spawn(accept_all(listener, Arc::clone(&core), terms.clone()));
        }
        let checkpoints = Checkpoints::begin(&core, &config.audit, kept);
        say_what_is_served(path, &config.listen, &core);
        // Before what a SIGHUP makes known.
        systemd::tell(NotifyState::Ready);
        tokio::spawn(reloading.run(hangup));
        Ok(Self {
            core,
            checkpoints,
            accepting,
        })
    }

    async fn run(self, mut end: EndSignals) -> Result<(), Error> {
        end.told().await;
        self.stop().await
    }

    /// Takes no new connections, answers what was accepted, and closes the store.
    async fn stop(mut self) -> Result<(), Error> {
        tracing::info!("stopping");
        systemd::tell(NotifyState::Stopping);
        self.core.stopping.cancel();
        let limit = Duration::from_millis(self.core.limits.drain_ms);
        let drained = tokio::time::timeout(limit, async {
            while self.accepting.join_next().await.is_some() {}
            self.core.busy.close();
            self.core.busy.wait().await;
        });
        let drained = drained.await.is_ok();
        self.checkpoints.last().await;
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

fn say_what_is_served(path: &Path, listen: &Listen, core: &Core) {
    let unix = listen
        .unix
        .as_ref()
        .map(|unix| display(unix.path.display()));
    let tls = listen.tls.as_ref().map(|tls| display(tls.address));
    let plain = listen.plain.as_ref().map(|plain| display(plain.address));
    let tenants: Vec<_> = core.tenants.keys().collect();
    tracing::info!(config = %path.display(), unix, tls, plain, ?tenants, "serving");
}
