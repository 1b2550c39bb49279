//! What can go wrong, said so that the reader knows what to do next.

use std::path::PathBuf;

use crate::encoding::EncodingError;
use crate::failure::Pkcs11Failure;
use crate::pin::PinError;

/// Any failure of this crate. No variant carries a PIN or a private key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The PKCS#11 module is not there.
    #[error("there is no PKCS#11 module at {path}; install the HSM's library or correct --module")]
    ModuleMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is there and cannot be used as a PKCS#11 module.
    #[error("{path} cannot be loaded as a PKCS#11 module: {reason}")]
    ModuleUnusable {
        /// The module.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// A PKCS#11 function answered with an error.
    #[error(transparent)]
    Pkcs11(#[from] Pkcs11Failure),
    /// The module answered something that PKCS#11 does not allow.
    #[error("the PKCS#11 module answered what the standard does not allow: {0}")]
    ModuleMisbehaved(String),
    /// No token is as asked for.
    #[error("no token {wanted}; the module shows {present}")]
    TokenNotFound {
        /// What was asked for.
        wanted: String,
        /// The tokens that are there.
        present: String,
    },
    /// More than one token is as asked for.
    #[error("{count} tokens {wanted}; choose one by its serial number: {present}")]
    TokenAmbiguous {
        /// What was asked for.
        wanted: String,
        /// How many there are.
        count: usize,
        /// The tokens that are there.
        present: String,
    },
    /// A token of that label exists and will not be overwritten.
    #[error("a token labelled {label:?} exists and is never overwritten; choose another label")]
    TokenExists {
        /// The label.
        label: String,
    },
    /// Every slot holds a token that is in use.
    #[error("no slot has room for a new token; remove one with the HSM's own tool")]
    NoFreeSlot,
    /// A label that a token cannot keep.
    #[error("a token's label must be 1 to 32 bytes without control characters or outer blanks")]
    TokenLabel,
    /// The token locks the PIN at the next wrong one.
    #[error(
        "the token would lock the PIN at the next wrong one, so it was not tried; \
         log in once with the HSM's own tool and start again"
    )]
    PinFinalTry,
    /// The PIN could not be had.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// No key is as asked for.
    #[error("the token has no {class} {wanted}; see: mls-hsm-signer keys list")]
    KeyNotFound {
        /// Private or public key.
        class: &'static str,
        /// What was asked for.
        wanted: String,
    },
    /// More than one key is as asked for; guessing which is meant would be reckless.
    #[error("the token has {count} objects that are a {class} {wanted}, and exactly one is needed")]
    KeyAmbiguous {
        /// Private or public key.
        class: &'static str,
        /// What was asked for.
        wanted: String,
        /// How many there are.
        count: usize,
    },
    /// A key of that label or id exists and will not be replaced or doubled.
    #[error("the token already has a key {wanted}; choose another label and id")]
    KeyExists {
        /// The label or id that is taken.
        wanted: String,
    },
    /// A label or id that makes no sense for a key.
    #[error("a key's label and id must be 1 to 255 bytes, the label without control characters")]
    KeyName,
    /// It is no key of the four schemes.
    #[error("the key {wanted} is neither Ed25519 nor ECDSA on P-256, P-384 or P-521")]
    KeyUnsupported {
        /// The key.
        wanted: String,
    },
    /// The key is not protected or usable as a removal key must be.
    #[error("the key {wanted} is not what was asked of the token: {reason}")]
    KeyAttributes {
        /// The key.
        wanted: String,
        /// The attribute that is wrong.
        reason: String,
    },
    /// The token has no mechanism for the scheme.
    #[error("the token cannot sign with {scheme}; its mechanism list has nothing for it")]
    SchemeUnsupported {
        /// The scheme.
        scheme: &'static str,
    },
    /// What the token signed does not verify under the public key it gives.
    #[error(
        "the token's signature does not verify under its public key; nothing was released. \
         Check the token with: mls-hsm-signer doctor"
    )]
    SignatureInvalid,
    /// A byte string is not encoded as it must be.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The operating system's or library's random numbers failed.
    #[error("no random numbers could be had")]
    Random,
    /// OpenMLS could not build the proposal.
    #[error("the proposal could not be built: {0}")]
    Proposal(String),
}

impl From<cryptoki::error::Error> for Error {
    fn from(error: cryptoki::error::Error) -> Self {
        match error {
            cryptoki::error::Error::Pkcs11(code, function) => {
                Self::Pkcs11(Pkcs11Failure::new(function, code))
            }
            other => Self::ModuleMisbehaved(other.to_string()),
        }
    }
}
