//! One matrix over real modules: keys generated, imported where the module can, rotated,
//! used from 16 threads, for removals that groups of every suite accept, retired and destroyed.
//! Over kryoptic, which has every scheme of every feature, the command line and the service too. And
//! over each a drill of all that an operator does, whose results are published in
//! `hsm-signer/docs/modules.md`.
//!
//! Each module runs in a process of its own, because each wants an environment of its
//! own: this program, started again with `--exact in_a_child_process`. A module that is
//! not installed is a failure; a TPM and opencryptoki, whose daemons not everyone wants, are then left
//! out, and kryoptic, which no package has, is ignored where it was not built.

mod checks;
mod daemon;
mod desk;
mod drill;
#[path = "../service/support/group.rs"]
mod group;
#[path = "../service/support/http.rs"]
#[allow(dead_code, reason = "the tests of the service use more of it")]
mod http;
mod judge;
mod modules;
mod opencryptoki;
#[path = "../support/programs.rs"]
mod programs;
mod results;
mod serving;
mod tpm;

use modules::{Case, Prepared, Work};

#[test]
fn softhsm() {
    run(modules::softhsm);
}

#[test]
fn softhsm_in_operation() {
    run(|| modules::softhsm().map(Prepared::drilled));
}

#[test]
fn nss_softokn() {
    run(modules::nss_softokn);
}

#[test]
fn nss_softokn_in_operation() {
    run(|| modules::nss_softokn().map(Prepared::drilled));
}

#[test]
fn p11_kit_to_softhsm() {
    run(modules::p11_kit_to_softhsm);
}

#[test]
fn p11_kit_to_softhsm_in_operation() {
    run(|| modules::p11_kit_to_softhsm().map(Prepared::drilled));
}

#[test]
fn tpm_in_operation() {
    run_where_installed(|| tpm::with_resource_manager().map(Prepared::drilled));
}

/// No more than a TPM holds at once, and each command leaves it as it was.
#[test]
fn tpm_without_a_resource_manager_in_operation() {
    run_where_installed(|| tpm::alone().map(Prepared::drilled));
}

#[test]
fn opencryptoki_in_operation() {
    run_where_installed(|| opencryptoki::soft_token().map(Prepared::drilled));
}

#[test]
#[ignore = "`cargo xtask test matrix` builds kryoptic"]
fn kryoptic() {
    run(modules::kryoptic);
}

#[test]
#[ignore = "`cargo xtask test matrix` builds kryoptic"]
fn kryoptic_in_operation() {
    run(|| modules::kryoptic().map(Prepared::drilled));
}

#[test]
#[ignore = "`cargo xtask test matrix` builds kryoptic"]
fn kryoptic_by_the_command_line_and_the_service() {
    run(|| modules::kryoptic().map(Prepared::served));
}

fn run(prepare: fn() -> Result<Prepared, String>) {
    run_prepared(prepare());
}

/// In `cargo xtask test matrix` it must be there.
fn run_where_installed(prepare: fn() -> Result<Prepared, String>) {
    match prepare() {
        Err(reason) if !results::is_wanted() => println!("left out, not installed: {reason}"),
        prepared => run_prepared(prepared),
    }
}

fn run_prepared(prepared: Result<Prepared, String>) {
    match prepared {
        Ok(prepared) => prepared.run(),
        Err(reason) => panic!("not installed: {reason}"),
    }
}

/// What each child does; without its variables there is nothing to do.
#[test]
fn in_a_child_process() {
    let Some(case) = Case::from_environment() else {
        return;
    };
    match case.work {
        Work::Checks => checks::run(&case),
        Work::Drill => drill::run(&case),
        Work::Serving => serving::run(&case),
    }
}
