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
    /// What the CMVP's entry says, if it has one.
    pub entry: Option<Entry>,
    /// Where the randomness of the module that was submitted is from. A build with another
    /// source is another module.
    pub entropy: Entropy,
    /// Which algorithms that the standards approve are none of its services.
    pub lacks: &'static [Algorithm],
    /// The operating environments that it was tested in.
    pub tested: &'static [TestedEnvironment],
    /// What this row is from, and what it says there.
    pub source: &'static str,
    /// Where that can be read.
    pub addresses: &'static [&'static str],
}

/// An entry of the CMVP's list of validated modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The certificate's number.
    pub number: u16,
    /// The module's name on it.
    pub name: &'static str,
    /// The overall level of FIPS 140-3.
    pub level: u8,
    /// When it was validated, year first.
    pub validated: &'static str,
    /// When the entry goes to the historical list, year first.
    pub sunset: &'static str,
}

/// AWS-LC's own list of certificates and of modules in process.
const AWS_LC_LIST: &str = "https://github.com/aws/aws-lc/blob/main/crypto/fipsmodule/FIPS.md";

/// The module versions that this crate knows.
pub static CERTIFICATES: &[Certificate] = &[
    Certificate {
        module_version: "3.1.0",
        status: FipsStatus::Certified,
        entry: Some(Entry {
            number: 5314,
            name: "AWS-LC 3 Cryptographic Module (static)",
            level: 1,
            validated: "2026-06-05",
            sunset: "2031-06-04",
        }),
        entropy: Entropy::Passive,
        lacks: &[Algorithm::Ed448, Algorithm::MlDsa],
        tested: &[
            TestedEnvironment::AMAZON_LINUX_2023_XEON_8375C,
            TestedEnvironment::AMAZON_LINUX_2023_GRAVITON4,
        ],
        source: "CMVP certificate 5314 and its security policy; AWS-LC's list",
        addresses: &[
            "https://csrc.nist.gov/projects/cryptographic-module-validation-program/certificate/5314",
            "https://csrc.nist.gov/CSRC/media/projects/cryptographic-module-validation-program/documents/security-policies/140sp5314.pdf",
            AWS_LC_LIST,
        ],
    },
    Certificate {
        module_version: "4.2.0",
        status: FipsStatus::Unvalidated,
        entry: None,
        entropy: Entropy::CpuJitter,
        lacks: &[Algorithm::Ed448],
        tested: &[],
        source: "AWS-LC's list has v4.0 in review, and no 4.2.0",
        addresses: &[AWS_LC_LIST],
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
        let entry = Certificate::of("3.1.0").unwrap().entry;
        assert_eq!(entry.map(|entry| entry.number), Some(5314));
        for other in ["3.1", "3.1.1", "3.6.0", "3.1.0 ", "AWS-LC 3.1.0", ""] {
            assert_eq!(Certificate::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_number_is_given_if_and_only_if_certified() {
        for row in CERTIFICATES {
            assert_eq!(row.entry.is_some(), row.status == FipsStatus::Certified);
            assert_eq!(row.tested.is_empty(), row.entry.is_none());
            let is_address = |address: &&str| address.starts_with("https://");
            assert!(!row.addresses.is_empty() && row.addresses.iter().all(is_address));
        }
    }
}
