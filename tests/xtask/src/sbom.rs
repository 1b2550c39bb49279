//! The bill of materials of the signer with the FIPS module.

use crate::packages::Purpose;
use crate::selection::SIGNER_CLI;
use crate::task::Task;
use crate::test::fips::cargo_fips;
use crate::workspace;

/// Writes it beside what Cargo builds.
pub fn task() -> Task {
    let bill = cargo_fips("run --quiet", "--bin fips-sbom --").argument(SIGNER_CLI);
    Task {
        purpose: Purpose::Fips,
        commands: vec![bill.output_to(workspace::target().join("fips-sbom.cdx.json"))],
    }
}
