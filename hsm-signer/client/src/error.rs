//! Why a request to the service failed.

use crate::tls::TlsError;
use mls_signer_api::ProblemDetails;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The service's address cannot be used.
    #[error("the signer's address: {0}")]
    Endpoint(String),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The service could not be reached, or connections to it were lost, until the time was up.
    #[error("the signer cannot be reached: {0}")]
    Unreachable(String),
    /// The service refused.
    #[error("the signer refused: {} ({}) {}", .0.title, .0.detail, .0.action)]
    Refused(Box<ProblemDetails>),
    /// This client does not understand the service's answer.
    #[error("the signer's answer makes no sense: {0}")]
    Answer(String),
    /// The proposal is not the one that was asked for, or its signature is not the key's.
    #[error("the signer's answer is not the proposal that was asked for; nothing of it is used")]
    Forged,
    /// OpenMLS asked for a signature over something other than an external Remove proposal.
    #[error("the signer signs external Remove proposals and nothing else")]
    NotARemoval,
}

impl ClientError {
    /// Whether the same request may succeed later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(problem) => matches!(problem.status, 408 | 429 | 503 | 504),
            _ => false,
        }
    }
}
