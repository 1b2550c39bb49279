//! One matrix over real modules: keys generated, imported where the module can, rotated,
//! used from 16 threads, for removals that groups of every suite accept, retired and destroyed.
//! Over kryoptic, which has every scheme of every feature, the command line and the service too.
//!
//! Each module runs in a process of its own, because each wants an environment of its
//! own: this program, started again with `--exact in_a_child_process`. A module that is
//! not installed is said aloud; with MLS_HSM_MATRIX=all it is a failure.

mod checks;
#[path = "../service/support/group.rs"]
mod group;
#[path = "../service/support/http.rs"]
#[allow(dead_code, reason = "the tests of the service use more of it")]
mod http;
mod judge;
mod modules;
mod serving;

use std::io::Write;

use modules::{Case, Prepared};

#[test]
fn softhsm() {
    run(modules::softhsm);
}

#[test]
fn nss_softokn() {
    run(modules::nss_softokn);
}

#[test]
fn p11_kit_to_softhsm() {
    run(modules::p11_kit_to_softhsm);
}

#[test]
fn kryoptic() {
    run(modules::kryoptic);
}

#[test]
fn kryoptic_by_the_command_line_and_the_service() {
    run(|| modules::kryoptic().map(Prepared::served));
}

fn run(prepare: fn() -> Result<Prepared, String>) {
    match prepare() {
        Ok(prepared) => prepared.run(),
        Err(reason) => {
            // Past the capture of a test's output: it must be seen where the test passes.
            let line = format!("NOT TESTED: {reason}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            let all = std::env::var("MLS_HSM_MATRIX").is_ok_and(|value| value == "all");
            assert!(!all, "NOT TESTED: {reason}");
        }
    }
}

/// What each child does; without its variables there is nothing to do.
#[test]
fn in_a_child_process() {
    match Case::from_environment() {
        Some(case) if case.served => serving::run(&case),
        Some(case) => checks::run(&case),
        None => {}
    }
}
