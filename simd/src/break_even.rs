//! From which batch size on a backend is worth using.

use crate::Backend;

/// What a batch computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// [`x25519::diffie_hellman`](crate::x25519::diffie_hellman)
    X25519Agreement,
    /// [`x25519::public_keys`](crate::x25519::public_keys)
    X25519KeyGeneration,
    /// [`p256::diffie_hellman`](crate::p256::diffie_hellman)
    P256Agreement,
    /// [`p256::public_keys`](crate::p256::public_keys)
    P256KeyGeneration,
}

/// A backend, and for X25519 agreement and key generation and P-256 agreement and
/// key generation the batch size from which it pays; `None` if it never does.
///
/// Inferred from the time of one vector (AVX-512 IFMA) and of batches of 1 to 16
/// (AVX2) against aws-lc-rs 1.19 on a Xeon with AVX-512 IFMA; X25519 agreement with
/// AVX2 from batches of 1 to 32 on a Zen 5 EPYC. `mls-bench measure lanes --break-even`
/// measures it on the machine at hand.
const BREAK_EVEN: &[(&str, [Option<usize>; 4])] = &[
    ("avx512ifma", [Some(2), Some(2), Some(2), Some(2)]),
    ("avx2", [Some(10), Some(7), Some(10), Some(6)]),
    ("portable", [None, None, None, None]),
];

impl Backend {
    /// The batch size from which on every batch takes less time than as many single
    /// operations of aws-lc-rs; `None` if aws-lc-rs is faster at any size.
    pub fn break_even(self, operation: Operation) -> Option<usize> {
        let (_, sizes) = BREAK_EVEN.iter().find(|(name, _)| *name == self.name())?;
        match operation {
            Operation::X25519Agreement => sizes[0],
            Operation::X25519KeyGeneration => sizes[1],
            Operation::P256Agreement => sizes[2],
            Operation::P256KeyGeneration => sizes[3],
        }
    }
}
