//! External Remove proposals, signed by an engine's keys.

use std::sync::Arc;

use mls_signer_message::Removal;
use mls_signer_message::signed_removal::SignedRemoval;
use mls_signer_token::proposal::UnsignedRemoval;

use crate::batch::Signatures;
use crate::{EngineError, Key, SignRequest};

/// A removal as it was proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The MLSMessage.
    pub signed: SignedRemoval,
    /// The name of the token that signed it.
    pub source: Arc<str>,
}

/// A proposal without its signature, or why it could not be built.
type Built = Result<UnsignedRemoval, EngineError>;

/// Has OpenMLS build each, and gives what is to be signed.
pub(crate) fn build(removals: &[(Arc<Key>, Removal)]) -> (Vec<Built>, Vec<SignRequest>) {
    let mut requests = Vec::with_capacity(removals.len());
    let mut unsigned = Vec::with_capacity(removals.len());
    for (key, removal) in removals {
        let built = UnsignedRemoval::build(removal, key.scheme().signature_scheme);
        if let Ok(built) = &built {
            requests.push(SignRequest {
                key: Arc::clone(key),
                message: built.payload().to_vec(),
            });
        }
        unsigned.push(built.map_err(EngineError::from));
    }
    (unsigned, requests)
}

/// The proposals with the signatures of what was to be signed, in order.
pub(crate) fn signed(
    unsigned: Vec<Built>,
    signatures: Signatures,
) -> Vec<Result<Proposal, EngineError>> {
    let mut signatures = signatures.into_iter();
    let mut finish = |unsigned: UnsignedRemoval| {
        let signature = signatures.next().unwrap_or(Err(EngineError::Stopped))?;
        Ok(Proposal {
            signed: unsigned.signed(&signature.bytes)?,
            source: signature.source,
        })
    };
    let each = unsigned.into_iter();
    each.map(|unsigned| unsigned.and_then(&mut finish))
        .collect()
}
