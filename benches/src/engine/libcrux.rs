//! Engine `libcrux`: OpenMLS's provider on the verified libcrux.

use openmls_basic_credential::SignatureKeyPair;
use openmls_traits::types::{CryptoError, SignatureScheme};

use super::{Engine, basic_credential_signer};

/// `openmls_libcrux_crypto` with OpenMLS's basic credential.
pub(crate) struct Libcrux;

impl Engine for Libcrux {
    const NAME: &'static str = "libcrux";
    const ABOUT: &'static str = "openmls_libcrux_crypto, on libcrux";
    type Provider = openmls_libcrux_crypto::Provider;
    type Signer = SignatureKeyPair;

    fn provider() -> Result<Self::Provider, CryptoError> {
        openmls_libcrux_crypto::Provider::new()
    }

    fn signer(scheme: SignatureScheme) -> Result<(Self::Signer, Vec<u8>), CryptoError> {
        basic_credential_signer(scheme)
    }
}
