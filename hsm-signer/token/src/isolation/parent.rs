//! A token in a child process.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cryptoki::mechanism::MechanismType;
use zeroize::Zeroizing;

use super::Worker;
use super::harden::forbid_dumps;
use super::message::{Control, ControlReply, Start, Started, Version};
use super::process::Process;
use super::process_spawner::ProcessSpawner;
use super::session::RemoteSession;
use crate::error::{Error, ProcessError};
use crate::failure::RecoveryStep;
use crate::identity::{TokenIdentity, TokenSelector};
use crate::pin::Pin;
use crate::sync::locked;
use crate::token::{
    Access, KeyRules, LogInBegins, PATIENCE, SessionLimits, Token, TokenSession, loading,
};

/// Which module, and which token of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSetup {
    /// The module's path.
    pub module: PathBuf,
    /// What C_Initialize gets as `pReserved`; see [`Module::load_with`](crate::Module::load_with).
    pub parameters: Option<String>,
    /// The token.
    pub token: TokenSelector,
    /// How many sessions.
    pub limits: SessionLimits,
    /// What its removal keys must be.
    pub rules: KeyRules,
    /// How long the module has to start.
    pub start_limit: Duration,
    /// How long it has for a login, whatever limit holds for the rest: a token may delay a refusal, and a
    /// login that is not waited for is a try of which nobody knows the outcome.
    pub login_limit: Duration,
    /// How long it has for what is asked of a session by whoever names no deadline.
    pub patience: Duration,
}

impl ModuleSetup {
    /// The token of the module at `path`, with the default limits.
    pub fn new(path: impl Into<PathBuf>, token: TokenSelector) -> Self {
        Self {
            module: path.into(),
            parameters: None,
            token,
            limits: SessionLimits::default(),
            rules: KeyRules::default(),
            start_limit: Duration::from_secs(10),
            login_limit: Duration::from_secs(30),
            patience: PATIENCE,
        }
    }
}

/// A token reached through a module in a child process.
pub struct IsolatedToken {
    setup: ModuleSetup,
    worker: Worker,
    pin: Pin,
    started: Started,
    process: Mutex<Arc<Process>>,
    /// Dropped after the process, which ends with its thread.
    spawner: ProcessSpawner,
    /// The token refused the PIN, which therefore is never tried again. A login without an
    /// answer, as when the HSM is away, says nothing against a PIN that was taken before.
    refused: AtomicBool,
    log_in_begins: LogInBegins,
}

impl IsolatedToken {
    /// Starts a process that loads the module and logs in, trying the PIN once. This
    /// process keeps a copy of the PIN for the next start, and can no more be dumped or
    /// traced, like the child; see [`forbid_dumps`].
    ///
    /// # Errors
    /// Those of [`Module::load`](crate::Module::load) and
    /// [`Pkcs11Token::open`](crate::Pkcs11Token::open), some as [`Error::Reported`];
    /// [`Error::Process`] when there is no process.
    pub fn open(setup: ModuleSetup, worker: Worker, pin: &Pin) -> Result<Self, Error> {
        Self::open_telling(setup, worker, pin, Arc::new(|| Ok(())))
    }

    /// The same; `log_in_begins` is called before each login, from now on.
    ///
    /// # Errors
    /// As [`open`](Self::open), and those of `log_in_begins`.
    pub fn open_telling(
        setup: ModuleSetup,
        worker: Worker,
        pin: &Pin,
        log_in_begins: LogInBegins,
    ) -> Result<Self, Error> {
        forbid_dumps()?;
        let spawner = ProcessSpawner::new()
            .map_err(|error| ProcessError::system("starting a thread", error))?;
        let (process, started) = start(&spawner, &worker, &setup, pin, &log_in_begins)?;
        Ok(Self {
            setup,
            worker,
            pin: pin.duplicate(),
            started,
            process: Mutex::new(Arc::new(process)),
            spawner,
            refused: AtomicBool::new(false),
            log_in_begins,
        })
    }

    /// What the module says of itself.
    pub fn module(&self) -> &str {
        &self.started.module
    }

    fn process(&self) -> Arc<Process> {
        Arc::clone(&locked(&self.process))
    }

    /// Logs in by `how`, unless the PIN was refused before.
    fn log_in<T>(&self, how: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if self.refused.load(Ordering::SeqCst) {
            return Err(Error::PinRefused);
        }
        let done = how();
        if done.as_ref().is_err_and(Error::concerns_pin) {
            self.refused.store(true, Ordering::SeqCst);
        }
        done
    }

