//! The signature schemes as PKCS#11 knows them: a row beside each of
//! [`mls_signer_message::scheme::SCHEMES`].

use cryptoki::mechanism::MechanismType;
use cryptoki::object::{KeyType, MlDsaParameterSetType};
use mls_signer_message::scheme::Scheme;
use openmls_traits::types::SignatureScheme;

use crate::error::Error;
use crate::mechanism::SigningMechanism;

/// What a token's objects of a scheme say beside CKA_KEY_TYPE.
#[derive(Clone, Copy, Debug)]
pub enum Parameters {
    /// The forms of CKA_EC_PARAMS that name the curve, DER-encoded. The first is
    /// written when a key is made; all are understood when a key is read.
    Curve(&'static [&'static [u8]]),
    /// CKA_PARAMETER_SET (PKCS#11 3.2, section 6.67).
    Set(MlDsaParameterSetType),
}

/// One scheme in PKCS#11: a row of [`PKCS11_SCHEMES`].
#[derive(Clone, Copy, Debug)]
pub struct Pkcs11Scheme {
    /// The scheme.
    pub signature_scheme: SignatureScheme,
    /// CKA_KEY_TYPE.
    pub key_type: KeyType,
    /// The mechanism that generates a key pair.
    pub key_generation: MechanismType,
    /// The mechanism that signs what it is given: a digest for ECDSA, else the message.
    pub sign: SigningMechanism,
    /// The mechanism that hashes and signs in one step, for ECDSA.
    pub hash_and_sign: Option<MechanismType>,
    /// What else tells the scheme's objects in a token from others.
    pub parameters: Parameters,
}

/// ECDSA, without what differs between its curves.
const ECDSA: Pkcs11Scheme = Pkcs11Scheme {
    signature_scheme: SignatureScheme::ECDSA_SECP256R1_SHA256,
    key_type: KeyType::EC,
    key_generation: MechanismType::ECC_KEY_PAIR_GEN,
    sign: SigningMechanism::Plain(MechanismType::ECDSA),
    hash_and_sign: None,
    parameters: Parameters::Curve(&[]),
};

/// ML-DSA, without what differs between its parameter sets.
#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
const ML_DSA: Pkcs11Scheme = Pkcs11Scheme {
    signature_scheme: SignatureScheme::MLDSA44,
    key_type: KeyType::ML_DSA,
    key_generation: MechanismType::ML_DSA_KEY_PAIR_GEN,
    sign: SigningMechanism::Plain(MechanismType::ML_DSA),
    hash_and_sign: None,
    parameters: Parameters::Set(MlDsaParameterSetType::ML_DSA_44),
};

/// The rows, in the order of [`SCHEMES`](mls_signer_message::scheme::SCHEMES).
pub static PKCS11_SCHEMES: &[Pkcs11Scheme] = &[
    Pkcs11Scheme {
        signature_scheme: SignatureScheme::ED25519,
        key_type: KeyType::EC_EDWARDS,
        key_generation: MechanismType::ECC_EDWARDS_KEY_PAIR_GEN,
        sign: SigningMechanism::Plain(MechanismType::EDDSA),
        hash_and_sign: None,
        // PrintableString "edwards25519" (PKCS#11 3.0, section 2.3.5), and the OID.
        parameters: Parameters::Curve(&[b"\x13\x0cedwards25519", b"\x06\x03\x2b\x65\x70"]),
    },
    Pkcs11Scheme {
        hash_and_sign: Some(MechanismType::ECDSA_SHA256),
        parameters: Parameters::Curve(&[b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"]),
        ..ECDSA
    },
    Pkcs11Scheme {
        signature_scheme: SignatureScheme::ECDSA_SECP384R1_SHA384,
        hash_and_sign: Some(MechanismType::ECDSA_SHA384),
        parameters: Parameters::Curve(&[b"\x06\x05\x2b\x81\x04\x00\x22"]),
        ..ECDSA
    },
    Pkcs11Scheme {
        signature_scheme: SignatureScheme::ECDSA_SECP521R1_SHA512,
        hash_and_sign: Some(MechanismType::ECDSA_SHA512),
        parameters: Parameters::Curve(&[b"\x06\x05\x2b\x81\x04\x00\x23"]),
        ..ECDSA
    },
    #[cfg(feature = "curve448")]
    Pkcs11Scheme {
        signature_scheme: SignatureScheme::ED448,
        key_type: KeyType::EC_EDWARDS,
        key_generation: MechanismType::ECC_EDWARDS_KEY_PAIR_GEN,
        sign: SigningMechanism::Ed448,
        hash_and_sign: None,
        // PrintableString "edwards448" (PKCS#11 3.0, section 2.3.5), and the OID.
        parameters: Parameters::Curve(&[b"\x13\x0aedwards448", b"\x06\x03\x2b\x65\x71"]),
    },
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    ML_DSA,
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    Pkcs11Scheme {
        signature_scheme: SignatureScheme::MLDSA65,
        parameters: Parameters::Set(MlDsaParameterSetType::ML_DSA_65),
        ..ML_DSA
    },
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    Pkcs11Scheme {
        signature_scheme: SignatureScheme::MLDSA87,
        parameters: Parameters::Set(MlDsaParameterSetType::ML_DSA_87),
        ..ML_DSA
    },
];

impl Pkcs11Scheme {
    /// The row of `scheme`.
    ///
    /// # Errors
    /// [`Error::SchemeUnsupported`] when it has none; a test shows that none lacks it.
    pub fn of(scheme: &Scheme) -> Result<&'static Self, Error> {
        PKCS11_SCHEMES
            .iter()
            .find(|row| row.signature_scheme == scheme.signature_scheme)
            .ok_or(Error::SchemeUnsupported(scheme.title))
    }

    /// The scheme of a token object, by its CKA_KEY_TYPE and CKA_EC_PARAMS or
    /// CKA_PARAMETER_SET.
    pub fn scheme_of(
        key_type: KeyType,
        curve: Option<&[u8]>,
        parameter_set: Option<u64>,
    ) -> Option<&'static Scheme> {
        let named = |row: &&Self| match row.parameters {
            Parameters::Curve(forms) => curve.is_some_and(|curve| forms.contains(&curve)),
            Parameters::Set(set) => parameter_set == Some(*set.as_ref()),
        };
        let mut of_type = PKCS11_SCHEMES.iter().filter(|row| row.key_type == key_type);
        let row = of_type.find(named)?;
        Scheme::by_signature_scheme(row.signature_scheme)
    }
}
