//! A token in this process: logged in once, its sessions kept for the next caller.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::ObjectHandle as RawHandle;
use cryptoki::session::UserType;
use cryptoki::slot::Slot;

use super::module::ModuleSession;
use super::session::{Held, Lease};
use super::{
    Access, KeyPair, Module, ObjectHandle, Token, TokenIdentity, TokenSelector, TokenSession,
};
use crate::error::Error;
use crate::failure::Rung;
use crate::pin::Pin;
use crate::pool::{Limits, NoLoan, NoTurn, Opened, Pool};
use crate::sync::{Mutex, locked};

/// How long C_Login and what comes before it wait for the module's door.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many sessions a token is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// The most sessions used at a time, besides the one that keeps the login alive.
    /// Where the token has room for fewer, fewer are used.
    pub sessions: usize,
    /// The most threads that wait for one.
    pub waiting: usize,
    /// A session that was idle for longer is closed, before the token closes it.
    pub idle: Duration,
}

impl Default for SessionLimits {
    /// 30 sessions, with which network HSMs are at their best; idle for 20 seconds, below
    /// the 30 after which some tokens close them.
    fn default() -> Self {
        Self {
            sessions: 30,
            waiting: 65_536,
            idle: Duration::from_secs(20),
        }
    }
}

impl SessionLimits {
    pub(crate) fn pool(self) -> Limits {
        Limits {
            size: self.sessions,
            max_waiting: self.waiting,
            idle: self.idle,
        }
    }
}

/// A token reached through a PKCS#11 module in this process.
pub struct Pkcs11Token {
    module: Module,
    selector: TokenSelector,
    identity: TokenIdentity,
    /// The slot's number, which may change when the module is initialised anew.
    slot: AtomicU64,
    mechanisms: Vec<MechanismType>,
    pool: Pool<ModuleSession>,
    login: Mutex<Login>,
    /// The handles that this token gave out since the last login.
    handles: RwLock<HashMap<u64, RawHandle>>,
}

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
        Self::open_with(module, selector, pin, SessionLimits::default())
    }

    /// The same with other limits than the default ones.
    ///
    /// # Errors
    /// As [`Pkcs11Token::open`].
    pub fn open_with(
        module: &Module,
        selector: &TokenSelector,
        pin: &Pin,
        limits: SessionLimits,
    ) -> Result<Self, Error> {
        let identity = selector.choose(module.tokens()?)?;
        let slot = Slot::try_from(identity.slot)?;
        let mechanisms = module.pkcs11().get_mechanism_list(slot)?;
        let deadline = Instant::now() + PATIENCE;
        let anchor = module.open_session(slot, false, deadline)?;
        log_in(&anchor, pin, &identity, deadline)?;
        tracing::debug!(token = %identity, "logged in");
        Ok(Self {
            module: module.clone(),
            selector: selector.clone(),
            slot: AtomicU64::new(identity.slot),
            identity,
            mechanisms,
            pool: Pool::new(limits.pool()),
            login: Mutex::new(Login {
                pin: pin.duplicate(),
                refused: false,
                anchor,
            }),
            handles: RwLock::default(),
        })
    }

    /// Gives out handles of this crate for the module's.
    pub(super) fn remember(&self, found: &[RawHandle]) -> Vec<ObjectHandle> {
        let mut handles = self.handles.write().unwrap_or_else(PoisonError::into_inner);
        let give_out = |raw: &RawHandle| {
            handles.insert(raw.handle(), *raw);
            ObjectHandle(raw.handle())
        };
        found.iter().map(give_out).collect()
    }

    pub(super) fn remember_pair(&self, private: RawHandle, public: RawHandle) -> KeyPair {
        self.remember(&[private, public]);
        KeyPair {
            private: ObjectHandle(private.handle()),
            public: ObjectHandle(public.handle()),
        }
    }

    pub(super) fn raw_handle(&self, object: ObjectHandle) -> Option<RawHandle> {
        let handles = self.handles.read().unwrap_or_else(PoisonError::into_inner);
        handles.get(&object.0).copied()
    }

    fn open_session(&self, changes: bool, deadline: Instant) -> Result<ModuleSession, Error> {
        let slot = Slot::try_from(self.slot.load(Ordering::SeqCst))?;
        self.module.open_session(slot, changes, deadline)
    }

    fn forget_sessions(&self) {
        self.pool.clear();
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
        let logged_in = log_in(&anchor, &login.pin, &identity, deadline);
        if logged_in.as_ref().is_err_and(Error::concerns_pin) {
            login.refused = true;
        }
        logged_in?;
        let stale = std::mem::replace(&mut login.anchor, anchor);
        drop(login);
        drop(stale);
        self.forget_sessions();
        let mut handles = self.handles.write().unwrap_or_else(PoisonError::into_inner);
        handles.clear();
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

    fn session_by(
        &self,
        access: Access,
        deadline: Instant,
    ) -> Result<Box<dyn TokenSession + '_>, Error> {
        let held = match access {
            Access::Manage => Held::Once(self.open_session(true, deadline)?),
            Access::Use => Held::Pooled(
                self.pool
                    .lend(deadline, || opened(self.open_session(false, deadline)))
                    .map_err(not_lent)?,
            ),
        };
        Ok(Box::new(Lease::new(self, held, deadline)))
    }

    fn recover(&self, rung: Rung, deadline: Instant) -> Result<(), Error> {
        match rung {
            Rung::FindKey => Ok(()),
            Rung::NewSession => {
                self.forget_sessions();
                Ok(())
            }
            Rung::LogIn => self.log_in_again(deadline),
            Rung::Reinitialise => {
                if locked(&self.login).refused {
                    return Err(Error::PinRefused);
                }
                self.module.reinitialise(deadline)?;
                self.log_in_again(deadline)
            }
            Rung::Restart => Err(Error::RungMissing(rung)),
        }
    }

    fn knows(&self, rung: Rung) -> bool {
        rung != Rung::Restart
    }

    fn keep_alive(&self, deadline: Instant) -> Result<(), Error> {
        self.pool.trim();
        let login = locked(&self.login);
        let alive = login
            .anchor
            .run(deadline, |session| session.get_session_info());
        alive.map(drop)
    }
}

impl fmt::Debug for Pkcs11Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Token")
            .field("identity", &self.identity)
            .field("waiting", &self.pool.waiting())
            .finish_non_exhaustive()
    }
}

/// A token that has no session left may have one when others come back.
fn opened(session: Result<ModuleSession, Error>) -> Opened<ModuleSession, Error> {
    match session {
        Ok(session) => Opened::Ready(session),
        Err(Error::Pkcs11(failure)) if failure.code() == RvError::SessionCount => {
            Opened::NoRoom(Error::Pkcs11(failure))
        }
        Err(error) => Opened::Failed(error),
    }
}

/// The error for a session that was not lent.
pub(crate) fn not_lent(refusal: NoLoan<Error>) -> Error {
    match refusal {
        NoLoan::NoTurn(NoTurn::Full) => Error::QueueFull,
        NoLoan::NoTurn(NoTurn::Late) => Error::DeadlinePassed { last: None },
        NoLoan::NotOpened(error) => error,
    }
}

fn log_in(
    session: &ModuleSession,
    pin: &Pin,
    identity: &TokenIdentity,
    deadline: Instant,
) -> Result<(), Error> {
    if identity.pin_final_try && !identity.pin_locked {
        return Err(Error::PinFinalTry);
    }
    session.run(deadline, |session| {
        match session.login(UserType::User, Some(pin.auth_pin())) {
            Err(CryptokiError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            other => other,
        }
    })
}
