//! Signatures verified in variable time, in lanes.
//!
//! Keys, messages and signatures are public, and so is what comes of them: time, branches and
//! addresses depend on all of it, and nothing is cleared. Nothing secret may go in.
//!
//! Each signature is checked by itself: there is no random combination of several, which would
//! accept some that are wrong one by one.

pub mod ed25519;
pub mod p256;
