//! What is committed.

use mls_signer_message::scheme::Scheme;
use mls_signer_message::signed_removal::SignedRemoval;

use super::claims::Ours;
use super::error::StoreError;
use crate::Caller;

/// Longest text in a record, in bytes.
pub const MAX_TEXT: usize = 1024;

/// A message that was signed, and what the audit is to know of it.
#[derive(Debug)]
pub struct Signed {
    /// The right by which it was signed.
    pub claim: Ours,
    /// What was signed.
    pub proposal: SignedRemoval,
    /// Who asked. All texts have at most [`MAX_TEXT`] bytes.
    pub caller: Caller,
    /// The name of the request.
    pub request_id: String,
    /// The key's label.
    pub key_label: String,
    /// The key's scheme.
    pub scheme: &'static Scheme,
    /// The token that signed, as the configuration names it.
    pub source: String,
}

impl Signed {
    /// Whether the message is what was claimed, and a record can hold the texts.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let request = self.claim.request();
        if *self.proposal.removal() != request.removal {
            return Err(StoreError::NotTheClaim("it proposes another removal"));
        }
        let texts = [
            &self.caller.name,
            &self.caller.authentication,
            &self.request_id,
            &self.key_label,
            &self.source,
            &request.tenant,
        ];
        let unfit = |text: &&String| text.len() > MAX_TEXT || text.contains('\0');
        if texts.iter().any(unfit) {
            let reason = "a text is too long, or has a zero byte";
            return Err(StoreError::NotTheClaim(reason));
        }
        Ok(())
    }
}
