//! Which module version has which certificate, one row each.

use serde::Serialize;

use crate::environment::TestedEnvironment;
use crate::{Algorithm, Entropy, FipsStatus};

/// A row of [`CERTIFICATES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Certificate {
    /// The exact version of the AWS-LC FIPS module.
    pub module_version: &'static str,
    /// Where its validation stands.
    pub status: FipsStatus,
    /// The number of its certificate at the CMVP, if it has one.
    pub number: Option<u16>,
    /// Where the randomness of the module that was submitted is from. A build with another
    /// source is another module.
    pub entropy: Entropy,
    /// Which algorithms that the standards approve are none of its services.
    pub lacks: &'static [Algorithm],
    /// The operating environments that it was tested in.
    pub tested: &'static [TestedEnvironment],
    /// Where this row is from.
    pub source: &'static str,
}

/// The module versions that this crate knows.
pub static CERTIFICATES: &[Certificate] = &[
    Certificate {
        module_version: "3.1.0",
        status: FipsStatus::Certified,
        number: Some(5314),
        entropy: Entropy::Passive,
        lacks: &[Algorithm::Ed448, Algorithm::MlDsa],
        tested: &[
            TestedEnvironment::AMAZON_LINUX_2023_XEON_8375C,
            TestedEnvironment::AMAZON_LINUX_2023_GRAVITON4,
        ],
        source: "CMVP certificate 5314 (AWS-LC Cryptographic Module, static); AWS-LC FIPS.md, August 2026",
    },
    Certificate {
        module_version: "4.2.0",
        status: FipsStatus::Pending,
        number: None,
        entropy: Entropy::CpuJitter,
        lacks: &[Algorithm::Ed448],
        tested: &[],
        source: "branch of module 4.0, in review; AWS-LC FIPS.md, August 2026",
    },
];

impl Certificate {
    /// The row of exactly this module version.
    ///
    /// A certificate holds for one version of a module: 3.6.0, of the same
    /// branch as the certified 3.1.0, has none.
    pub fn of(module_version: &str) -> Option<&'static Self> {
        CERTIFICATES
            .iter()
            .find(|certificate| certificate.module_version == module_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_found_by_its_exact_version_only() {
        assert_eq!(Certificate::of("3.1.0").unwrap().number, Some(5314));
        for other in ["3.1", "3.1.1", "3.6.0", "3.1.0 ", "AWS-LC 3.1.0", ""] {
            assert_eq!(Certificate::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_number_is_given_if_and_only_if_certified() {
        for row in CERTIFICATES {
            assert_eq!(row.number.is_some(), row.status == FipsStatus::Certified);
            assert_eq!(row.tested.is_empty(), row.number.is_none());
        }
    }
}
