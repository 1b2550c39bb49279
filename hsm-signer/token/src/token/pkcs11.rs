//! A token in this process, logged in once.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;

use super::handles::Handles;
use super::module::ModuleSession;
use super::session::LocalSession;
use super::{Access, KeyRules, Module, PATIENCE, Token, TokenSession};
use crate::error::Error;
use crate::failure::RecoveryStep;
use crate::identity::{TokenIdentity, TokenSelector};
use crate::pin::Pin;
use crate::quirks::Quirks;
use crate::sync::{Mutex, locked};

/// A token reached through a PKCS#11 module in this process.
pub struct Pkcs11Token {
    module: Module,
    selector: TokenSelector,
    identity: TokenIdentity,
    /// The slot's number, which may change when the module is initialised anew.
    slot: AtomicU64,
    mechanisms: Vec<MechanismType>,
    login: Mutex<Login>,
    handles: Arc<Handles>,
    rules: KeyRules,
    log_in_begins: LogInBegins,
}

/// Is called before each C_Login, which is not made where it fails: whoever counts the tries of a PIN has
/// to have written down that there is one.
pub type LogInBegins = Arc<dyn Fn() -> Result<(), Error> + Send + Sync>;

/// What keeps the login.
struct Login {
    pin: Pin,
    /// The token refused the PIN, which therefore is never tried again.
    refused: bool,
    /// Never used to sign: PKCS#11 logs out when a token's last session closes.
    anchor: ModuleSession,
}

impl Pkcs11Token {
    /// Finds the token and logs in as its user, trying the PIN once. PKCS#11 knows one
    /// login for the whole process: where another part of it is logged in already,
    /// the token does not look at this PIN. The token keeps a copy of the PIN, to log in
    /// again when the login was lost; a PIN that was refused is never tried again.
    ///
    /// # Errors
    /// [`Error::TokenNotFound`], [`Error::TokenAmbiguous`], [`Error::PinFinalTry`]
    /// (the PIN is not risked), or [`Error::Pkcs11`], for a wrong PIN from `C_Login`.
    pub fn open(module: &Module, selector: &TokenSelector, pin: &Pin) -> Result<Self, Error> {
        Self::open_telling(module, selector, pin, Arc::new(|| Ok(())))
    }

    /// The same; `log_in_begins` is called before each login, from now on.
    ///
    /// # Errors
    /// As [`open`](Self::open), and those of `log_in_begins`.
    pub fn open_telling(
        module: &Module,
        selector: &TokenSelector,
        pin: &Pin,
        log_in_begins: LogInBegins,
    ) -> Result<Self, Error> {
        let identity = selector.choose(module.tokens()?)?;
        let slot = Slot::try_from(identity.slot)?;
        let mechanisms = module.mechanisms(slot)?;
        let deadline = Instant::now() + PATIENCE;
        let anchor = module.open_session(slot, false, deadline)?;
        log_in(&anchor, pin, &identity, deadline, &log_in_begins)?;
        tracing::debug!(token = %identity, "logged in");
        Ok(Self {
            module: module.clone(),
            selector: selector.clone(),
            slot: AtomicU64::new(identity.slot),
            identity,
            mechanisms,
            login: Mutex::new(Login {
                pin: pin.duplicate(),
                refused: false,
                anchor,
            }),
            handles: Arc::default(),
            rules: KeyRules::default(),
            log_in_begins,
        })
    }

    /// The same with other rules for its removal keys.
    #[must_use]
    pub fn with_rules(self, rules: KeyRules) -> Self {
        Self { rules, ..self }
    }

    fn open_session(&self, changes: bool, deadline: Instant) -> Result<ModuleSession, Error> {
        let slot = Slot::try_from(self.slot.load(Ordering::SeqCst))?;
        self.module.open_session(slot, changes, deadline)
    }

    /// C_Logout, for the whole process.
    pub(crate) fn log_out(&self, deadline: Instant) {
        let login = locked(&self.login);
        if let Err(error) = login.anchor.run(deadline, Session::logout) {
            tracing::debug!(%error, "not logged out");
        }
    }

    /// A new session logs in and becomes the one that keeps the login; the others follow.
    fn log_in_again(&self, deadline: Instant) -> Result<(), Error> {
        let mut login = locked(&self.login);
        if login.refused {
            return Err(Error::PinRefused);
        }
        let identity = self.selector.choose(self.module.tokens()?)?;
        self.slot.store(identity.slot, Ordering::SeqCst);
        let anchor = self.open_session(false, deadline)?;
        let begins = &self.log_in_begins;
        let logged_in = log_in(&anchor, &login.pin, &identity, deadline, begins);
        if logged_in.as_ref().is_err_and(Error::concerns_pin) {
            login.refused = true;
        }
        logged_in?;
        let stale = std::mem::replace(&mut login.anchor, anchor);
        drop(login);
        drop(stale);
        self.handles.clear();
        Ok(())
    }
}

impl Token for Pkcs11Token {
    fn identity(&self) -> &TokenIdentity {
        &self.identity
    }

    fn mechanisms(&self) -> &[MechanismType] {
        &self.mechanisms
    }

    fn key_rules(&self) -> &KeyRules {
        &self.rules
    }

    fn session_by(
        &self,
        access: Access,
        deadline: Instant,
    ) -> Result<Box<dyn TokenSession>, Error> {
        let session = self.open_session(access == Access::Manage, deadline)?;
        Ok(Box::new(LocalSession {
            session,
            handles: Arc::clone(&self.handles),
            quirks: Quirks::of(&self.identity),
            deadline,
        }))
    }

    fn recover(&self, step: RecoveryStep, deadline: Instant) -> Result<(), Error> {
        match step {
            // Sessions are their owners' to close.
            RecoveryStep::FindKey | RecoveryStep::NewSession => Ok(()),
            RecoveryStep::LogIn => self.log_in_again(deadline),
            RecoveryStep::Reinitialise => {
                if locked(&self.login).refused {
                    return Err(Error::PinRefused);
                }
                self.module.reinitialise(deadline)?;
                self.log_in_again(deadline)
            }
            RecoveryStep::Restart => Err(Error::StepMissing(step)),
        }
    }

    fn knows(&self, step: RecoveryStep) -> bool {
        step != RecoveryStep::Restart
    }

    fn keep_alive(&self, deadline: Instant) -> Result<(), Error> {
        let login = locked(&self.login);
        let alive = |session: &Session| session.get_session_info().map(drop);
        login.anchor.run(deadline, alive)
    }
}

impl fmt::Debug for Pkcs11Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Token")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

fn log_in(
    session: &ModuleSession,
    pin: &Pin,
    identity: &TokenIdentity,
    deadline: Instant,
    begins: &LogInBegins,
) -> Result<(), Error> {
    if pin.is_empty() && !identity.login_required {
        return Ok(());
    }
    pin.needed()?;
    if identity.pin_final_try && !identity.pin_locked {
        return Err(Error::PinFinalTry);
    }
    begins()?;
    session.run(deadline, |session| {
        match session.login(UserType::User, Some(pin.auth_pin())) {
            Err(CryptokiError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            other => other,
        }
    })
}
