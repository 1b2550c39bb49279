//! The post-quantum suites.

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::{BENCHES, PQ};
use crate::task::Task;

/// Those of the draft; engines without a suite are said to be skipped.
const SUITES: &str = "0x0042,0x004d,0x004e,0x004f,0x0050,0x0051,0x0052,0x0906,0x0907,0xf042";

const SINGLE: &str =
    "--engines hw,rust-crypto,libcrux,mls-rs-openssl,mls-rs-rustcrypto,ring --seconds 2";

const MANY: &str = "--engines hw,hw-batch,rust-crypto,libcrux --members 2000";

/// Single operations, batches, and groups.
pub fn task() -> Task {
    let single = "sign,verify,signature-key-gen,hpke-seal,hpke-open,derive-hpke-keypair,\
        key-package,key-package-validate";
    Task {
        purpose: Purpose::Bench,
        commands: vec![
            measure(single).words(SINGLE),
            measure("seal-many,seal-many-prepared,derive-many")
                .words(MANY)
                .words("--seconds 2"),
            measure("commit,commit-prepared,join")
                .words(MANY)
                .words("--seconds 3"),
        ],
    }
}

fn measure(scenarios: &str) -> Command {
    cargo("run --release", "--quiet --bin mls-bench --features")
        .words(PQ)
        .packages(&[BENCHES])
        .words("-- measure --suite")
        .words(SUITES)
        .words(scenarios)
}
