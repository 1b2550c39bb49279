//! OpenMLS on this project's provider in one group with every other
//! implementation the registry offers: every common suite, both directions.

use mls_tests::P521;
use mls_tests::interop::implementation::{
    MLS_RS_OPENSSL, MLS_RS_RUSTCRYPTO, OPENMLS_HW, OPENMLS_LIBCRUX, OPENMLS_RUST_CRYPTO,
};
use mls_tests::interop::{Implementation, Pairing, RUNS_PER_SUITE, scenario};

#[test]
fn openmls_on_rust_crypto() {
    prove(&OPENMLS_RUST_CRYPTO, &[0x0001, 0x0002, 0x0003]);
}

#[test]
fn openmls_on_libcrux() {
    prove(&OPENMLS_LIBCRUX, &[0x0001, 0x0003]);
}

#[test]
fn mls_rs_on_openssl() {
    match P521 {
        0 => prove(&MLS_RS_OPENSSL, &[0x0001, 0x0002, 0x0003, 0x0007]),
        _ => prove(&MLS_RS_OPENSSL, &[0x0001, 0x0002, 0x0003, 0x0005, 0x0007]),
    }
}

#[test]
fn mls_rs_on_rustcrypto() {
    prove(&MLS_RS_RUSTCRYPTO, &[0x0001, 0x0002, 0x0003, 0x0007]);
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
