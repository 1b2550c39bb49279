//! What FIPS 140-3 says of this process, in the few words of health checks and audit records.

use mls_fips::{FipsStatus, Requirement};

/// What FIPS 140-3 says of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FipsMark {
    /// The lowest status among the parts that [`mls_fips::Parts`] has.
    pub status: FipsStatus,
    /// What is required of the process: whether FIPS mode is on in all of it.
    pub requirement: Requirement,
    /// The version of AWS-LC's FIPS module, as in `4.2.0`; empty where another AWS-LC is linked.
    pub module: String,
}

impl FipsMark {
    /// That of this process, now. It runs the module's tests, which take milliseconds.
    pub fn of_process() -> Self {
        let status = mls_fips::status();
        Self {
            status: status.status,
            requirement: status.requirement,
            module: status.module.version.unwrap_or_default(),
        }
    }
}
