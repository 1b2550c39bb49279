//! ECDSA (FIPS 186-5), with the hash that each MLS suite gives its curve.

use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::{Scheme, SigningKey};
use crate::backend::ecdsa::{self, Key};
use crate::encoding::{self, is_uncompressed_point};

/// A curve with its hash. Signatures are DER `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
pub(super) struct Curve {
    curve: &'static ecdsa::Curve,
    /// Length in bytes of a scalar and of a coordinate.
    field_len: usize,
}

pub(super) static P256: Curve = Curve {
    curve: &ecdsa::P256,
    field_len: 32,
};

pub(super) static P384: Curve = Curve {
    curve: &ecdsa::P384,
    field_len: 48,
};

#[cfg(feature = "p521")]
pub(super) static P521: Curve = Curve {
    curve: &ecdsa::P521,
    field_len: 66,
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
