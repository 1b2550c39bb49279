//! The seam: what this crate asks of a token, whoever answers.
//!
//! [`Token`] and [`TokenSession`] are the only way from keys and signers to PKCS#11.
//! [`Pkcs11Token`] answers them through a module in this process,
//! [`IsolatedToken`](crate::isolation::IsolatedToken) through one in a child process.
//! What lies above does not change.

mod attributes;
mod boundary;
mod description;
mod function_list;
mod gate;
mod handles;
mod initialise;
mod initialise_args;
mod key_object;
pub(crate) mod key_rules;
mod key_selector;
mod key_spec;
pub(crate) mod loading;
mod module;
mod pkcs11;
mod session;
mod session_limits;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use cryptoki::mechanism::MechanismType;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

pub use crate::key_class::KeyClass;
pub use crate::key_use::KeyUse;
pub use boundary::hush_module_panics;
pub use initialise::initialise;
pub use key_object::{Attributes, KeyObject, Protection};
pub use key_rules::KeyRules;
pub use key_selector::KeySelector;
pub use key_spec::KeySpec;
pub use module::{Module, SOFTHSM_PATHS, finalise_modules};
pub use pkcs11::{LogInBegins, Pkcs11Token};
pub use session_limits::SessionLimits;

use crate::error::Error;
use crate::failure::RecoveryStep;
use crate::identity::TokenIdentity;
use crate::mechanism::SigningMechanism;
use crate::quirks::{Quirks, SigningPlan};
use mls_signer_message::encoding::pkcs8::PrivateKey;
use mls_signer_message::scheme::Scheme;

/// How long a caller who names no deadline waits for a session, and for the module's door.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An object of a token, until the login or the module ends. It is valid in all
/// sessions of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, TlsDeserialize, TlsSerialize, TlsSize)]
pub struct ObjectHandle(pub(crate) u64);

/// What a session may do to the token's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub enum Access {
    /// Find, read and sign.
    Use,
    /// Also make and destroy keys.
    Manage,
}

/// One token, logged in, that many threads may use at once.
pub trait Token: Debug + Send + Sync {
    /// Who made it, its label, serial number and versions.
    fn identity(&self) -> &TokenIdentity;

    /// The mechanisms that it says it has.
    fn mechanisms(&self) -> &[MechanismType];

    /// What its removal keys must be.
    fn key_rules(&self) -> &KeyRules {
        KeyRules::STRICT
    }

    /// How it signs by `scheme`.
    ///
    /// # Errors
    /// As [`SigningPlan::choose`].
    fn signing_plan(&self, scheme: &'static Scheme) -> Result<SigningPlan, Error> {
        SigningPlan::choose(scheme, self.mechanisms(), Quirks::of(self.identity()))
    }

    /// How long a caller who names no deadline waits.
    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Opens a session for the caller alone, which is closed when it is dropped.
    ///
    /// # Errors
    /// [`Error::Pkcs11`] when none can be opened.
    fn session(&self, access: Access) -> Result<Box<dyn TokenSession>, Error> {
        self.session_by(access, Instant::now() + self.patience())
    }

    /// The same by `deadline`; each operation ends by then too, where the token is in a
    /// process that can be ended.
    ///
    /// # Errors
    /// [`Error::Pkcs11`] when none can be opened, [`Error::DeadlinePassed`].
    fn session_by(&self, access: Access, deadline: Instant)
    -> Result<Box<dyn TokenSession>, Error>;

    /// Takes one step of recovery.
    ///
    /// # Errors
    /// [`Error::StepMissing`] for a step that this token does not have; else why it failed.
    fn recover(&self, step: RecoveryStep, deadline: Instant) -> Result<(), Error> {
        let _ = deadline;
        Err(Error::StepMissing(step))
    }

    /// Whether the token knows the step.
    fn knows(&self, step: RecoveryStep) -> bool {
        let _ = step;
        false
    }

