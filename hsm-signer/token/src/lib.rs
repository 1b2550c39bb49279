//! MLS removal keys in a PKCS#11 token: modules, sessions, keys, and a signer over one key.
//!
//! | | |
//! |---|---|
//! | [`Token`], [`Pkcs11Token`] | the seam to a token, and the token in this process |
//! | [`isolation`] | a module in a process of its own |
//! | [`keys`] | keys found, generated, imported, listed, rotated; ceremonies |
//! | [`HsmSigner`] | signs in the token, verifies, proposes removals |
//! | [`doctor`] | what is right and wrong with a module, a token, its keys |
//! | [`failure`] | which failures pass, and what helps |
//! | [`pkcs11_scheme`], [`quirks`] | what differs between schemes and between modules, as data |

mod codec;
pub mod doctor;
pub mod ec_point;
pub mod error;
pub mod failure;
mod identity;
pub mod isolation;
mod key_class;
mod key_use;
pub mod keys;
mod mechanism;
mod pin;
pub mod pkcs11_scheme;
mod process_error;
pub mod proposal;
mod public_value;
pub mod quirks;
pub mod release;
mod removal_label;
mod session_pool;
pub mod sync;
mod token;

pub use error::Error;
pub use failure::Pkcs11Failure;
pub use identity::{TokenIdentity, TokenSelector};
pub use keys::HsmSigner;
pub use mechanism::SigningMechanism;
pub use pin::{Pin, PinError};
pub use token::{
    Access, Attributes, KeyClass, KeyObject, KeyPair, KeyRules, KeySelector, KeySpec, KeyUse,
    LogInBegins, Module, ObjectHandle, Pkcs11Token, Protection, SOFTHSM_PATHS, SessionLimits,
    SignedPrefix, Token, TokenSession, finalise_modules, hush_module_panics, initialise,
};
