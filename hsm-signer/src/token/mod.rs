//! The seam: what this crate asks of a token, whoever answers.
//!
//! [`Token`] and [`TokenSession`] are the only way from keys and signers to PKCS#11.
//! [`Pkcs11Token`] answers them through a module in this process. A pool, a module in a
//! child process, a recovering or a faulty token are further answers to the same
//! questions, and what lies above does not change.

mod identity;
mod initialise;
mod key_object;
mod key_selector;
mod key_spec;
mod mechanism;
mod module;
mod pkcs11;
mod session;

use std::fmt::Debug;

use cryptoki::mechanism::MechanismType;

pub use cryptoki::object::ObjectHandle;
pub use identity::{TokenIdentity, TokenSelector};
pub use initialise::initialise;
pub use key_object::{KeyObject, Protection};
pub use key_selector::{KeyClass, KeySelector};
pub use key_spec::KeySpec;
pub use module::{Module, SOFTHSM_PATHS};
pub use pkcs11::Pkcs11Token;

use crate::encoding::pkcs8::PrivateKey;
use crate::error::Error;

/// What a session may do to the token's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// A session for the caller alone, until it is dropped.
    ///
    /// # Errors
    /// [`Error::Pkcs11`] when none can be opened.
    fn session(&self, access: Access) -> Result<Box<dyn TokenSession + '_>, Error>;
}

/// One session with a token. Each method is one operation of PKCS#11; its errors are
/// [`Error::Pkcs11`] for a code that the token returned and [`Error::ModuleMisbehaved`]
/// for an answer that makes no sense.
pub trait TokenSession {
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

    /// Signs `data`, of which the mechanism says whether it is a message or a digest.
    /// ECDSA gives r || s. The signature is not verified here.
    ///
    /// # Errors
    /// When the token does not sign.
    fn sign(
        &self,
        key: ObjectHandle,
        mechanism: MechanismType,
        data: &[u8],
    ) -> Result<Vec<u8>, Error>;

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
#[derive(Clone, Copy, Debug)]
pub struct KeyPair {
    /// The private key.
    pub private: ObjectHandle,
    /// The public key.
    pub public: ObjectHandle,
}
