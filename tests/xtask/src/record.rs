//! The records of CPUs.

use crate::bench::report;
use crate::runner::{Failure, Runner};

/// Measures everything, adds it to the records, and has the README show it.
pub fn run(runner: &Runner, with_fips: bool) -> Result<(), Failure> {
    runner.install(report::purpose(with_fips).packages())?;
    for guest in report::guests(with_fips) {
        runner.run(&guest)?;
    }
    let record = report::told_of_guests(report::mls_bench("record"), with_fips);
    let record = runner.printed_by(&record)?;
    runner.run(&report::mls_bench("readme --record").argument(record))
}
