//! ML-DSA (FIPS 204) by AWS-LC, pure and with an empty context, as
//! draft-ietf-mls-pq-ciphersuites uses it.
//!
//! Private keys are seeds of 32 bytes; public keys and signatures are encoded as FIPS 204 does.

use aws_lc_rs::signature::{
    KeyPair, ML_DSA_44, ML_DSA_44_SIGNING, ML_DSA_65, ML_DSA_65_SIGNING, ML_DSA_87,
    ML_DSA_87_SIGNING, PqdsaKeyPair, PqdsaSigningAlgorithm, PqdsaVerificationAlgorithm,
    UnparsedPublicKey,
};
use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::{Scheme, SigningKey};
use crate::random;

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
    /// Any 32 random bytes are a seed (FIPS 204, algorithm 1).
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError> {
        let mut seed = Zeroizing::new(vec![0; SEED_LEN]);
        random::fill(&mut seed)?;
        Ok(Box::new(MlDsaKey::with_seed(self, seed)?))
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
        UnparsedPublicKey::new(self.verification, public)
            .verify(message, signature)
            .map_err(|_| CryptoError::InvalidSignature)
    }
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
        let key_pair = PqdsaKeyPair::from_seed(set.signing, &seed);
        let key_pair = key_pair.map_err(|_| CryptoError::SigningError)?;
        Ok(Self { key_pair, seed })
    }
}

impl SigningKey for MlDsaKey {
    /// Hedged: FIPS 204's randomness is AWS-LC's (section 3.4).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut signature = vec![0; self.key_pair.algorithm().signature_len()];
        let signed = self.key_pair.sign(message, &mut signature);
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
