//! OpenMLS on this project's provider in one group with every other
//! implementation the registry offers: every common suite, both directions.

use mls_tests::P521;
use mls_tests::interop::implementation::{
    MLS_RS_OPENSSL, MLS_RS_RUSTCRYPTO, OPENMLS_HW, OPENMLS_LIBCRUX, OPENMLS_RUST_CRYPTO,
};
use mls_tests::interop::{Implementation, Pairing, RUNS_PER_SUITE, scenario};

const CURVE448: bool = cfg!(feature = "curve448");
const PQ: bool = cfg!(feature = "draft-ietf-mls-pq-ciphersuites");

#[test]
fn openmls_on_rust_crypto() {
    let drafts = [
        0x0042, 0x004e, 0x004f, 0x0050, 0x0051, 0x0052, 0x0906, 0x0907, 0xf042,
    ];
    let suites = [&[0x0001, 0x0002, 0x0003], only_if(PQ, &drafts)];
    prove(&OPENMLS_RUST_CRYPTO, &suites.concat());
}

#[test]
fn openmls_on_libcrux() {
    let suites = [&[0x0001, 0x0003], only_if(PQ, &[0x004d])];
    prove(&OPENMLS_LIBCRUX, &suites.concat());
}

#[test]
fn mls_rs_on_openssl() {
    let suites = [
        &[0x0001, 0x0002, 0x0003],
        only_if(CURVE448, &[0x0004]),
        only_if(P521 > 0, &[0x0005]),
        only_if(CURVE448, &[0x0006]),
        &[0x0007],
    ];
    prove(&MLS_RS_OPENSSL, &suites.concat());
}

#[test]
fn mls_rs_on_rustcrypto() {
    prove(&MLS_RS_RUSTCRYPTO, &[0x0001, 0x0002, 0x0003, 0x0007]);
}

/// The suites of a feature, where this build has it.
fn only_if(built: bool, suites: &[u16]) -> &[u16] {
    if built { suites } else { &[] }
}

/// Runs everything, after making sure that nothing is left out.
fn prove(peer: &'static Implementation, expected_suites: &[u16]) {
    let pairing = Pairing {
        ours: &OPENMLS_HW,
        peer,
    };
    assert_eq!(pairing.common_suites(), expected_suites);

    let report = pairing.play_all();
    println!("{report}");
    let runs = expected_suites.len() * RUNS_PER_SUITE;
    assert_eq!(report.suites, expected_suites);
    assert_eq!(report.tally, scenario::TALLY.times(runs));
}
