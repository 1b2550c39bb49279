//! The cryptographic module that is linked into this process.

use serde::Serialize;

use crate::{Certificate, FipsStatus};

/// What is known of the linked AWS-LC, if there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Module {
    /// Whether it is AWS-LC's FIPS module. It has then passed its integrity test and its
    /// start-up tests, or the process would not be: it ends the process if they fail.
    pub is_fips: bool,
    /// Whether no other module is beside it: the one that answers here is the one that `aws-lc-rs`
    /// calls.
    pub is_alone: bool,
    /// The module's version, if it is a FIPS module that tells one.
    pub version: Option<String>,
}

/// What the module's version begins with.
const FIPS_MODULE: &str = "AWS-LC FIPS ";

impl Module {
    /// Asks the linked library.
    pub fn linked() -> Self {
        Self {
            is_fips: is_fips(),
            is_alone: is_alone(),
            version: version_string().strip_prefix(FIPS_MODULE).map(String::from),
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

#[cfg(any(feature = "aws-lc", feature = "fips"))]
fn is_fips() -> bool {
    aws_lc_rs::try_fips_mode().is_ok()
}

/// No AWS-LC at all.
#[cfg(not(any(feature = "aws-lc", feature = "fips")))]
fn is_fips() -> bool {
    false
}

/// Cargo lets two crates link two versions of the module, if a lock file says so. A hash by
/// `aws-lc-rs` moves the indicator of the module that it calls, and of no other.
#[cfg(feature = "fips")]
fn is_alone() -> bool {
    let before = crate::ffi::service_indicator();
    let _ = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"");
    crate::ffi::service_indicator() != before
}

#[cfg(not(feature = "fips"))]
fn is_alone() -> bool {
    true
}

#[cfg(feature = "fips")]
fn version_string() -> &'static str {
    crate::ffi::version_string()
}

#[cfg(not(feature = "fips"))]
fn version_string() -> &'static str {
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(is_fips: bool, version: Option<&str>) -> Module {
        Module {
            is_fips,
            is_alone: true,
            version: version.map(String::from),
        }
    }

    #[test]
    fn status_needs_a_fips_module_of_a_known_version() {
        for (module, status) in [
            (module(true, Some("3.1.0")), FipsStatus::Certified),
            (module(true, Some("4.2.0")), FipsStatus::Unvalidated),
            (module(true, Some("3.6.0")), FipsStatus::Unvalidated),
            (module(true, None), FipsStatus::Unvalidated),
            (module(false, Some("3.1.0")), FipsStatus::Unvalidated),
            (module(false, None), FipsStatus::Unvalidated),
        ] {
            assert_eq!(module.status(), status, "{module:?}");
        }
    }

    #[test]
    fn the_linked_module_is_what_the_features_say() {
        let linked = Module::linked();
        println!("{linked:?}");
        assert_eq!(linked.is_fips, cfg!(feature = "fips"));
        assert_eq!(linked.version.is_some(), cfg!(feature = "fips"));
        assert_eq!(linked.certificate().is_some(), cfg!(feature = "fips"));
    }
}
