//! ML-DSA (FIPS 204) by AWS-LC, pure and with an empty context, as
//! draft-ietf-mls-pq-ciphersuites uses it.
//!
//! Private keys are seeds of 32 bytes; public keys and signatures are encoded as FIPS 204 does.

use aws_lc_rs::signature::{
    KeyPair, ML_DSA_44, ML_DSA_44_SIGNING, ML_DSA_65, ML_DSA_65_SIGNING, ML_DSA_87,
    ML_DSA_87_SIGNING, PqdsaKeyPair, PqdsaSigningAlgorithm, PqdsaVerificationAlgorithm,
    UnparsedPublicKey,
};
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::{Scheme, SigningKey};

const SEED_LEN: usize = 32;

/// A parameter set (FIPS 204, section 4).
pub(super) struct ParameterSet {
    signing: &'static PqdsaSigningAlgorithm,
    verification: &'static PqdsaVerificationAlgorithm,
}

pub(super) static ML_DSA_44_SET: ParameterSet = ParameterSet {
    signing: &ML_DSA_44_SIGNING,
    verification: &ML_DSA_44,
};

pub(super) static ML_DSA_65_SET: ParameterSet = ParameterSet {
    signing: &ML_DSA_65_SIGNING,
    verification: &ML_DSA_65,
};

pub(super) static ML_DSA_87_SET: ParameterSet = ParameterSet {
    signing: &ML_DSA_87_SIGNING,
    verification: &ML_DSA_87,
};

impl Scheme for ParameterSet {
    /// By AWS-LC's own generation, which FIPS mode wants; the seed is in the key's PKCS #8.
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError> {
        let key_pair = observe(Service::KeyGeneration, Algorithm::MlDsa, || {
            PqdsaKeyPair::generate(self.signing)
        })
        .map_err(|_| CryptoError::InsufficientRandomness)?;
        let encoded = key_pair.to_pkcs8v1();
        let encoded = encoded.map_err(|_| CryptoError::CryptoLibraryError)?;
        let seed = seed_of(encoded.as_ref()).ok_or(CryptoError::CryptoLibraryError)?;
        Ok(Box::new(MlDsaKey { key_pair, seed }))
    }

    fn import(&'static self, seed: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        if seed.len() != SEED_LEN {
            return Err(CryptoError::InvalidLength);
        }
        let seed = Zeroizing::new(seed.to_vec());
        Ok(Box::new(MlDsaKey::with_seed(self, seed)?))
    }

    fn verify(&self, message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        if public.len() != self.signing.public_key_len() {
            return Err(CryptoError::InvalidPublicKey);
        }
        if signature.len() != self.signing.signature_len() {
            return Err(CryptoError::InvalidSignature);
        }
        observe(Service::Verify, Algorithm::MlDsa, || {
            UnparsedPublicKey::new(self.verification, public).verify(message, signature)
        })
        .map_err(|_| CryptoError::InvalidSignature)
    }
}

/// The seed in the form of PKCS #8 that has it alone (RFC 9881, section 6): it ends the document.
///
/// ```text
/// ML-DSA-PrivateKey ::= CHOICE { seed [0] OCTET STRING (SIZE (32)), ... }
/// ```
fn seed_of(pkcs8: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    const PRIVATE_KEY: [u8; 4] = [0x04, 2 + SEED_LEN as u8, 0x80, SEED_LEN as u8];
    let (before, seed) = pkcs8.split_last_chunk::<SEED_LEN>()?;
    before
        .ends_with(&PRIVATE_KEY)
        .then(|| Zeroizing::new(seed.to_vec()))
}

/// A key that AWS-LC expanded from its seed.
struct MlDsaKey {
    key_pair: PqdsaKeyPair,
    /// On the heap, where moving the key does not copy it.
    seed: Zeroizing<Vec<u8>>,
}

impl MlDsaKey {
    fn with_seed(
        set: &'static ParameterSet,
        seed: Zeroizing<Vec<u8>>,
    ) -> Result<Self, CryptoError> {
        observe(Service::KeyEntry, Algorithm::MlDsa, || {
            PqdsaKeyPair::from_seed(set.signing, &seed)
        })
        .map(|key_pair| Self { key_pair, seed })
        .map_err(|_| CryptoError::SigningError)
    }
}

impl SigningKey for MlDsaKey {
    /// Hedged: FIPS 204's randomness is AWS-LC's (section 3.4).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut signature = vec![0; self.key_pair.algorithm().signature_len()];
        let signed = observe(Service::Sign, Algorithm::MlDsa, || {
            self.key_pair.sign(message, &mut signature)
        });
        match signed {
            Ok(len) if len == signature.len() => Ok(signature),
            _ => Err(CryptoError::SigningError),
        }
    }

    fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Ok(self.seed.clone())
    }

    fn public(&self) -> &[u8] {
        self.key_pair.public_key().as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seed that is stored makes the key that was generated.
    #[test]
    fn a_generated_key_is_that_of_its_seed() {
        for set in [&ML_DSA_44_SET, &ML_DSA_65_SET, &ML_DSA_87_SET] {
            let generated = set.generate().unwrap();
            let imported = set.import(&generated.private().unwrap()).unwrap();
            assert_eq!(imported.public(), generated.public());
            let signature = generated.sign(b"message").unwrap();
            assert_eq!(
                set.verify(b"message", imported.public(), &signature),
                Ok(())
            );
        }
    }

    #[test]
    fn another_form_of_a_private_key_has_no_seed() {
        let key_pair = PqdsaKeyPair::generate(&ML_DSA_44_SIGNING).unwrap();
        let encoded = key_pair.to_pkcs8v1().unwrap();
        let encoded = encoded.as_ref();
        assert!(seed_of(encoded).is_some());
        for len in 0..encoded.len() {
            assert!(seed_of(&encoded[..len]).is_none(), "{len}");
        }
        assert!(seed_of(&[encoded, &[0]].concat()).is_none());
    }
}
