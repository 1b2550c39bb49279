//! What makes two requests the same.

use mls_signer_message::Removal;
use mls_signer_message::hash::sha256;
use tls_codec::VLByteSlice;

use crate::VerifyingKey;
use crate::chain::Hash;
use crate::encoding::encoded;

/// A request as idempotency sees it: two with the same key get the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// Whose key signs.
    pub tenant: String,
    /// The key that is to have signed.
    pub key: VerifyingKey,
    /// What is proposed.
    pub removal: Removal,
}

/// SHA-256 of a request key.
pub(crate) type Digest = [u8; 32];

impl RequestKey {
    /// The name under which the answer is stored.
    pub(crate) fn digest(&self) -> Digest {
        digest(&self.tenant, &sha256(&self.key.public_key), &self.removal)
    }
}

/// The name under which the answer to such a request is stored; the fingerprint is SHA-256 of the
/// public key in MLS's form.
pub(crate) fn digest(tenant: &str, key_fingerprint: &Hash, removal: &Removal) -> Digest {
    let tenant = VLByteSlice(tenant.as_bytes());
    sha256(&encoded(&(tenant, *key_fingerprint, removal)))
}