    /// Ends the process and starts another.
    fn restart(&self) -> Result<(), Error> {
        self.process().kill();
        let begins = &self.log_in_begins;
        let (process, started) =
            start(&self.spawner, &self.worker, &self.setup, &self.pin, begins)?;
        let serial = &self.started.identity.serial;
        if started.identity.serial != *serial {
            return Err(Error::TokenNotFound {
                wanted: format!("with serial number {serial:?}"),
                present: started.identity.to_string(),
            });
        }
        *locked(&self.process) = Arc::new(process);
        Ok(())
    }

    fn tell(&self, message: &Control, deadline: Instant) -> Result<(), Error> {
        let (login_limit, begins) = (self.setup.login_limit, &self.log_in_begins);
        let answer = self.process().tell(message, deadline, login_limit, begins);
        answer?.done()
    }
}

fn start(
    spawner: &ProcessSpawner,
    worker: &Worker,
    setup: &ModuleSetup,
    pin: &Pin,
    log_in_begins: &LogInBegins,
) -> Result<(Process, Started), Error> {
    let path = loading::find(&setup.module)?;
    let process = Process::start(spawner, worker, &path, pin)?;
    let start = Control::Start(Start {
        version: Version,
        module: path.as_os_str().as_bytes().to_vec(),
        parameters: setup.parameters.clone(),
        selector: setup.token.clone(),
        pin: Zeroizing::new(pin.expose().into()),
    });
    let deadline = Instant::now() + setup.start_limit;
    let answer = process.tell(&start, deadline, setup.login_limit, log_in_begins);
    match answer.map_err(|error| not_started(error, setup))? {
        ControlReply::Started(started) => Ok((process, *started)),
        ControlReply::Failed(error) => Err(error),
        ControlReply::Done | ControlReply::LoggingIn => Err(ProcessError::OutOfStep.into()),
    }
}

/// Why there was no answer at the start, where the module has not yet shown that it works.
fn not_started(error: Error, setup: &ModuleSetup) -> Error {
    let module = setup.module.clone();
    match error {
        // It runs still, or it would be known how it ended.
        Error::Process(ProcessError::Gone(_)) => Error::Process(ProcessError::Closed(module)),
        Error::Process(ProcessError::Hung { after }) => {
            Error::Process(ProcessError::NotStarted { module, after })
        }
        other => other,
    }
}

/// What the child has of the time until `deadline`: a little less, so that its own answer
/// that time is up arrives in time.
fn child_time(deadline: Instant) -> u32 {
    let left = deadline.saturating_duration_since(Instant::now());
    u32::try_from(left.as_millis() * 9 / 10).unwrap_or(u32::MAX)
}

impl Token for IsolatedToken {
    fn identity(&self) -> &TokenIdentity {
        &self.started.identity
    }

    fn mechanisms(&self) -> &[MechanismType] {
        &self.started.mechanisms
    }

    fn key_rules(&self) -> &KeyRules {
        &self.setup.rules
    }

    fn patience(&self) -> Duration {
        self.setup.patience
    }

    fn session_by(
        &self,
        access: Access,
        deadline: Instant,
    ) -> Result<Box<dyn TokenSession>, Error> {
        let dialogue = self.process().open_channel(access, deadline)?;
        Ok(Box::new(RemoteSession::opened(dialogue, deadline)?))
    }

    fn recover(&self, step: RecoveryStep, deadline: Instant) -> Result<(), Error> {
        let milliseconds = child_time(deadline);
        let message = Control::Recover { step, milliseconds };
        match step {
            // Sessions are their owners' to close.
            RecoveryStep::FindKey | RecoveryStep::NewSession => Ok(()),
            RecoveryStep::LogIn | RecoveryStep::Reinitialise => {
                self.log_in(|| self.tell(&message, deadline))
            }
            RecoveryStep::Restart => self.log_in(|| self.restart()),
        }
    }

    fn knows(&self, _: RecoveryStep) -> bool {
        true
    }

    fn process_id(&self) -> Option<u32> {
        Some(self.process().id())
    }

    fn keep_alive(&self, deadline: Instant) -> Result<(), Error> {
        let milliseconds = child_time(deadline);
        self.tell(&Control::KeepAlive { milliseconds }, deadline)
    }
}

impl fmt::Debug for IsolatedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IsolatedToken")
            .field("identity", &self.started.identity)
            .field("module", &self.setup.module)
            .finish_non_exhaustive()
    }
}
