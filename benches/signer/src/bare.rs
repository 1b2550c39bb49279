//! The bare module: threads, each with a session, that hash and sign. None of the signer's code.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::Failure;
use crate::contest::{Contender, Contest};
use crate::sandbox::{LABEL, PIN};
use crate::verification::{Algorithms, MESSAGE, Signed};

/// A module with the sandbox's token.
pub struct Bare {
    pkcs11: Pkcs11,
    slot: Slot,
    /// The first session, with which the login would end.
    login: Session,
}

impl Bare {
    pub fn load(module: &Path) -> Result<Self, Failure> {
        let pkcs11 = Pkcs11::new(module)?;
        pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        for slot in pkcs11.get_slots_with_initialized_token()? {
            if pkcs11.get_token_info(slot)?.label() == LABEL {
                let login = pkcs11.open_ro_session(slot)?;
                login.login(UserType::User, Some(&AuthPin::new(PIN.into())))?;
                return Ok(Self {
                    pkcs11,
                    slot,
                    login,
                });
            }
        }
        Err("the bare module does not show the token".into())
    }

    /// With so many sessions.
    pub fn contender(&self, contest: &Contest, count: usize) -> Result<Contender, Failure> {
        let class = Attribute::Class(ObjectClass::PRIVATE_KEY);
        let label = Attribute::Label(contest.scheme.default_label().into_bytes());
        let [key] = self.login.find_objects(&[class, label])?[..] else {
            return Err("the bare module does not show the key".into());
        };
        let sessions = (0..count).map(|_| self.pkcs11.open_ro_session(self.slot).map(Mutex::new));
        let sessions: Vec<Mutex<Session>> = sessions.collect::<Result<_, _>>()?;
        let algorithms = Algorithms::of(contest.scheme)?;
        Ok(Contender {
            name: "bare",
            sessions: count,
            batch: 1,
            callers: count,
            call: Box::new(move |caller| {
                // Each caller has its own: nobody waits.
                let session = sessions[caller]
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                let (mechanism, input) = algorithms.in_token(&MESSAGE);
                Ok(vec![Signed::InToken(
                    session.sign(&mechanism, key, &input)?,
                )])
            }),
        })
    }
}
