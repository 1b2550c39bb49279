//! OpenMLS on this project's provider in one group with OpenMLS on each other provider that has
//! suites of draft-ietf-mls-pq-ciphersuites: every common one, both directions.

use mls_tests::interop::implementation::{OPENMLS_HW, OPENMLS_LIBCRUX, OPENMLS_RUST_CRYPTO};
use mls_tests::interop::{Implementation, Pairing, RUNS_PER_SUITE, scenario};

#[test]
fn openmls_on_rust_crypto() {
    let drafts = [
        0x0042, 0x004e, 0x004f, 0x0050, 0x0051, 0x0052, 0x0906, 0x0907, 0xf042,
    ];
    prove(&OPENMLS_RUST_CRYPTO, &drafts);
}

#[test]
fn openmls_on_libcrux() {
    prove(&OPENMLS_LIBCRUX, &[0x004d]);
}

/// Runs everything, after making sure that no suite of the draft is left out.
fn prove(peer: &'static Implementation, expected_drafts: &[u16]) {
    let pairing = Pairing {
        ours: &OPENMLS_HW,
        peer,
    };
    let mut drafts = pairing.common_suites();
    drafts.retain(|&suite| suite > 0x0007);
    assert_eq!(drafts, expected_drafts);

    let report = pairing.play_all();
    println!("{report}");
    let runs = report.suites.len() * RUNS_PER_SUITE;
    assert!(report.suites.ends_with(expected_drafts));
    assert_eq!(report.tally, scenario::TALLY.times(runs));
}
