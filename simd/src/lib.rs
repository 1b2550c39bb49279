//! Multi-lane elliptic-curve Diffie-Hellman: many independent exchanges at once,
//! one in each lane of the vector registers; and verification of signatures, likewise.
//!
//! A group operation in MLS encrypts to many members: one key generation and one
//! agreement for each. Done one at a time, every field multiplication waits for
//! the one before it; done eight at a time, the vector unit is full.
//!
//! ```
//! use mls_lanes::{Backend, outputs, x25519};
//!
//! let backend = Backend::selected()?;
//! let private_keys = [[0x11; 32], [0x22; 32]];
//! let mut public_keys = outputs(2);
//! x25519::public_keys(backend, &private_keys, &mut public_keys)?;
//!
//! let peers = [public_keys[1]?, public_keys[0]?];
//! let mut secrets = outputs(2);
//! x25519::diffie_hellman(backend, &private_keys, &peers, &mut secrets)?;
//! let [ours, theirs] = &secrets[..] else { unreachable!() };
//! assert_eq!(ours.as_ref().unwrap().as_bytes(), theirs.as_ref().unwrap().as_bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Layout
//!
//! [`Backend`] chooses an instruction set, once. Curve arithmetic is written once,
//! over *a vector of field elements*; an instruction set supplies those vectors
//! and owns every intrinsic. The mathematics, with the range of every limb, is in
//! [`docs`].
//!
//! # Secrets
//!
//! No branch and no address depends on a scalar or on a shared secret, except the
//! outcome reported for an element. [`vartime`] is the exception: it is for signatures, which
//! are public. Shared secrets erase themselves on drop;
//! the stack and the vector registers used by a batch are cleared before it returns.

// The proof compiles the files of the instruction sets once more, over symbols.
#![cfg_attr(test, expect(clippy::duplicate_mod))]

// What the tests share names this crate from outside.
#[cfg(test)]
extern crate self as mls_lanes;

mod backend;
mod batch;
#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
mod curve25519;
mod declassify;
#[cfg(all(test, emulated))]
#[path = "../tests/differential/mod.rs"]
mod differential;
mod digits;
mod error;
mod integer;
mod isa;
mod modular;
mod nistp256;
pub mod p256;
// What the source asserts in debug builds is part of what is proved.
#[cfg(all(test, debug_assertions))]
mod proof;
mod secret;
mod sha512;
mod tables;
pub mod vartime;
#[cfg(all(test, emulated))]
#[path = "../tests/verification/mod.rs"]
mod verification;
mod wipe;
pub mod x25519;

pub use backend::{Backend, BackendError, Operation};
pub use batch::outputs;
pub use error::{Error, LengthMismatch};
pub use secret::SharedSecret;

#[doc = include_str!("../docs/README.md")]
pub mod docs {
    #[doc = include_str!("../docs/curve25519.md")]
    pub mod curve25519 {}

    #[doc = include_str!("../docs/p256.md")]
    pub mod p256 {}

    #[doc = include_str!("../docs/formulas.md")]
    pub mod formulas {}

    #[doc = include_str!("../docs/proof.md")]
    pub mod proof {}

    #[doc = include_str!("../docs/machine-code.md")]
    pub mod machine_code {}

    #[doc = include_str!("../docs/aarch64.md")]
    pub mod aarch64 {}
}
