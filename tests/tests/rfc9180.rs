//! The base-mode vectors of RFC 9180 through [`HwCrypto`] and through the reference.

use mls_tests::P521;
use mls_tests::conformance::{
    Counts,
    rfc9180::{self, Coverage},
};
use openmls_hw_crypto::HwCrypto;

/// X25519, P-256 and, where there is one, P-521.
const KEMS: usize = 2 + P521;

/// 8 configurations for each of three KEMs, of which ring lacks one; the export-only ones, a
/// quarter, open nothing, and are asked to.
#[test]
fn receiver() {
    let (report, coverage) = rfc9180::receiver(&HwCrypto::default());
    println!("{coverage:?}");
    let expected = Coverage {
        configurations: 8 * KEMS,
        key_pairs: 2 * 8 * KEMS,
        opened: 6 * KEMS,
        exports: 3 * 8 * KEMS,
    };
    assert_eq!(coverage, expected);
    report.assert(Counts::new((16 + 6 + 24) * KEMS, 2 * KEMS));
}

/// What the properties compare with is right itself.
#[test]
fn reference() {
    rfc9180::reference().assert(Counts::new(24, 0));
}
