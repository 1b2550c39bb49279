//! Engine `hw`: this project's provider, signing in AWS-LC too.

use openmls_hw_crypto::{OpenMlsHwCrypto, SignatureKeyPair};
use openmls_traits::types::{CryptoError, SignatureScheme};

use super::Engine;

/// `openmls_hw_crypto` with its own signer.
pub(crate) struct Hw;

impl Engine for Hw {
    const NAME: &'static str = "hw";
    const ABOUT: &'static str = "openmls_hw_crypto, on AWS-LC";
    type Provider = OpenMlsHwCrypto;
    type Signer = SignatureKeyPair;

    fn provider() -> Result<Self::Provider, CryptoError> {
        Ok(OpenMlsHwCrypto::default())
    }

    fn signer(scheme: SignatureScheme) -> Result<(Self::Signer, Vec<u8>), CryptoError> {
        let signer = SignatureKeyPair::new(scheme)?;
        let public_key = signer.to_public_vec();
        Ok((signer, public_key))
    }
}
