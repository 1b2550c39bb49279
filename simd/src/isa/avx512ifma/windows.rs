//! The windows of the combs, in the limbs of this backend.

use super::limbs::limbs;
use crate::tables::{curve25519, nistp256};

/// The entries of one coordinate of a window, for each limb.
pub(crate) type Column<const ENTRIES: usize> = [[u64; ENTRIES]; 5];

/// The windows of curve25519.
pub(crate) static CURVE25519: [[Column<{ curve25519::ENTRIES }>; 3]; curve25519::WINDOWS] = {
    let mut windows = [[[[0; curve25519::ENTRIES]; 5]; 3]; curve25519::WINDOWS];
    let mut i = 0;
    while i < curve25519::WINDOWS * 3 * curve25519::ENTRIES {
        let (window, coordinate, entry) = (
            i / (3 * curve25519::ENTRIES),
            i / curve25519::ENTRIES % 3,
            i % curve25519::ENTRIES,
        );
        let split = limbs(&curve25519::MULTIPLES[window][entry][coordinate]);
        let mut limb = 0;
        while limb < 5 {
            windows[window][coordinate][limb][entry] = split[limb];
            limb += 1;
        }
        i += 1;
    }
    windows
};

/// The windows of P-256, in Montgomery form.
pub(crate) static NISTP256: [[Column<{ nistp256::ENTRIES }>; 2]; nistp256::WINDOWS] = {
    let mut windows = [[[[0; nistp256::ENTRIES]; 5]; 2]; nistp256::WINDOWS];
    let mut i = 0;
    while i < nistp256::WINDOWS * 2 * nistp256::ENTRIES {
        let (window, coordinate, entry) = (
            i / (2 * nistp256::ENTRIES),
            i / nistp256::ENTRIES % 2,
            i % nistp256::ENTRIES,
        );
        let integer = &nistp256::TIMES_2_TO_260[window][entry][coordinate];
        let split = limbs(integer);
        let mut limb = 0;
        while limb < 5 {
            windows[window][coordinate][limb][entry] = split[limb];
            limb += 1;
        }
        i += 1;
    }
    windows
};
