//! Which of the algorithms that the checks cover an implementation offers, by the suites that it
//! lists.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{HpkeKemType, SignatureScheme},
};

/// Whether a suite of `crypto` has the KEM.
pub fn offers_kem(crypto: &impl OpenMlsCrypto, kem: HpkeKemType) -> bool {
    let mut suites = crypto.supported_ciphersuites().into_iter();
    suites.any(|suite| suite.hpke_config().0 == kem)
}

/// Whether a suite of `crypto` signs by the scheme.
pub fn offers_scheme(crypto: &impl OpenMlsCrypto, scheme: SignatureScheme) -> bool {
    let mut suites = crypto.supported_ciphersuites().into_iter();
    suites.any(|suite| suite.signature_algorithm() == scheme)
}
