//! Engine `rust-crypto`: OpenMLS's provider on the RustCrypto crates.

use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::types::{CryptoError, SignatureScheme};

use super::{Engine, basic_credential_signer};

/// `openmls_rust_crypto` with OpenMLS's basic credential.
pub(crate) struct RustCrypto;

impl Engine for RustCrypto {
    const NAME: &'static str = "rust-crypto";
    const ABOUT: &'static str = "openmls_rust_crypto, on the RustCrypto crates";
    type Provider = OpenMlsRustCrypto;
    type Signer = SignatureKeyPair;

    fn provider() -> Result<Self::Provider, CryptoError> {
        Ok(OpenMlsRustCrypto::default())
    }

    fn signer(scheme: SignatureScheme) -> Result<(Self::Signer, Vec<u8>), CryptoError> {
        basic_credential_signer(scheme)
    }
}
