//! The cryptographic module that is linked into this process.

use serde::Serialize;

use crate::{Certificate, FipsStatus};

/// What is known of the linked AWS-LC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Module {
    /// Whether it is AWS-LC's FIPS module and runs in FIPS mode. It then has
    /// passed its integrity and self tests: it ends the process if they fail.
    pub is_fips: bool,
    /// The module's version, if it is a FIPS module and its version is known.
    pub version: Option<String>,
}

impl Module {
    /// Asks the linked library.
    ///
    /// `aws-lc-rs` does not tell the version of the module, so
    /// [`version`](Self::version) is `None` and no certificate is claimed.
    pub fn linked() -> Self {
        Self {
            is_fips: aws_lc_rs::try_fips_mode().is_ok(),
            version: None,
        }
    }

    /// The certificate of exactly this module.
    pub fn certificate(&self) -> Option<&'static Certificate> {
        match self.is_fips {
            true => Certificate::of(self.version.as_deref()?),
            false => None,
        }
    }

    /// Where the validation of this module stands.
    pub fn status(&self) -> FipsStatus {
        self.certificate()
            .map_or(FipsStatus::Unvalidated, |certificate| certificate.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(is_fips: bool, version: Option<&str>) -> Module {
        Module {
            is_fips,
            version: version.map(String::from),
        }
    }

    #[test]
    fn status_needs_a_fips_module_of_a_known_version() {
        for (module, status) in [
            (module(true, Some("3.1.0")), FipsStatus::Certified),
            (module(true, Some("4.2.0")), FipsStatus::Pending),
            (module(true, Some("3.6.0")), FipsStatus::Unvalidated),
            (module(true, None), FipsStatus::Unvalidated),
            (module(false, Some("3.1.0")), FipsStatus::Unvalidated),
            (module(false, None), FipsStatus::Unvalidated),
        ] {
            assert_eq!(module.status(), status, "{module:?}");
        }
    }

    #[test]
    fn this_build_links_no_fips_module() {
        assert_eq!(Module::linked(), module(false, None));
    }
}
