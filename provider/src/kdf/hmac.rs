//! HMAC (RFC 2104) as a state that is keyed once and copied for each message.
//!
//! By the `hmac` and `sha2` crates: they run the same compressions as AWS-LC,
//! and their states are plain values, so keying a message costs a copy.
//! AWS-LC's own HMAC allocates nothing either, but its interface copies and
//! wipes a context for each step: 381 ns against 222 ns for 64 bytes under
//! HMAC-SHA256 on one server core.

use hmac::digest::FixedOutput;
use hmac::{KeyInit, Mac};
use openmls_traits::types::HashType;
use sha2::{Sha256, Sha384, Sha512};

/// A keyed HMAC that may have absorbed a part of its message. Wiped on drop.
#[derive(Clone)]
pub(crate) enum Hmac {
    Sha256(hmac::Hmac<Sha256>),
    Sha384(hmac::Hmac<Sha384>),
    Sha512(hmac::Hmac<Sha512>),
}

impl Hmac {
    /// HMAC under `key`, of any length.
    pub(crate) fn new(hash: HashType, key: &[u8]) -> Self {
        const ANY_LENGTH: &str = "HMAC takes keys of every length (RFC 2104)";
        match hash {
            HashType::Sha2_256 => Self::Sha256(KeyInit::new_from_slice(key).expect(ANY_LENGTH)),
            HashType::Sha2_384 => Self::Sha384(KeyInit::new_from_slice(key).expect(ANY_LENGTH)),
            HashType::Sha2_512 => Self::Sha512(KeyInit::new_from_slice(key).expect(ANY_LENGTH)),
        }
    }

    /// Length of the output in bytes, Nh.
    pub(crate) fn output_len(&self) -> usize {
        match self {
            Self::Sha256(_) => 32,
            Self::Sha384(_) => 48,
            Self::Sha512(_) => 64,
        }
    }

    /// Appends `part` to the message.
    pub(crate) fn update(&mut self, part: &[u8]) {
        match self {
            Self::Sha256(mac) => Mac::update(mac, part),
            Self::Sha384(mac) => Mac::update(mac, part),
            Self::Sha512(mac) => Mac::update(mac, part),
        }
    }

    /// The same state with `part` appended.
    pub(crate) fn chain(mut self, part: &[u8]) -> Self {
        self.update(part);
        self
    }

    /// Writes the output to `out`, exactly [`output_len`](Self::output_len) bytes.
    pub(crate) fn finalize_into(self, out: &mut [u8]) {
        const SIZED: &str = "the caller sizes the output by output_len";
        match self {
            Self::Sha256(mac) => mac.finalize_into(out.try_into().expect(SIZED)),
            Self::Sha384(mac) => mac.finalize_into(out.try_into().expect(SIZED)),
            Self::Sha512(mac) => mac.finalize_into(out.try_into().expect(SIZED)),
        }
    }
}
