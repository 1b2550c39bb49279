//! The bare module: threads, each with a session, that hash and sign. None of the signer's code.

use std::path::Path;
use std::thread;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::Failure;
use crate::contest::{Contender, Contest, calls_until};
use crate::sandbox::{LABEL, PIN};
use crate::verification::{MESSAGE, Signed};

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

    /// One for each number of sessions.
    pub fn contenders(&self, contest: &Contest) -> Result<Vec<Contender>, Failure> {
        let counts = contest.bare_sessions.iter();
        counts
            .map(|count| self.contender(contest, *count))
            .collect()
    }

    fn contender(&self, contest: &Contest, count: usize) -> Result<Contender, Failure> {
        let scheme = contest.scheme;
        let class = Attribute::Class(ObjectClass::PRIVATE_KEY);
        let label = Attribute::Label(scheme.label().into_bytes());
        let [key] = self.login.find_objects(&[class, label])?[..] else {
            return Err("the bare module does not show the key".into());
        };
        let sessions = (0..count).map(|_| self.pkcs11.open_ro_session(self.slot));
        let mut sessions: Vec<Session> = sessions.collect::<Result<_, _>>()?;
        let sign = move |session: &mut Session| {
            let signature = session.sign(&scheme.mechanism(), key, &scheme.input(&MESSAGE))?;
            Ok(vec![Signed::InToken(signature)])
        };
        Ok(Contender {
            name: "bare",
            sessions: count,
            batch: 1,
            sign: Box::new(move |until| {
                thread::scope(|scope| {
                    let threads: Vec<_> = sessions
                        .iter_mut()
                        .map(|session| scope.spawn(move || calls_until(until, || sign(session))))
                        .collect();
                    let mut calls = Vec::new();
                    for thread in threads {
                        calls.extend(thread.join().map_err(|_| "a thread panicked")??);
                    }
                    Ok(calls)
                })
            }),
        })
    }
}
