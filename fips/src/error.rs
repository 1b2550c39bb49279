//! Why there is no FIPS mode.

/// FIPS mode was asked for and is not to be had. Nothing runs instead of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FipsError {
    /// This program was built without the FIPS module.
    #[error(
        "no FIPS module is linked: build with --no-default-features --features fips \
         (cmake and Go are needed)"
    )]
    NotLinked,
    /// This program was built with two versions of the FIPS module.
    #[error(
        "two FIPS modules are linked: have one version of aws-lc-fips-sys in the lock file \
         (cargo update --package aws-lc-fips-sys --precise VERSION)"
    )]
    NotAlone,
    /// A provider in this program computes with another library than the module.
    #[error(
        "a provider in this program computes with {name}, not with the FIPS module: build \
         openmls_hw_crypto with default-features = false and the feature fips"
    )]
    OtherBackend {
        /// The library.
        name: &'static str,
    },
    /// The environment asks for something that is unknown.
    #[error("MLS_FIPS={value:?} is unknown, and nothing runs: say off, on, fips or strict")]
    UnknownRequirement {
        /// What it asks for.
        value: String,
    },
    /// The module's integrity or known-answer tests failed.
    #[error(
        "the FIPS module's {failed} failed: do not use this installation; \
         replace the program by the one that was released, and the machine if it fails again"
    )]
    SelfTest {
        /// Which of them.
        failed: &'static str,
    },
    /// The linked module is none that this crate knows.
    #[error(
        "the FIPS module {version:?} is unknown: link a version that `mls-fips status` of this \
         release lists (3.1.0, 4.2.0), or update mls_fips"
    )]
    UnknownModule {
        /// What the module says that it is.
        version: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CERTIFICATES;

    #[test]
    fn the_message_names_every_known_version() {
        let version = "9.9.9".into();
        let message = FipsError::UnknownModule { version }.to_string();
        for row in CERTIFICATES {
            assert!(message.contains(row.module_version), "{message}");
        }
    }
}
