//! What `mls_fips` calls the algorithms that `openmls_traits` names.

use mls_fips::Algorithm;
use openmls_traits::types::{AeadType, HpkeKemType, SignatureScheme};

pub(crate) fn of_aead(aead: AeadType) -> Algorithm {
    match aead {
        AeadType::Aes128Gcm | AeadType::Aes256Gcm => Algorithm::AesGcm,
        AeadType::ChaCha20Poly1305 => Algorithm::ChaCha20Poly1305,
    }
}

/// Ed448 is approved, and never the module's: what does it here is another crate.
pub(crate) fn of_signature(scheme: SignatureScheme) -> Option<Algorithm> {
    match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256
        | SignatureScheme::ECDSA_SECP384R1_SHA384
        | SignatureScheme::ECDSA_SECP521R1_SHA512 => Some(Algorithm::EcdsaNist),
        SignatureScheme::ED25519 => Some(Algorithm::Ed25519),
        #[cfg(feature = "ml-kem")]
        SignatureScheme::MLDSA44 | SignatureScheme::MLDSA65 | SignatureScheme::MLDSA87 => {
            Some(Algorithm::MlDsa)
        }
        _ => None,
    }
}

pub(crate) fn of_kem(kem: HpkeKemType) -> Option<Algorithm> {
    match kem {
        HpkeKemType::DhKemP256 | HpkeKemType::DhKemP384 | HpkeKemType::DhKemP521 => {
            Some(Algorithm::EcdhNist)
        }
        HpkeKemType::DhKem25519 => Some(Algorithm::X25519),
        #[cfg(feature = "ml-kem")]
        HpkeKemType::MlKem768 | HpkeKemType::MlKem1024 => Some(Algorithm::MlKem),
        #[cfg(feature = "ml-kem")]
        HpkeKemType::XWingKemDraft6 => Some(Algorithm::XWing),
        _ => None,
    }
}
