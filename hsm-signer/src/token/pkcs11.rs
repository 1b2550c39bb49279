//! A token in this process: logged in once, its sessions kept for the next caller.

use std::fmt;
use std::sync::Mutex;

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;

use super::module::locked;
use super::session::Lease;
use super::{Access, Module, Token, TokenIdentity, TokenSelector, TokenSession};
use crate::error::Error;
use crate::pin::Pin;

/// Sessions kept open for the next caller; more are opened when needed and closed after.
const MAX_IDLE: usize = 32;

/// A token reached through a PKCS#11 module in this process.
pub struct Pkcs11Token {
    pkcs11: Pkcs11,
    slot: Slot,
    identity: TokenIdentity,
    mechanisms: Vec<MechanismType>,
    idle: Mutex<Vec<Session>>,
    /// Never used: PKCS#11 logs out when a token's last session closes.
    _anchor: Mutex<Session>,
}

impl Pkcs11Token {
    /// Finds the token and logs in as its user, trying the PIN once. PKCS#11 knows one
    /// login for the whole process: where another part of it is logged in already,
    /// the token does not look at this PIN.
    ///
    /// # Errors
    /// [`Error::TokenNotFound`], [`Error::TokenAmbiguous`], [`Error::PinFinalTry`]
    /// (the PIN is not risked), or [`Error::Pkcs11`], for a wrong PIN from `C_Login`.
    pub fn open(module: &Module, selector: &TokenSelector, pin: &Pin) -> Result<Self, Error> {
        let identity = selector.choose(module.tokens()?)?;
        let pkcs11 = module.pkcs11().clone();
        let slot = Slot::try_from(identity.slot)?;
        let mechanisms = pkcs11.get_mechanism_list(slot)?;
        let anchor = pkcs11.open_ro_session(slot)?;
        log_in(&anchor, pin, &identity)?;
        tracing::debug!(token = %identity, "logged in");
        Ok(Self {
            pkcs11,
            slot,
            identity,
            mechanisms,
            idle: Mutex::default(),
            _anchor: Mutex::new(anchor),
        })
    }

    /// Takes back a session that ended in a clear state.
    pub(super) fn give_back(&self, session: Session) {
        let mut idle = locked(&self.idle);
        if idle.len() < MAX_IDLE {
            idle.push(session);
        }
    }
}

impl Token for Pkcs11Token {
    fn identity(&self) -> &TokenIdentity {
        &self.identity
    }

    fn mechanisms(&self) -> &[MechanismType] {
        &self.mechanisms
    }

    fn session(&self, access: Access) -> Result<Box<dyn TokenSession + '_>, Error> {
        let session = match access {
            Access::Manage => {
                return Ok(Box::new(Lease::once(
                    self.pkcs11.open_rw_session(self.slot)?,
                )));
            }
            Access::Use => locked(&self.idle).pop(),
        };
        let session = session.map_or_else(|| self.pkcs11.open_ro_session(self.slot), Ok)?;
        Ok(Box::new(Lease::returning(session, self)))
    }
}

impl fmt::Debug for Pkcs11Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Token")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

fn log_in(session: &Session, pin: &Pin, identity: &TokenIdentity) -> Result<(), Error> {
    if identity.pin_final_try && !identity.pin_locked {
        return Err(Error::PinFinalTry);
    }
    match session.login(UserType::User, Some(pin.auth_pin())) {
        Err(CryptokiError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        other => Ok(other?),
    }
}
