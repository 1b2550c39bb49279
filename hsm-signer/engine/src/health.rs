//! How an engine is: per token, with what has happened to it.

use std::fmt;

use serde::Serialize;

use mls_signer_token::failure::RecoveryStep;

/// How an engine is.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// Whether a token can sign: it has made a signature that verified under the pinned
    /// public key, and nothing has failed since.
    pub healthy: bool,
    /// The tokens.
    pub sources: Vec<SourceHealth>,
}

impl Health {
    /// Whether no token signs until a person has acted, since one at least refuses the login and the
    /// others have no key.
    pub fn waits_for_person(&self) -> bool {
        let idle = |source: &SourceHealth| matches!(source.phase, Phase::NoKey | Phase::Refused);
        self.sources.iter().all(idle) && !self.has_no_key()
    }

    /// Whether no token signs because all answer and have no key left.
    pub fn has_no_key(&self) -> bool {
        let none = |source: &SourceHealth| source.phase == Phase::NoKey;
        self.sources.iter().all(none)
    }
}

/// How one token is.
#[derive(Clone, Debug, Serialize)]
pub struct SourceHealth {
    /// Its name.
    pub name: String,
    /// The process that holds the module, if it is another than this one.
    pub process: Option<u32>,
    /// What it is doing.
    pub phase: Phase,
    /// For how many milliseconds.
    pub since_ms: u64,
    /// What failed last.
    pub last_failure: Option<String>,
    /// The keys that it cannot sign with, and why.
    pub missing_keys: Vec<String>,
    /// The steps of recovery taken so far.
    pub steps: Vec<(RecoveryStep, u64)>,
    /// How often recovery has failed and the token was left alone for a while.
    pub breaker_opened: u64,
    /// Signatures made and verified.
    pub signatures: u64,
    /// Signatures that did not verify; none of them was released.
    pub rejected: u64,
    /// Microseconds for a signature, averaged over the last ones.
    pub latency_us: u64,
    /// Signatures under way.
    pub in_flight: usize,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::NoKey => "without a key",
            Self::Recovering => "recovering",
            Self::Out => "out",
            Self::Refused => "refused",
        })
    }
}

/// What a token is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It is being opened.
    Starting,
    /// It signs.
    Ready,
    /// It answers, and each of the keys is gone or cannot be used: it is looked for them, and every
    /// step of recovery was taken.
    NoKey,
    /// Something failed, and the steps of recovery are being taken.
    Recovering,
    /// They did not help; they are taken again after a pause.
    Out,
    /// Nothing will help but a person, such as after a wrong PIN.
    Refused,
}
