//! What makes two requests the same.

use mls_signer_message::Removal;
use mls_signer_message::hash::sha256;
use tls_codec::{TlsSerialize, TlsSize};

use crate::chain::Hash;
use crate::encoding::encoded;

/// A request as idempotency sees it: two with the same key get the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, TlsSerialize, TlsSize)]
pub struct RequestKey {
    /// Whose key signs.
    pub tenant: String,
    /// SHA-256 of the public key in MLS's form.
    pub key_fingerprint: Hash,
    /// What is proposed.
    pub removal: Removal,
}

/// SHA-256 of a request key.
pub(crate) type Digest = [u8; 32];

impl RequestKey {
    /// The name under which the answer is stored.
    pub(crate) fn digest(&self) -> Digest {
        sha256(&encoded(self))
    }
}
