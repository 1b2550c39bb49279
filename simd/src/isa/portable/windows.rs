//! The windows of the combs, in the limbs of this backend.

use crate::{
    integer::Integer,
    modular::gf25519::{Limbs, from_integer},
    tables::{curve25519, nistp256},
};

/// The limbs of one coordinate of every entry of a window of curve25519.
pub(crate) type Column25519 = [Limbs; curve25519::ENTRIES];

/// One coordinate of every entry of a window of P-256.
pub(crate) type ColumnP256 = [Integer; nistp256::ENTRIES];

/// The windows of curve25519.
pub(crate) static CURVE25519: [[Column25519; 3]; curve25519::WINDOWS] = {
    let mut windows = [[[[0; 5]; curve25519::ENTRIES]; 3]; curve25519::WINDOWS];
    let mut i = 0;
    while i < curve25519::WINDOWS * curve25519::ENTRIES {
        let (window, entry) = (i / curve25519::ENTRIES, i % curve25519::ENTRIES);
        let mut coordinate = 0;
        while coordinate < 3 {
            let integer = &curve25519::MULTIPLES[window][entry][coordinate];
            windows[window][coordinate][entry] = from_integer(integer);
            coordinate += 1;
        }
        i += 1;
    }
    windows
};

/// The windows of P-256, in Montgomery form.
pub(crate) static NISTP256: [[ColumnP256; 2]; nistp256::WINDOWS] = {
    let mut windows = [[[[0; 4]; nistp256::ENTRIES]; 2]; nistp256::WINDOWS];
    let mut i = 0;
    while i < nistp256::WINDOWS * nistp256::ENTRIES {
        let (window, entry) = (i / nistp256::ENTRIES, i % nistp256::ENTRIES);
        let [x, y] = nistp256::TIMES_2_TO_256[window][entry];
        windows[window][0][entry] = x;
        windows[window][1][entry] = y;
        i += 1;
    }
    windows
};
