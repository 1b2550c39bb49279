//! Why the service does not serve.

use mls_signer_engine::EngineError;
use mls_signer_token::Error;

/// Why the service did not start, or did not end in good order.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration, the process or what they name is not as needed.
    #[error(transparent)]
    Setup(#[from] Error),
    /// A tenant's tokens do not sign.
    #[error("tenant {tenant:?}: {error}")]
    Tenant {
        /// The tenant.
        tenant: String,
        /// Why.
        error: EngineError,
    },
}

impl ServeError {
    /// Whether a token refused a PIN: another start would spend another try.
    pub fn concerns_pin(&self) -> bool {
        match self {
            Self::Setup(error) => error.concerns_pin(),
            Self::Tenant { error, .. } => error.concerns_pin(),
        }
    }
}
