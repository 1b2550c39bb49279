//! From which batch size on a backend is worth using.

use super::Backend;

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
    /// [`vartime::ed25519::verify`](crate::vartime::ed25519::verify)
    Ed25519Verification,
    /// [`vartime::p256::verify`](crate::vartime::p256::verify)
    P256Verification,
}

/// A backend, and for X25519 agreement and key generation, P-256 agreement and key generation,
/// and verification with Ed25519 and with P-256 the batch size from which it pays; `None` if it
/// never does.
///
/// Measured by `mls-bench measure lanes --break-even`, on batches of 1 to 32, against
/// aws-lc-rs 1.19. A row stands for every CPU that runs the backend, so it has the
/// largest of the sizes found, and `None` if one CPU found none:
///
/// | backend | CPU | X25519 agree, generate | P-256 agree, generate |
/// |---|---|---|---|
/// | `avx512ifma` | EPYC (Zen 5) | 2, 2 | 2, 2 |
/// | `avx2` | EPYC without AVX-512 | 10, 6 | 6, 6 |
/// | `avx2` | EPYC (Zen 5) | 10, 6 | none, 14 |
/// | `avx2` | Xeon with AVX-512 IFMA | 10, 7 | 10, 6 |
///
/// | backend | CPU | Ed25519 verify, P-256 verify |
/// |---|---|---|
/// | `avx512ifma` | EPYC (Zen 5), by prototypes | 2, 2 (1.2 and 1.3 times as fast) |
/// | `avx2` | EPYC without AVX-512 | 6, 6 |
///
/// Left to itself, no CPU with AVX-512 IFMA runs `avx2`, so `none` is not what counts; of those that do,
/// Intel's have not been measured. The P-256 columns of the last two rows are from before `avx2`'s
/// multiplication became a function, which made it 1.6 times as fast.
const BREAK_EVEN: &[(&str, [Option<usize>; 6])] = &[
    // Verification by what ships was measured on none; a batch of four has twice the work of two in the
    // time of two.
    (
        "avx512ifma",
        [Some(2), Some(2), Some(2), Some(2), Some(4), Some(4)],
    ),
    (
        "avx2",
        [Some(10), Some(7), Some(10), Some(14), Some(6), Some(6)],
    ),
    ("portable", [None; 6]),
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
            Operation::Ed25519Verification => sizes[4],
            Operation::P256Verification => sizes[5],
        }
    }
}
