//! An OpenMLS crypto provider on AWS-LC, or on ring where AWS-LC cannot be built.
//!
//! [`OpenMlsHwCrypto`] takes the place of `OpenMlsRustCrypto` in an OpenMLS
//! application; [`HwCrypto`] is the [`OpenMlsCrypto`] and [`OpenMlsRand`]
//! inside it and can be combined with any storage provider.
//!
//! ```
//! use openmls_hw_crypto::{OpenMlsHwCrypto, SUITES, SignatureKeyPair};
//! use openmls_traits::OpenMlsProvider;
//! use openmls_traits::crypto::OpenMlsCrypto;
//!
//! let provider = OpenMlsHwCrypto::default();
//! for suite in SUITES {
//!     assert!(provider.crypto().supports(suite.ciphersuite).is_ok());
//!     let signer = SignatureKeyPair::new(suite.ciphersuite.signature_algorithm())?;
//!     signer.store(provider.storage()).expect("memory storage");
//! }
//! # Ok::<(), openmls_traits::types::CryptoError>(())
//! ```
//!
//! # Where the work is done
//!
//! | Operation | Done by |
//! |---|---|
//! | random bytes, key generation, ECDH, ECDSA, Ed25519, AEAD, SHA-384, SHA-512 | AWS-LC, through `aws-lc-rs` |
//! | X25519 and P-256 for many keys at once, Ed25519 and ECDSA with P-256 for many signatures ([`HwCrypto::verify_batch`] and what is prepared) | `mls_lanes`, where the CPU has vectors for it |
//! | SHA-256; SHA-2 compressions inside HMAC and HKDF | the `sha2` crate, whose midstates can be computed once and kept |
//! | composition of HMAC, HKDF and HPKE (RFC 9180) | this crate |
//!
//! With the feature `draft-ietf-mls-pq-ciphersuites` ML-KEM, ML-DSA, SHA-3 and SHAKE are AWS-LC's as
//! well, and X-Wing is composed here; with `curve448` X448 and Ed448 are those of the crates `x448` and
//! `ed448-goldilocks`, which are pre-releases; with `virtual-clients-draft` FF1 is composed here on
//! AWS-LC's AES.
//!
//! With the feature `fips` (and without the default features) AWS-LC is its FIPS module, and
//! does the second row too; [`HwCrypto::fips`] then refuses what is not approved.
//!
//! Where the compiler does not optimise `mls_lanes`, as in Cargo's profile `dev`, there are no vector
//! lanes, and each key is AWS-LC's: `[profile.dev.package.mls_lanes] opt-level = 3` in the program's
//! `Cargo.toml` brings them back.
//!
//! # With ring
//!
//! With the feature `ring` (and without the default features) no AWS-LC is linked; where AWS-LC is
//! asked for as well, it goes first. The suites are 0x0001, 0x0002, 0x0003 and 0x0007, for ring has
//! no P-521, and with `curve448` its two.
//!
//! | Operation | Done by |
//! |---|---|
//! | random bytes, Ed25519, ECDSA, AEAD, SHA-2, HMAC | ring |
//! | many signatures of Ed25519 and ECDSA with P-256 at once | `mls_lanes`, where the CPU has vectors for it |
//! | ECDH with X25519 and P-256; the public keys of P-256's signature keys | `mls_lanes`, its portable code for one at a time |
//! | ECDH with P-384; the public keys of its signature keys | the crate `p384`, never audited |
//! | composition of HKDF and HPKE | this crate |
//!
//! ring's own structures, which hold keys of HMAC, AEAD and signatures while they are used, and the
//! stack that `p384` computes on, nobody wipes; what this crate holds it wipes as ever. There is no
//! FIPS mode: where it is required ([`mls_fips`]), nothing runs. On `wasm32-unknown-unknown` the
//! program chooses where random bytes are from, as by ring's feature `wasm32_unknown_unknown_js`, and
//! everything runs on one thread.
//!
//! # Formats
//!
//! Those that OpenMLS and its other providers store and send:
//!
//! | Value | X25519, Ed25519 | P-256 | P-384 | P-521 |
//! |---|---|---|---|---|
//! | private key | 32-byte scalar or seed | 32-byte big-endian scalar | 48 | 66 |
//! | public key | 32 bytes | 65-byte uncompressed point | 97 | 133 |
//! | signature | 64 bytes (Ed25519) | DER `ECDSA-Sig-Value` | DER | DER |
//!
//! A compressed or hybrid point, or any other length, is refused before the backend
//! sees it. A big-endian scalar is the same key with any number of leading zeros, for others store it
//! without; this crate stores it at the length above.
//!
//! With their features:
//!
//! | Value | X448 | Ed448 | ML-KEM-768 | ML-KEM-1024 | X-Wing | ML-DSA-44, -65, -87 |
//! |---|---|---|---|---|---|---|
//! | private key, in bytes | 56 | 57 | seed of 64 (`d`, `z`) | 64 | seed of 32 | seed of 32 |
//! | public key | 56 | 57 | 1184 | 1568 | 1216 | 1312, 1952, 2592 |
//! | encapsulated key | 56 | | 1088 | 1568 | 1120 | |
//! | signature | | 114 | | | | 2420, 3309, 4627 |
//!
//! They are encoded as RFC 7748, RFC 8032, FIPS 203, draft-connolly-cfrg-xwing-kem-06 and FIPS 204 say;
//! ML-DSA's and Ed448's context is empty. ML-KEM's and X-Wing's `DeriveKeyPair` is SHAKE256 of the input
//! keying material, of the length of a private key. In HPKE's `suite_id` X-Wing is `0x647a`, its
//! registered code point, and not `openmls_traits`' number.
//!
//! [`OpenMlsCrypto`]: openmls_traits::crypto::OpenMlsCrypto
//! [`OpenMlsRand`]: openmls_traits::random::OpenMlsRand

mod algorithm;
mod backend;
mod batch_engine;
mod crypto;
mod encoding;
#[cfg(feature = "virtual-clients-draft")]
mod ff1;
#[cfg(feature = "ml-kem")]
mod ffi;
mod fork;
mod hash;
mod hpke;
mod kdf;
mod lanes;
mod policy;
pub mod prepared;
mod provider;
mod secret;
mod signature;
mod status;
mod suites;

pub use batch_engine::BatchEngine;
pub use crypto::{HwCrypto, RandomError};
pub use lanes::NoLanes;
pub use mls_fips::FipsError;
pub use openmls_memory_storage::MemoryStorage;
pub use policy::Policy;
pub use prepared::{PrepareError, PreparedSeals, PreparedVerifications, SignedMessage};
pub use provider::OpenMlsHwCrypto;
pub use signature::{SignatureKeyId, SignatureKeyPair};
pub use status::Status;
pub use suites::{SUITES, Suite};
