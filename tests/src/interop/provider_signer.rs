//! A signer on nothing but a crypto provider.

use openmls_traits::OpenMlsProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use zeroize::Zeroizing;

use super::member::Failure;

/// A key pair that the provider made, and signs with.
pub struct ProviderSigner<P> {
    provider: P,
    scheme: SignatureScheme,
    private_key: Zeroizing<Vec<u8>>,
    public_key: Vec<u8>,
}

impl<P: OpenMlsProvider + Default> ProviderSigner<P> {
    /// A fresh key pair.
    pub fn new(scheme: SignatureScheme) -> Result<Self, Failure> {
        let provider = P::default();
        let pair = provider.crypto().signature_key_gen(scheme);
        let (private_key, public_key) = pair.map_err(Failure::from_debug)?;
        Ok(Self {
            provider,
            scheme,
            private_key: private_key.into(),
            public_key,
        })
    }

    /// The public key, as MLS encodes it (RFC 9420, section 5.1.1).
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

impl<P: OpenMlsProvider> Signer for ProviderSigner<P> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        let crypto = self.provider.crypto();
        let signature = crypto.sign(self.scheme, payload, &self.private_key);
        signature.map_err(SignerError::CryptoError)
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
