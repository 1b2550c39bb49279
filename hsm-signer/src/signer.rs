//! [`HsmSigner`]: an MLS signer whose private key stays in the token.

use std::fmt;
use std::sync::Arc;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;

use crate::encoding::ecdsa;
use crate::error::Error;
use crate::keys;
use crate::quirks::{Quirks, SigningPlan};
use crate::scheme::{Algorithm, Scheme};
use crate::token::{Access, KeyObject, KeySelector, ObjectHandle, Token};

/// How the message of a self-test begins. No message of MLS does: what MLS signs
/// begins with the length of a label (RFC 9420, section 5.1.2).
const SELF_TEST: &[u8] = b"mls-hsm-signer self-test ";

/// A removal key in a token, for use from any number of threads.
///
/// Every signature is verified under the key's public key before it is released, so a
/// token that computes wrongly, or a public key that is not the private key's, gives
/// an error and never a bad signature.
///
/// # What it signs
///
/// Callers of [`propose_remove`](Self::propose_remove) name a group, an epoch, a leaf
/// and a sender; the bytes that are signed are OpenMLS's. `HsmSigner` is also an OpenMLS
/// [`Signer`], because OpenMLS signs through that trait, and by it code in this process
/// can have any bytes signed. That is no door to others: whoever holds an `HsmSigner`
/// is in the process that is logged in. What faces other processes must offer the
/// proposal and never the trait.
pub struct HsmSigner {
    token: Arc<dyn Token>,
    crypto: HwCrypto,
    key: ObjectHandle,
    object: KeyObject,
    scheme: &'static Scheme,
    plan: SigningPlan,
    public_key: Vec<u8>,
}

impl HsmSigner {
    /// Finds the one key that `selector` describes, reads its public key from the token
    /// and proves by a signature that the two belong together.
    ///
    /// # Errors
    /// [`Error::KeyNotFound`], [`Error::KeyAmbiguous`], [`Error::KeyUnsupported`],
    /// [`Error::SchemeUnsupported`], [`Error::SignatureInvalid`] when the proof fails,
    /// [`Error::Pkcs11`] when the token does.
    pub fn open(token: Arc<dyn Token>, selector: &KeySelector) -> Result<Self, Error> {
        let found = keys::locate(token.session(Access::Use)?.as_ref(), selector)?;
        let quirks = Quirks::of(token.identity());
        let plan = SigningPlan::choose(found.scheme, token.mechanisms(), quirks)?;
        let signer = Self {
            token,
            crypto: HwCrypto::default(),
            key: found.handle,
            object: found.object,
            scheme: found.scheme,
            plan,
            public_key: found.public_key,
        };
        signer.self_test()?;
        Ok(signer)
    }

    /// The public key as MLS carries it: 32 bytes for Ed25519, the uncompressed point
    /// for ECDSA. It goes into a group's `external_senders` extension.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The key's scheme.
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// What the token says of the private key: label, id, protection.
    pub fn object(&self) -> &KeyObject {
        &self.object
    }

    /// What the token is asked to sign: messages or their digests.
    pub fn plan(&self) -> SigningPlan {
        self.plan
    }

    /// Signs a fresh random message that is no MLS message, and verifies the signature.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when it does not verify, [`Error::Pkcs11`] when the
    /// token does not sign.
    pub fn self_test(&self) -> Result<(), Error> {
        let nonce: [u8; 32] = self.crypto.random_array().map_err(|_| Error::Random)?;
        self.sign_verified(&[SELF_TEST, &nonce].concat()).map(drop)
    }

    /// Signs `message` in the token and verifies the signature before returning it, in
    /// the form that MLS sends.
    pub(crate) fn sign_verified(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.sign_in_token(message)?;
        let encoded = match self.scheme.algorithm {
            Algorithm::EdDsa => signature,
            Algorithm::EcDsa { .. } => ecdsa::der_from_raw(&signature, self.scheme.field_length)?,
        };
        self.crypto
            .verify_signature(self.signature_scheme(), message, &self.public_key, &encoded)
            .map_err(|_| Error::SignatureInvalid)?;
        Ok(encoded)
    }

    fn sign_in_token(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match self.plan {
            SigningPlan::Message(mechanism) => self
                .token
                .session(Access::Use)?
                .sign(self.key, mechanism, message),
            SigningPlan::Digest(hash, mechanism) => {
                let digest = self.crypto.hash(hash, message);
                let digest = digest.map_err(|_| Error::SchemeUnsupported {
                    scheme: self.scheme.title,
                })?;
                self.token
                    .session(Access::Use)?
                    .sign(self.key, mechanism, &digest)
            }
        }
    }
}

impl Signer for HsmSigner {
    /// Signs for OpenMLS. The trait's error says nothing; the reason is logged.
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.sign_verified(payload).map_err(|error| {
            tracing::error!(%error, key = self.object.label, "signing failed");
            SignerError::SigningError
        })
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.scheme.signature_scheme
    }
}

impl fmt::Debug for HsmSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HsmSigner")
            .field("token", self.token.identity())
            .field("label", &self.object.label)
            .field("scheme", &self.scheme.name)
            .finish_non_exhaustive()
    }
}
