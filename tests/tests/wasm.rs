//! Members in WebAssembly, on ring, in one group with native members on AWS-LC.

use mls_tests::interop::implementation::{OPENMLS_HW, OPENMLS_HW_WASM};
use mls_tests::interop::{Pairing, RUNS_PER_SUITE, scenario};

#[test]
fn openmls_in_webassembly() {
    let suites = [0x0001, 0x0002, 0x0003, 0x0007];
    assert_eq!((OPENMLS_HW_WASM.ciphersuites)(), suites);
    let pairing = Pairing {
        ours: &OPENMLS_HW,
        peer: &OPENMLS_HW_WASM,
    };
    let report = pairing.play_all();
    println!("{report}");
    assert_eq!(report.suites, suites);
    let runs = suites.len() * RUNS_PER_SUITE;
    assert_eq!(report.tally, scenario::TALLY.times(runs));
}
