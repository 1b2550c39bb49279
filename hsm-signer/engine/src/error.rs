//! What can become of a signature that an engine was asked for.

use std::sync::Arc;

use mls_signer_token::Error;
use mls_signer_token::failure::Nature;

use crate::MAX_MESSAGE;

/// Why an engine did not sign, or could not be started.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// What the tokens said.
    #[error(transparent)]
    Token(Arc<Error>),
    /// As much work waits as may; nothing was accepted.
    #[error("too many signatures are waiting already; try again later")]
    QueueFull,
    /// As much of the caller's work waits as may; nothing was accepted.
    #[error("too many signatures of this caller are waiting already; try again later")]
    LaneFull,
    /// The message is longer than the engine signs.
    #[error("the message has {0} bytes; at most {MAX_MESSAGE} can be signed")]
    MessageTooLong(usize),
    /// The deadline passed before the signature was made. None was released.
    #[error("the deadline passed before the signature was made{}", after(last))]
    DeadlinePassed {
        /// What went wrong last, if anything did.
        last: Option<String>,
    },
    /// No token can sign at present; nothing was accepted.
    #[error("no token can sign at present: {0}")]
    Unavailable(String),
    /// A token that has the key, or may have it, refused the login, and a person must act; other keys
    /// may sign in other tokens.
    #[error(
        "what no other token has is not signed until a person has acted, for the login was refused: {0}"
    )]
    Refused(String),
    /// Some tokens sign, and these do not or could not be asked; keys that only they have stay as they
    /// were.
    #[error("not every token has answered, and what only these have stays as it was: {0}")]
    Unasked(String),
    /// No key of the engine is as asked for.
    #[error("the signer has no {wanted}; it has {present}")]
    KeyUnknown {
        /// What was asked for.
        wanted: String,
        /// The keys there are.
        present: String,
    },
    /// A key that the token has is not among those that the configuration pins.
    #[error(
        "the key {0} is not among pinned_public_keys, and nothing is taken over. If it is meant to be in \
         use, add its public key to the list, take those out that are gone or retired, and restart the service. \
         If not, find out who made it before anything is signed"
    )]
    NotPinned(String),
    /// A key that the configuration pins is retired.
    #[error(
        "the pinned public key {public_key} is of {label}, which is retired: take it out of \
         pinned_public_keys, and restart the service"
    )]
    PinRetired {
        /// The public key, in base64.
        public_key: String,
        /// The label that the key has now.
        label: String,
    },
    /// Of the keys that the tokens have, some were taken over, and others not.
    #[error("{error}. What was taken over beside it: {taken}")]
    InPart {
        /// The keys that were.
        taken: String,
        /// What became of the others.
        error: Arc<Error>,
    },
    /// This engine has been stopped, or the thread that answers is gone.
    #[error("the signer's engine has been stopped")]
    Stopped,
}

fn after(last: &Option<String>) -> String {
    last.as_ref()
        .map(|reason| format!("; the last failure was: {reason}"))
        .unwrap_or_default()
}

impl EngineError {
    /// Whether a token refused the PIN or would lock it.
    pub fn concerns_pin(&self) -> bool {
        matches!(self, Self::Token(error) if error.concerns_pin())
    }

    /// Whether it may pass.
    pub fn nature(&self) -> Nature {
        match self {
            Self::Token(error) | Self::InPart { error, .. } => error.nature(),
            Self::QueueFull | Self::LaneFull | Self::Unavailable(_) | Self::Unasked(_) => {
                Nature::Transient
            }
            Self::DeadlinePassed { .. } => Nature::Unknown,
            Self::MessageTooLong(_)
            | Self::Refused(_)
            | Self::KeyUnknown { .. }
            | Self::NotPinned(_)
            | Self::PinRetired { .. }
            | Self::Stopped => Nature::Permanent,
        }
    }

    /// What the tokens said, if it is that.
    pub fn token(&self) -> Option<&Error> {
        match self {
            Self::Token(error) | Self::InPart { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        Self::Token(Arc::new(error))
    }
}
