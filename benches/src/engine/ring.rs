//! Engine `ring`: its primitives, without HPKE and without groups.

use openmls_traits::types::{CryptoError, SignatureScheme};

use super::{
    Engine,
    adapter::{Adapted, AdaptedSigner, ring::RingCrypto},
};

/// ring under OpenMLS's names.
pub(crate) struct Ring;

impl Engine for Ring {
    const NAME: &'static str = "ring";
    const ABOUT: &'static str = "ring's hashes, AEADs and signatures; it has no whole suite";
    type Provider = Adapted<RingCrypto>;
    type Signer = AdaptedSigner<RingCrypto>;

    fn provider() -> Result<Self::Provider, CryptoError> {
        Ok(Adapted::default())
    }

    fn signer(scheme: SignatureScheme) -> Result<(Self::Signer, Vec<u8>), CryptoError> {
        AdaptedSigner::new(scheme)
    }
}
