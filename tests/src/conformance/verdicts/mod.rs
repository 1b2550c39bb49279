//! One verdict on a signature, whatever the provider.
//!
//! Where standards leave a choice, two providers may choose differently, and a message that one
//! accepts and the other refuses splits a group. These checks demand the strictest verdict that
//! providers for OpenMLS have in common, `verify_strict` of `ed25519-dalek`: the equation without the
//! cofactor; neither key nor `R` of small order; `S` below the order; both encoded canonically. Of
//! ECDSA that is FIPS 186-5 with strict DER (X.690, section 10), and no rule on which of the two `s`
//! is right.

mod ecdsa;
mod ed25519;

pub use ecdsa::ecdsa;
pub use ed25519::{small_orders, taming};
