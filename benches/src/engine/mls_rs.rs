//! Engines `mls-rs-openssl` and `mls-rs-rustcrypto`: OpenMLS on the cryptography of mls-rs.

use std::marker::PhantomData;

use mls_rs_core::crypto::CryptoProvider;
use mls_rs_crypto_openssl::OpensslCryptoProvider;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use openmls_traits::types::{CryptoError, SignatureScheme};

use super::{
    Engine,
    adapter::{Adapted, AdaptedSigner, mls_rs::MlsRsCrypto},
};

/// A provider of mls-rs that can be an engine.
pub trait MlsRsProvider: CryptoProvider + Default + 'static {
    /// The name on the command line and in the results.
    const NAME: &'static str;
    /// What it is, in a few words.
    const ABOUT: &'static str;
}

impl MlsRsProvider for OpensslCryptoProvider {
    const NAME: &'static str = "mls-rs-openssl";
    const ABOUT: &'static str = "mls-rs-crypto-openssl under OpenMLS, by an adapter of ours";
}

impl MlsRsProvider for RustCryptoProvider {
    const NAME: &'static str = "mls-rs-rustcrypto";
    const ABOUT: &'static str = "mls-rs-crypto-rustcrypto under OpenMLS, by an adapter of ours";
}

/// OpenMLS on the cryptography of `P`, signing by it too.
pub(crate) struct MlsRs<P>(PhantomData<P>);

impl<P: MlsRsProvider> Engine for MlsRs<P> {
    const NAME: &'static str = P::NAME;
    const ABOUT: &'static str = P::ABOUT;
    type Provider = Adapted<MlsRsCrypto<P>>;
    type Signer = AdaptedSigner<MlsRsCrypto<P>>;

    fn provider() -> Result<Self::Provider, CryptoError> {
        Ok(Adapted::default())
    }

    fn signer(scheme: SignatureScheme) -> Result<(Self::Signer, Vec<u8>), CryptoError> {
        AdaptedSigner::new(scheme)
    }
}
