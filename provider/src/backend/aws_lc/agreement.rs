//! Diffie-Hellman by AWS-LC, with static keys.

use aws_lc_rs::agreement::{self, UnparsedPublicKey};
use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin, EcPrivateKeyBin};
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use crate::backend::MAX_DH_LEN;

/// A Diffie-Hellman group.
pub(crate) struct Group {
    group: &'static agreement::Algorithm,
    /// What standards call it.
    algorithm: Algorithm,
}

pub(crate) static X25519: Group = Group {
    group: &agreement::X25519,
    algorithm: Algorithm::X25519,
};

pub(crate) static P256: Group = Group {
    group: &agreement::ECDH_P256,
    algorithm: Algorithm::EcdhNist,
};

pub(crate) static P384: Group = Group {
    group: &agreement::ECDH_P384,
    algorithm: Algorithm::EcdhNist,
};

pub(crate) static P521: Group = Group {
    group: &agreement::ECDH_P521,
    algorithm: Algorithm::EcdhNist,
};

/// A private key, which AWS-LC holds and wipes.
pub(crate) struct PrivateKey {
    group: &'static Group,
    key: agreement::PrivateKey,
}

impl PrivateKey {
    /// A fresh one, of AWS-LC's own generation.
    ///
    /// # Errors
    /// [`CryptoError::InsufficientRandomness`].
    pub(crate) fn generate(group: &'static Group) -> Result<Self, CryptoError> {
        observe(Service::KeyGeneration, group.algorithm, || {
            agreement::PrivateKey::generate(group.group)
        })
        .map(|key| Self { group, key })
        .map_err(|_| CryptoError::InsufficientRandomness)
    }

    /// The one with these bytes.
    ///
    /// # Errors
    /// [`CryptoError::CryptoLibraryError`] for a wrong length and a scalar out of range.
    pub(crate) fn enter(group: &'static Group, private: &[u8]) -> Result<Self, CryptoError> {
        observe(Service::KeyEntry, group.algorithm, || {
            agreement::PrivateKey::from_private_key(group.group, private)
        })
        .map(|key| Self { group, key })
        .map_err(|_| CryptoError::CryptoLibraryError)
    }

    /// Its bytes, as [`enter`](Self::enter) takes them.
    pub(crate) fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let private = match self.group.algorithm {
            Algorithm::X25519 => AsBigEndian::<Curve25519SeedBin>::as_be_bytes(&self.key)
                .map(|scalar| scalar.as_ref().to_vec()),
            _ => AsBigEndian::<EcPrivateKeyBin>::as_be_bytes(&self.key)
                .map(|scalar| scalar.as_ref().to_vec()),
        };
        private
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::CryptoLibraryError)
    }

    /// Its public key, encoded.
    pub(crate) fn public(&self) -> Result<Vec<u8>, CryptoError> {
        self.key
            .compute_public_key()
            .map(|public| public.as_ref().to_vec())
            .map_err(|_| CryptoError::CryptoLibraryError)
    }

    /// Writes the Diffie-Hellman secret to the beginning of `secret` and returns its length;
    /// `None` if the encoded key `public` is refused.
    ///
    /// AWS-LC refuses points off the curve and an all-zero X25519 secret
    /// (RFC 9180, section 7.1.4; RUSTSEC-2026-0072), and wipes its copy.
    pub(crate) fn agree(&self, public: &[u8], secret: &mut [u8; MAX_DH_LEN]) -> Option<usize> {
        let public = UnparsedPublicKey::new(self.group.group, public);
        observe(Service::Agreement, self.group.algorithm, || {
            agreement::agree(&self.key, public, (), |dh| {
                secret[..dh.len()].copy_from_slice(dh);
                Ok(dh.len())
            })
        })
        .ok()
    }
}
