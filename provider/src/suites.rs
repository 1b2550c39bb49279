//! The ciphersuites of this provider: one row each.

use openmls_traits::types::Ciphersuite;

/// A ciphersuite that this provider implements completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suite {
    /// The ciphersuite, as `openmls_traits` names it. Its algorithms follow from it.
    pub ciphersuite: Ciphersuite,
    /// Its name in the IANA registry "MLS Cipher Suites" (RFC 9420, section 17.1); that of
    /// `openmls_traits` for a draft's.
    pub name: &'static str,
}

impl Suite {
    /// The code point in the IANA registry "MLS Cipher Suites".
    pub const fn code_point(&self) -> u16 {
        self.ciphersuite as u16
    }
}

/// Every supported ciphersuite, in the order of code points.
///
/// A row without a feature every backend has. Which backend brings `p521`, and which the drafts'
/// features need, the features in `Cargo.toml` say.
///
/// What [`HwCrypto`](crate::HwCrypto) supports, the README's table, and the
/// matrices of tests and benchmarks all derive from this table.
pub static SUITES: &[Suite] = &[
    Suite {
        ciphersuite: Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
        name: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
    },
    Suite {
        ciphersuite: Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
        name: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
    },
    Suite {
        ciphersuite: Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
        name: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
    },
    #[cfg(feature = "curve448")]
    Suite {
        ciphersuite: Ciphersuite::MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448,
        name: "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
    },
    #[cfg(feature = "p521")]
    Suite {
        ciphersuite: Ciphersuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
        name: "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
    },
    #[cfg(feature = "curve448")]
    Suite {
        ciphersuite: Ciphersuite::MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448,
        name: "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
    },
    Suite {
        ciphersuite: Ciphersuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
        name: "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
    },
    #[cfg(feature = "ml-kem")]
    Suite {
        ciphersuite: Ciphersuite::MLS_192_MLKEM1024_AES256GCM_SHA384_P384,
        name: "MLS_192_MLKEM1024_AES256GCM_SHA384_P384",
    },
    #[cfg(feature = "ml-kem")]
    Suite {
        ciphersuite: Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519,
        name: "MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519",
    },
    #[cfg(feature = "ml-kem")]
    Suite {
        ciphersuite: Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519,
        name: "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
    },
    #[cfg(feature = "ml-kem")]
    Suite {
        ciphersuite: Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519,
        name: "MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519",
    },
    #[cfg(feature = "ml-kem")]
    Suite {
        ciphersuite: Ciphersuite::MLS_128_MLKEM768_AES256GCM_SHA384_P256,
        name: "MLS_128_MLKEM768_AES256GCM_SHA384_P256",
    },
    #[cfg(feature = "ml-dsa")]
    Suite {
        ciphersuite: Ciphersuite::MLS_192_MLKEM768_AES256GCM_SHA384_MLDSA65,
        name: "MLS_192_MLKEM768_AES256GCM_SHA384_MLDSA65",
    },
    #[cfg(feature = "ml-dsa")]
    Suite {
        ciphersuite: Ciphersuite::MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA384_MLDSA44,
        name: "MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA384_MLDSA44",
    },
    #[cfg(feature = "ml-dsa")]
    Suite {
        ciphersuite: Ciphersuite::MLS_256_MLKEM1024_AES256GCM_SHA512_MLDSA87,
        name: "MLS_256_MLKEM1024_AES256GCM_SHA512_MLDSA87",
    },
    #[cfg(feature = "ml-dsa")]
    Suite {
        ciphersuite: Ciphersuite::MLS_256_MLKEM1024_AES256GCM_SHA384_MLDSA87,
        name: "MLS_256_MLKEM1024_AES256GCM_SHA384_MLDSA87",
    },
    #[cfg(feature = "ml-kem")]
    Suite {
        ciphersuite: Ciphersuite::MLS_128_MLKEM768_AES256GCM_SHA384_Ed25519,
        name: "MLS_128_MLKEM768_AES256GCM_SHA384_Ed25519",
    },
];

/// Whether `ciphersuite` has a row in [`SUITES`].
pub(crate) fn is_supported(ciphersuite: Ciphersuite) -> bool {
    SUITES.iter().any(|suite| suite.ciphersuite == ciphersuite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hpke, signature};

    #[test]
    fn rows_are_sorted_named_after_their_ciphersuite_and_unique() {
        assert!(SUITES.is_sorted_by(|a, b| a.code_point() < b.code_point()));
        for suite in SUITES {
            assert_eq!(suite.name, format!("{:?}", suite.ciphersuite));
        }
    }

    #[test]
    fn every_algorithm_of_every_row_is_implemented() {
        for suite in SUITES {
            let config = suite.ciphersuite.hpke_config();
            assert!(hpke::kem::of(config.0).is_ok(), "{}", suite.name);
            assert!(hpke::aead_type(config.2).is_ok(), "{}", suite.name);
            let scheme = suite.ciphersuite.signature_algorithm();
            assert!(signature::is_supported(scheme), "{}", suite.name);
        }
    }
}
