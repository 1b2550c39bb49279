//! The status as data: the minimum over its parts.

use serde::Serialize;

use crate::{ALGORITHMS, Module, Rule};

/// Where a validation under FIPS 140-3 stands. The lower of two is what holds for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum FipsStatus {
    /// No certificate and none applied for, or not known.
    Unvalidated,
    /// Submitted to the CMVP; no certificate yet.
    Pending,
    /// Covered by a certificate.
    Certified,
}

/// What this process can say of itself; serializes to JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The lowest status among the parts.
    pub status: FipsStatus,
    /// The linked module.
    pub module: Module,
    /// The algorithms and the standards' word on each.
    pub algorithms: &'static [Rule],
}

/// Asks the linked module and reports.
pub fn report() -> Report {
    let module = Module::linked();
    Report {
        status: module.status(),
        module,
        algorithms: ALGORITHMS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_status_holds() {
        let all = [
            FipsStatus::Certified,
            FipsStatus::Unvalidated,
            FipsStatus::Pending,
        ];
        assert_eq!(all.into_iter().min(), Some(FipsStatus::Unvalidated));
        assert!(FipsStatus::Pending < FipsStatus::Certified);
    }

    #[test]
    fn the_report_is_json() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["status"], "Unvalidated");
        assert_eq!(json["module"]["is_fips"], false);
        assert_eq!(
            json["algorithms"].as_array().unwrap().len(),
            ALGORITHMS.len()
        );
    }
}
