//! One matrix over real modules: keys generated, imported where the module can, rotated,
//! used from 16 threads, for removals that groups of every suite accept, retired and destroyed.
//! Over kryoptic, which has every scheme of every feature, the command line and the service too.
//!
//! Each module runs in a process of its own, because each wants an environment of its
//! own: this program, started again with `--exact in_a_child_process`. A module that is
//! not installed is a failure; kryoptic, which no package has, is ignored where it was not built.

mod checks;
#[path = "../service/support/group.rs"]
mod group;
#[path = "../service/support/http.rs"]
#[allow(dead_code, reason = "the tests of the service use more of it")]
mod http;
mod judge;
mod modules;
#[path = "../support/programs.rs"]
mod programs;
mod serving;

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
#[ignore = "`cargo xtask test matrix` builds kryoptic"]
fn kryoptic() {
    run(modules::kryoptic);
}

#[test]
#[ignore = "`cargo xtask test matrix` builds kryoptic"]
fn kryoptic_by_the_command_line_and_the_service() {
    run(|| modules::kryoptic().map(Prepared::served));
}

fn run(prepare: fn() -> Result<Prepared, String>) {
    match prepare() {
        Ok(prepared) => prepared.run(),
        Err(reason) => panic!("not installed: {reason}"),
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
