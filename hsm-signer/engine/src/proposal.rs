//! External Remove proposals, signed by an engine's keys.

use std::sync::Arc;
use std::time::Instant;

use mls_signer_message::Removal;
use mls_signer_message::signed_removal::SignedRemoval;
use mls_signer_token::error::Error;
use mls_signer_token::proposal::UnsignedRemoval;

use crate::{Engine, Key, SignRequest, Signature};

/// A removal as it was proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The MLSMessage.
    pub signed: SignedRemoval,
    /// The name of the token that signed it.
    pub source: Arc<str>,
}

impl Engine {
    /// Proposes many removals at once, each signed by its key: a message or an error for
    /// each, in order. The signatures are spread over all sessions.
    pub fn propose_removals(
        &self,
        removals: &[(Arc<Key>, Removal)],
        deadline: Instant,
    ) -> Vec<Result<Vec<u8>, Error>> {
        let proposed = propose(removals, |requests| self.sign_spread(requests, deadline));
        let message = |proposal: Proposal| proposal.signed.into_message();
        proposed
            .into_iter()
            .map(|proposed| proposed.map(message))
            .collect()
    }

    /// The same on the calling thread alone, one session at a time: for a caller that has
    /// a thread for each session. Says which token signed.
    pub fn propose_removals_alone(
        &self,
        removals: &[(Arc<Key>, Removal)],
        deadline: Instant,
    ) -> Vec<Result<Proposal, Error>> {
        propose(removals, |requests| self.sign_alone(requests, deadline))
    }
}

fn propose(
    removals: &[(Arc<Key>, Removal)],
    sign: impl FnOnce(Vec<SignRequest>) -> Vec<Result<Signature, Error>>,
) -> Vec<Result<Proposal, Error>> {
    let unsigned: Vec<_> = removals
        .iter()
        .map(|(key, removal)| UnsignedRemoval::build(removal, key.scheme().signature_scheme))
        .collect();
    let mut requests = Vec::with_capacity(removals.len());
    for ((key, _), unsigned) in removals.iter().zip(&unsigned) {
        if let Ok(unsigned) = unsigned {
            requests.push(SignRequest {
                key: Arc::clone(key),
                message: unsigned.payload().to_vec(),
            });
        }
    }
    let mut signatures = sign(requests).into_iter();
    let mut proposals = Vec::with_capacity(removals.len());
    for unsigned in unsigned {
        proposals.push(unsigned.and_then(|unsigned| {
            let Signature { bytes, source } = signatures.next().unwrap_or(Err(Error::Stopped))?;
            let signed = unsigned.signed(&bytes)?;
            Ok(Proposal { signed, source })
        }));
    }
    proposals
}