    /// The process that holds the module, if it is another than this one.
    fn process_id(&self) -> Option<u32> {
        None
    }

    /// Uses the session that holds the login, so that the token does not close it.
    ///
    /// # Errors
    /// When the token does not answer.
    fn keep_alive(&self, deadline: Instant) -> Result<(), Error> {
        let _ = deadline;
        Ok(())
    }
}

/// One session with a token. Each method is one operation of PKCS#11; its errors are
/// [`Error::Pkcs11`] for a code that the token returned and [`Error::ModuleMisbehaved`]
/// for an answer that makes no sense.
///
/// An operation that failed may leave a session in the middle of something
/// (CKR_OPERATION_ACTIVE ever after): it is then dropped, and another is opened.
pub trait TokenSession: Send {
    /// The token objects of `class` that `selector` describes.
    ///
    /// # Errors
    /// When the search fails.
    fn find(&self, class: KeyClass, selector: &KeySelector) -> Result<Vec<ObjectHandle>, Error>;

    /// What may be known of a key. Never asks for the value of a private key.
    ///
    /// # Errors
    /// When the attributes cannot be read.
    fn read(&self, key: ObjectHandle) -> Result<KeyObject, Error>;

    /// A key's CKA_LABEL, as text.
    ///
    /// # Errors
    /// When it cannot be read.
    fn label(&self, key: ObjectHandle) -> Result<String, Error> {
        Ok(self.read(key)?.label)
    }

    /// Signs `data`, of which the mechanism says whether it is a message or a digest.
    /// ECDSA gives r || s. The signature is not verified here.
    ///
    /// # Errors
    /// When the token does not sign.
    fn sign(
        &self,
        key: ObjectHandle,
        mechanism: SigningMechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error>;

    /// Has what is asked from now on end by `deadline`, where the token is in a process that
    /// can be ended; the deadline by which the session was wanted is replaced.
    fn set_deadline(&mut self, deadline: Instant) {
        let _ = deadline;
    }

    /// Signs one after the other until one fails: the signatures made, and the failure.
    fn sign_batch(
        &self,
        key: ObjectHandle,
        mechanism: SigningMechanism,
        items: &[&[u8]],
    ) -> SignedPrefix {
        let mut prefix = SignedPrefix::default();
        for data in items {
            match self.sign(key, mechanism, data) {
                Ok(signature) => prefix.signatures.push(signature),
                Err(error) => {
                    prefix.failure = Some(error);
                    break;
                }
            }
        }
        prefix
    }

    /// Gives an object another CKA_LABEL.
    ///
    /// # Errors
    /// When the token refuses.
    fn relabel(&self, object: ObjectHandle, label: &str) -> Result<(), Error>;

    /// Generates a key pair in the token: the private key sensitive, never extractable
    /// and for signing only.
    ///
    /// # Errors
    /// When the token refuses.
    fn generate(&self, spec: &KeySpec) -> Result<KeyPair, Error>;

    /// Copies a key pair into the token, with the same protection as a generated one
    /// from then on. Both objects are made, or none.
    ///
    /// # Errors
    /// When the token refuses.
    fn import(&self, spec: &KeySpec, key: &PrivateKey) -> Result<KeyPair, Error>;

    /// Destroys an object for ever.
    ///
    /// # Errors
    /// When the token refuses.
    fn destroy(&self, object: ObjectHandle) -> Result<(), Error>;
}

/// The two objects of a key pair.
#[derive(Clone, Copy, Debug, TlsDeserialize, TlsSerialize, TlsSize)]
pub struct KeyPair {
    /// The private key.
    pub private: ObjectHandle,
    /// The public key.
    pub public: ObjectHandle,
}

/// How far a batch came.
#[derive(Debug, Default)]
pub struct SignedPrefix {
    /// The signatures of the first items, in order.
    pub signatures: Vec<Vec<u8>>,
    /// Why the next item has none; those after it were not tried.
    pub failure: Option<Error>,
}
