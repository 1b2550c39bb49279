//! [`HsmSigner`]: an MLS signer whose private key stays in the token.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;

use crate::error::Error;
use crate::keys::find::locate;
use crate::proposal::UnsignedRemoval;
use crate::quirks::SigningPlan;
use crate::release;
use crate::session_pool::SessionPool;
use crate::token::{Access, KeyObject, KeySelector, ObjectHandle, SessionLimits, Token};
use mls_signer_message::Removal;
use mls_signer_message::scheme::Scheme;
use mls_signer_message::signature::verified;

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
    sessions: SessionPool,
    key: ObjectHandle,
    plan: SigningPlan,
    crypto: HwCrypto,
    object: KeyObject,
    scheme: &'static Scheme,
    public_key: Vec<u8>,
}

impl HsmSigner {
    /// Finds the one key that `selector` describes, reads its public key from the token
    /// and proves by a signature that the two belong together.
    ///
    /// # Errors
    /// [`Error::KeyNotFound`], [`Error::KeyAmbiguous`], [`Error::KeyUnsupported`],
    /// [`Error::KeyAttributes`] when it is not as the token's rules want it,
    /// [`Error::SchemeUnsupported`], [`Error::SignatureInvalid`] when the proof fails,
    /// [`Error::Pkcs11`] when the token does.
    pub fn open(token: Arc<dyn Token>, selector: &KeySelector) -> Result<Self, Error> {
        let session = token.session(Access::Use)?;
        let found = locate(token.as_ref(), session.as_ref(), selector)?;
        drop(session);
        let signer = Self {
            sessions: SessionPool::new(token, SessionLimits::default()),
            key: found.handle,
            plan: found.plan,
            crypto: HwCrypto::default(),
            object: found.object,
            scheme: found.scheme,
            public_key: found.public_key,
        };
        signer.self_test()?;
        Ok(signer)
    }

    /// The public key as MLS carries it: the key of RFC 8032 for EdDSA, the uncompressed
    /// point for ECDSA, the key of FIPS 204 for ML-DSA. It goes into a group's
    /// `external_senders` extension.
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

    /// Proposes, as the external sender `sender_index` of the group, to remove the
    /// member at `leaf_index`. Returns a serialized MLSMessage with a PublicMessage,
    /// which any member of the group can commit in epoch `epoch`.
    ///
    /// The message is built by OpenMLS and its authenticated data is empty. Signing the
    /// same proposal twice with ECDSA gives two different messages with different
    /// ProposalRefs.
    ///
    /// # Errors
    /// [`Error::Pkcs11`] and [`Error::SignatureInvalid`] from the signature;
    /// [`Error::Proposal`] when OpenMLS does not build the message.
    pub fn propose_remove(
        &self,
        group_id: &[u8],
        epoch: u64,
        leaf_index: u32,
        sender_index: u32,
    ) -> Result<Vec<u8>, Error> {
        let removal = Removal {
            group_id: group_id.into(),
            epoch,
            leaf_index,
            sender_index,
        };
        let unsigned = UnsignedRemoval::build(&removal, self.scheme.signature_scheme)?;
        let signature = self.sign_verified(unsigned.payload())?;
        Ok(unsigned.signed(&signature)?.into_message())
    }

    /// Signs a fresh random message that is no MLS message, and verifies the signature.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when it does not verify, [`Error::Pkcs11`] when the
    /// token does not sign.
    pub fn self_test(&self) -> Result<(), Error> {
        let message = release::self_test_message(&self.crypto)?;
        self.sign_verified(&message).map(drop)
    }

    /// Signs `message` in the token and verifies the signature before returning it, in
    /// the form that MLS sends.
    pub(crate) fn sign_verified(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let data = release::prepared(&self.crypto, self.scheme, self.plan, message)?;
        let mechanism = release::mechanism(self.plan);
        let deadline = Instant::now() + self.sessions.patience();
        let signature = self
            .sessions
            .with(deadline, |session| session.sign(self.key, mechanism, &data))?;
        let (crypto, scheme, key) = (&self.crypto, self.scheme, &self.public_key);
        Ok(verified(crypto, scheme, key, message, signature)?)
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
            .field("label", &self.object.label)
            .field("scheme", &self.scheme.name)
            .finish_non_exhaustive()
    }
}
