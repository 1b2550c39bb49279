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
//! From the caller down to the module:
//!
//! | | |
//! |---|---|
//! | [`client`] | asks a service, from a Rust server; an OpenMLS signer behind it |
//! | [`service`], [`api`] | HTTP and JSON for servers in any language; what travels |
//! | [`tls`] | whose certificates, which cryptography |
//! | [`HsmSigner`] | signs in the token, verifies, proposes removals |
//! | [`engine`] | signs while HSMs hang, crash, forget and return |
//! | [`isolation`] | a module in a process of its own |
//! | [`store`] | every answer and its audit record, durable before it is released |
//! | [`audit`] | the hash chain of the records, and its verification |
//! | [`keys`] | keys found, generated, imported, listed, rotated; ceremonies |
//! | [`doctor`] | what is right and wrong with a module, a token, its keys |
//! | [`token`] | the seam to a token, and the token in this process |
//! | [`failure`] | which failures pass, and what helps |
//! | [`fips`] | what FIPS 140-3 says of this process |
//! | [`scheme`], [`quirks`] | what differs between schemes and between modules, as data |
//! | [`encoding`] | byte strings between PKCS#11, MLS, X.509 and JSON |

pub mod api;
pub mod audit;
pub mod client;
pub mod doctor;
pub mod encoding;
pub mod engine;
mod error;
pub mod failure;
pub mod fips;
pub mod isolation;
pub mod keys;
mod passphrase;
mod pin;
mod pool;
#[cfg(test)]
#[path = "pool/tests.rs"]
mod pool_tests;
mod proposal;
pub mod quirks;
mod release;
pub mod scheme;
pub mod service;
mod signer;
pub mod store;
mod sync;
pub mod tls;
pub mod token;
mod verification;

pub use encoding::pkcs8::PrivateKey;
pub use error::Error;
pub use failure::Pkcs11Failure;
pub use passphrase::{Passphrase, PassphraseError};
pub use pin::{Pin, PinError};
pub use proposal::{Proposal, Removal};
pub use scheme::{SCHEMES, Scheme};
pub use signer::HsmSigner;
pub use token::{
    KeyObject, KeySelector, KeySpec, Module, ObjectHandle, Pkcs11Token, Token, TokenIdentity,
    TokenSelector,
};
