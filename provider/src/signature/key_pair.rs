//! [`SignatureKeyPair`]: a signer that the backend runs, stored as OpenMLS stores its own.

use std::fmt;
use std::sync::Arc;

use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::storage::{self, CURRENT_VERSION, StorageProvider};
use openmls_traits::types::{CryptoError, SignatureScheme};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use zeroize::Zeroizing;

use super::SigningKey;
use crate::policy::Mode;

/// A signature key pair, usable as an OpenMLS [`Signer`].
///
/// It takes the place of `openmls_basic_credential::SignatureKeyPair`, whose
/// signatures RustCrypto makes: here AWS-LC or ring holds the key and signs, for every
/// scheme of the suites, with AWS-LC P-521 included. Both are stored in the same form
/// under the same identifier, so each reads what the other has stored.
///
/// The public key is always the private key's own. Cloning shares the key;
/// AWS-LC wipes it when the last clone is dropped, and ring does not.
///
/// It belongs to no [`HwCrypto`](crate::HwCrypto), and is in FIPS mode when the process is
/// required to be; then what is refused there fails here with the same errors.
#[derive(Clone)]
pub struct SignatureKeyPair {
    scheme: SignatureScheme,
    key: Arc<dyn SigningKey>,
}

impl SignatureKeyPair {
    /// A fresh key pair.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedSignatureScheme`] if no suite of
    /// [`SUITES`](crate::SUITES) signs with `scheme`;
    /// [`CryptoError::InsufficientRandomness`] if the DRBG fails.
    pub fn new(scheme: SignatureScheme) -> Result<Self, CryptoError> {
        let mode = Mode::of_process();
        mode.check_signature(scheme)?;
        let key = mode.run(|| super::generate(scheme))?;
        Ok(Self::with_key(scheme, key))
    }

    /// The key pair of raw keys.
    ///
    /// Both are encoded as the table of [formats](crate#formats) says. `private` is wiped
    /// before this returns.
    ///
    /// # Errors
    /// [`CryptoError::InvalidLength`] (a seed) or [`CryptoError::SigningError`] (a scalar) if
    /// `private` is no key; [`CryptoError::InvalidPublicKey`] if `public` is
    /// not its public key; [`CryptoError::UnsupportedSignatureScheme`].
    pub fn from_raw(
        scheme: SignatureScheme,
        private: Vec<u8>,
        public: Vec<u8>,
    ) -> Result<Self, CryptoError> {
        let private = Zeroizing::new(private);
        let mode = Mode::of_process();
        mode.check_signature(scheme)?;
        let key = mode.run(|| super::import(scheme, &private))?;
        if key.public() != public {
            return Err(CryptoError::InvalidPublicKey);
        }
        Ok(Self::with_key(scheme, key))
    }

    fn with_key(scheme: SignatureScheme, key: Box<dyn SigningKey>) -> Self {
        Self {
            scheme,
            key: key.into(),
        }
    }

    /// The public key, encoded as the table of [formats](crate#formats) says.
    pub fn public(&self) -> &[u8] {
        self.key.public()
    }

    /// A copy of [`public`](Self::public).
    pub fn to_public_vec(&self) -> Vec<u8> {
        self.public().to_vec()
    }

    /// The scheme that this key signs under.
    pub fn signature_scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// The identifier under which [`store`](Self::store) puts this key pair.
    pub fn id(&self) -> SignatureKeyId {
        SignatureKeyId::new(self.public(), self.scheme)
    }

    /// Writes this key pair to `storage`.
    ///
    /// # Errors
    /// Those of the storage provider.
    pub fn store<S: StorageProvider<CURRENT_VERSION>>(&self, storage: &S) -> Result<(), S::Error> {
        storage.write_signature_key_pair(&self.id(), self)
    }

    /// Reads the key pair with the public key `public` from `storage`.
    ///
    /// `None` if there is none, or what is there is not a valid key pair.
    pub fn read(
        storage: &impl StorageProvider<CURRENT_VERSION>,
        public: &[u8],
        scheme: SignatureScheme,
    ) -> Option<Self> {
        storage
            .signature_key_pair(&SignatureKeyId::new(public, scheme))
            .ok()
            .flatten()
    }

    /// Deletes the key pair with the public key `public` from `storage`.
    ///
    /// # Errors
    /// Those of the storage provider.
    pub fn delete<S: StorageProvider<CURRENT_VERSION>>(
        storage: &S,
        public: &[u8],
        scheme: SignatureScheme,
    ) -> Result<(), S::Error> {
        storage.delete_signature_key_pair(&SignatureKeyId::new(public, scheme))
    }
}

impl fmt::Debug for SignatureKeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignatureKeyPair")
            .field("scheme", &self.scheme)
            .field("public", &self.public())
            .finish_non_exhaustive()
    }
}

impl Signer for SignatureKeyPair {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        let mode = Mode::of_process();
        mode.check_signature(self.scheme)
            .and_then(|()| mode.run(|| self.key.sign(payload)))
            .map_err(|_| SignerError::SigningError)
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

/// The fields that `openmls_basic_credential` stores, by its names.
#[derive(Serialize, Deserialize)]
struct StoredKeyPair {
    private: Zeroizing<Vec<u8>>,
    public: Vec<u8>,
    signature_scheme: SignatureScheme,
}

impl Serialize for SignatureKeyPair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredKeyPair {
            private: self.key.private().map_err(ser::Error::custom)?,
            public: self.to_public_vec(),
            signature_scheme: self.scheme,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SignatureKeyPair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut stored = StoredKeyPair::deserialize(deserializer)?;
        let private = std::mem::take(&mut *stored.private);
        Self::from_raw(stored.signature_scheme, private, stored.public).map_err(de::Error::custom)
    }
}

impl storage::Entity<CURRENT_VERSION> for SignatureKeyPair {}
impl storage::traits::SignatureKeyPair<CURRENT_VERSION> for SignatureKeyPair {}

/// The storage key of a [`SignatureKeyPair`], the same as `openmls_basic_credential`'s.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureKeyId {
    value: Vec<u8>,
}

impl SignatureKeyId {
    /// The identifier: public key, label, and the scheme's code point.
    fn new(public: &[u8], scheme: SignatureScheme) -> Self {
        const LABEL: &[u8] = b"RustCryptoSignatureKey";
        let code_point = (scheme as u16).to_be_bytes();
        Self {
            value: [public, LABEL, &code_point].concat(),
        }
    }
}

impl storage::Key<CURRENT_VERSION> for SignatureKeyId {}
impl storage::traits::SignaturePublicKey<CURRENT_VERSION> for SignatureKeyId {}
