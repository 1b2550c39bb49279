//! The base-mode vectors of RFC 9180 through [`HwCrypto`] and through the reference.

use mls_tests::conformance::{
    Counts,
    rfc9180::{self, Coverage},
};
use openmls_hw_crypto::HwCrypto;

/// 24 configurations; the 6 export-only ones open nothing, and are asked to.
#[test]
fn receiver() {
    let (report, coverage) = rfc9180::receiver(&HwCrypto::default());
    println!("{coverage:?}");
    let expected = Coverage {
        configurations: 24,
        key_pairs: 2 * 24,
        opened: 18,
        exports: 3 * 24,
    };
    assert_eq!(coverage, expected);
    report.assert(Counts::new(48 + 18 + 72, 6));
}

/// What the properties compare with is right itself.
#[test]
fn reference() {
    rfc9180::reference().assert(Counts::new(24, 0));
}
