//! What makes two requests the same.

use std::fmt;

use mls_signer_message::Removal;
use mls_signer_message::encoding::hex;
use mls_signer_message::hash::sha256;
use tls_codec::{TlsSerialize, TlsSize};

use crate::encoding::encoded;

/// SHA-256 of a public key in MLS's form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, TlsSerialize, TlsSize)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a public key in MLS's form.
    pub fn of(public_key: &[u8]) -> Self {
        Self(sha256(public_key))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", hex(&self.0))
    }
}

/// A request as idempotency sees it: two with the same key get the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, TlsSerialize, TlsSize)]
pub struct RequestKey {
    /// Whose key signs.
    pub tenant: String,
    /// The key.
    pub key: Fingerprint,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests are stored: that of a request stays as it is.
    #[test]
    fn a_digest_is_the_same_for_ever() {
        let request = RequestKey {
            tenant: "Zürich".into(),
            key: Fingerprint([1; 32]),
            removal: Removal {
                group_id: vec![2; 64],
                epoch: 0x0102_0304_0506_0708,
                leaf_index: 3,
                sender_index: 4,
            },
        };
        assert_eq!(
            hex(&request.digest()),
            "5ea354d8160fbaddc111c9c044a65794b02b62ad4e8de9edc13cac055b8833b3"
        );
    }
}
