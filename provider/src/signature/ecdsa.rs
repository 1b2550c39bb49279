//! ECDSA (FIPS 186-5), with the hash that each MLS suite gives its curve.

use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::batch::{Loaded, in_lanes};
use super::{Scheme, SignedMessage, SigningKey};
use crate::backend::ecdsa::{self, Key};
use crate::encoding::{self, is_uncompressed_point};
use crate::lanes::{LaneScheme, LaneSignature, Verification};

/// A curve with its hash. Signatures are DER `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
pub(super) struct Curve {
    curve: &'static ecdsa::Curve,
    /// Length in bytes of a scalar and of a coordinate.
    field_len: usize,
    /// The lanes that verify, where they know the curve.
    lanes: Option<LaneScheme>,
}

/// Length in bytes of a public key of P-256.
const P256_PUBLIC_LEN: usize = 65;

pub(super) static P256: Curve = Curve {
    curve: &ecdsa::P256,
    field_len: 32,
    lanes: Some(LaneScheme::P256),
};

pub(super) static P384: Curve = Curve {
    curve: &ecdsa::P384,
    field_len: 48,
    lanes: None,
};

#[cfg(feature = "p521")]
pub(super) static P521: Curve = Curve {
    curve: &ecdsa::P521,
    field_len: 66,
    lanes: None,
};

impl Scheme for Curve {
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(Key::generate(self.curve)?))
    }

    fn import(&'static self, private: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        let scalar = encoding::scalar(private, self.field_len).ok_or(CryptoError::SigningError)?;
        Ok(Box::new(Key::import(self.curve, &scalar)?))
    }

    fn verify(&self, message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        if !is_uncompressed_point(public, self.public_len()) {
            return Err(CryptoError::InvalidPublicKey);
        }
        ecdsa::verify(self.curve, message, public, signature)
    }

    fn lanes(&self) -> Option<Verification> {
        self.lanes.and_then(Verification::of)
    }

    fn verify_in_lanes(
        &self,
        lanes: &Verification,
        signed: &[&SignedMessage<'_>],
    ) -> Vec<Option<Result<(), CryptoError>>> {
        in_lanes(signed, loaded_p256, |signed| lanes.p256(signed))
    }
}

/// A signature with P-256 for lanes, if nothing is wrong with its form.
fn loaded_p256<'a>(signed: &'a SignedMessage<'_>) -> Loaded<'a, P256_PUBLIC_LEN> {
    if !is_uncompressed_point(signed.public_key, P256_PUBLIC_LEN) {
        return Err(CryptoError::InvalidPublicKey);
    }
    let key = signed.public_key.try_into().ok();
    let both = key.zip(encoding::p256_signature(signed.signature));
    Ok(both.map(|(key, signature)| LaneSignature {
        key,
        message: &signed.message,
        signature,
    }))
}

impl Curve {
    const fn public_len(&self) -> usize {
        1 + 2 * self.field_len
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.sign(message)
    }

    fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.private()
    }

    fn public(&self) -> &[u8] {
        self.public()
    }
}
