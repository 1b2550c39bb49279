//! MLS removal keys in a PKCS#11 token.
//!
//! A delivery service that removes users from MLS groups signs External Remove
//! proposals with a key that every group trusts. This crate keeps that key in a
//! hardware security module: Ed25519 and ECDSA on P-256, P-384 and P-521, over any
//! PKCS#11 module; with the feature `curve448` Ed448, and with
//! `draft-ietf-mls-pq-ciphersuites` ML-DSA, where the module has them.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//! use mls_hsm_signer::{HsmSigner, KeySelector, Module, Pin, Pkcs11Token, TokenSelector};
//!
//! # fn main() -> Result<(), mls_hsm_signer::Error> {
//! let module = Module::load(Path::new("/usr/lib/softhsm/libsofthsm2.so"))?;
//! let pin = Pin::from_file(Path::new("/run/secrets/pin"))?;
//! let token = Pkcs11Token::open(&module, &TokenSelector::Label("removal".into()), &pin)?;
//! let signer = HsmSigner::open(Arc::new(token), &KeySelector::label("mls-removal-ed25519"))?;
//! let message = signer.propose_remove(b"group", 7, 3, 0)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Map
//!
//! This crate is the door to those in which the work is done, each behind a feature:
//!
//! | Feature | | |
//! |---|---|---|
//! | | [`message`] | schemes, encodings, what is signed and released, as bytes |
//! | `token` (default) | [`token`] | PKCS#11: modules, sessions, keys, [`HsmSigner`] |
//! | `engine` | [`engine`] | signs while HSMs hang, crash, forget and return |
//! | `client` | [`client`] | asks a service, from a Rust server; an OpenMLS signer behind it |
//! | `server` | [`server`], [`audit`] | the service, and every answer with its audit record |
//! | `client`, `server` | [`api`] | what travels between them |

pub use mls_signer_message as message;
pub use mls_signer_message::Removal;
pub use mls_signer_message::encoding;
#[cfg(feature = "token")]
pub use mls_signer_message::encoding::pkcs8::PrivateKey;
pub use mls_signer_message::scheme::{self, SCHEMES, Scheme};

#[cfg(feature = "token")]
pub use mls_signer_token as token;
#[cfg(feature = "token")]
pub use mls_signer_token::{
    Error, HsmSigner, KeyObject, KeySelector, KeySpec, Module, ObjectHandle, Pin, PinError,
    Pkcs11Failure, Pkcs11Token, Token, TokenIdentity, TokenSelector, doctor, failure, isolation,
    keys, quirks,
};

#[cfg(feature = "engine")]
pub use mls_signer_engine as engine;

#[cfg(any(feature = "client", feature = "server"))]
pub use mls_signer_api as api;
#[cfg(feature = "client")]
pub use mls_signer_client as client;

#[cfg(feature = "server")]
pub use mls_signer_audit as audit;
#[cfg(feature = "server")]
pub use mls_signer_server as server;
