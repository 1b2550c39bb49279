//! Documents that are written from what the code does. Tests compare them; here they are written
//! anew.

use clap::Subcommand;

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::EVIDENCE;
use crate::task::Task;
use crate::test::{fips, instructions, matrix};

/// A document, or a folder of them.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Table {
    /// fips/operations/: what the service indicators of both modules say of every operation
    Fips,
    /// tests/CONFORMANCE.md: what each provider does with the conformance suite
    Conformance,
    /// hsm-signer/docs/modules.md: what each PKCS#11 module can do
    Modules,
    /// benches/instructions/: the instructions of a fixed set of operations, counted by callgrind
    Instructions,
}

/// Writes one.
pub fn task(table: Table) -> Task {
    let (purpose, commands) = match table {
        Table::Modules => return matrix::written(),
        Table::Fips => (Purpose::Fips, operations().into()),
        Table::Conformance => (Purpose::Test, vec![conformance()]),
        Table::Instructions => {
            let count = instructions::command().variable("MLS_INSTRUCTIONS", "write");
            (Purpose::Test, vec![count])
        }
    };
    Task { purpose, commands }
}

/// Over the current module and over the certified one.
fn operations() -> [Command; 2] {
    let write = |command: Command| command.variable("MLS_FIPS_TABLE", "write");
    [
        write(fips::cargo_fips_drafts("--test fips operations")),
        write(fips::cargo_certified(
            "--features ml-kem --test fips operations",
        )),
    ]
}

fn conformance() -> Command {
    cargo("test", "--test conformance published")
        .packages(&[EVIDENCE])
        .variable("MLS_CONFORMANCE", "write")
}
