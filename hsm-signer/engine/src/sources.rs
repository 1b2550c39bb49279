//! Which token may sign a message, and what becomes of one whose signature failed.

use std::sync::Arc;
use std::time::Instant;

use mls_signer_token::Error;
use mls_signer_token::failure::Nature;

use crate::EngineError;
use crate::health::Phase;
use crate::key::Key;
use crate::source::Source;
use crate::standing::Standing;

/// How often a message may be under way when something fails before it is refused: one
/// that makes a module crash must not do so for ever.
const MAX_ATTEMPTS: u32 = 8;

/// The tokens of an engine.
pub(crate) struct Sources(pub Vec<Arc<Source>>);

/// What has become of a message so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    attempts: u32,
    /// The sources, one bit each, that refused it for good.
    refused_by: u64,
    /// What went wrong last.
    pub last: Option<String>,
}

impl History {
    /// Whether it was under way when something failed.
    pub fn is_suspect(&self) -> bool {
        self.attempts > 0
    }

    fn is_refused_by(&self, source: usize) -> bool {
        self.refused_by & bit(source) != 0
    }
}

fn bit(source: usize) -> u64 {
    1u64.checked_shl(source as u32).unwrap_or(0)
}

impl Sources {
    /// How many signatures can be made at a time.
    pub fn sessions(&self) -> usize {
        self.0.iter().map(|source| source.sessions()).sum()
    }

    /// When source number `source` would have signed, in microseconds; none where it cannot.
    pub fn cost(&self, source: usize, key: &Key, history: &History) -> Option<u64> {
        if history.is_refused_by(source) {
            return None;
        }
        let source = self.0.get(source)?;
        matches!(source.standing(key), Standing::Signs).then(|| source.expected_us())
    }

    /// Why no source signs with `key` whatever else it signs: each has set it aside.
    pub fn aside(&self, key: &Key) -> Option<String> {
        let reasons: Option<Vec<_>> = self.0.iter().map(|source| source.aside(key)).collect();
        reasons?.into_iter().next()
    }

    /// Refuses new work when no source signs and none is being recovered.
    pub fn refuse_if_hopeless(&self) -> Result<(), EngineError> {
        let hopeless = |source: &Arc<Source>| matches!(source.phase(), Phase::Out | Phase::Refused);
        if self.0.iter().all(hopeless) {
            return Err(self.unavailable());
        }
        Ok(())
    }

    /// Whether no source will sign a message that was accepted at `accepted`.
    pub fn is_hopeless(&self, key: &Key, accepted: Instant, history: &History) -> bool {
        self.0.iter().enumerate().all(|(number, source)| {
            history.is_refused_by(number)
                || match source.standing(key) {
                    Standing::Signs | Standing::Recovers => false,
                    // It looks again soon, and only then the key is known to be missing.
                    Standing::Lacks { looked } => looked >= accepted,
                    Standing::Refused => true,
                }
        })
    }

    /// Why no source signs with `key`. One that refuses the login may have it, whatever the others
    /// say.
    pub fn refusal(&self, key: &Key) -> EngineError {
        let refuses =
            |source: &Arc<Source>| source.phase() == Phase::Refused && source.aside(key).is_none();
        if self.0.iter().any(refuses) {
            return EngineError::Refused(self.reasons());
        }
        let refusal = self.0.iter().find_map(|source| source.refusal(key));
        refusal.map_or_else(|| self.unavailable(), EngineError::from)
    }

    /// Whether a message may be tried again after `error`, which source number `source` gave.
    pub fn judge(
        &self,
        error: Error,
        history: &mut History,
        source: usize,
        deadline: Instant,
    ) -> Result<(), EngineError> {
        if matches!(error, Error::DeadlinePassed) && Instant::now() >= deadline {
            return Err(EngineError::DeadlinePassed {
                last: history.last.take(),
            });
        }
        history.attempts += 1;
        if error.nature() == Nature::Permanent {
            history.refused_by |= bit(source);
            if history.refused_by.count_ones() as usize >= self.0.len() {
                return Err(error.into());
            }
        }
        if history.attempts >= MAX_ATTEMPTS {
            return Err(error.into());
        }
        history.last = Some(error.to_string());
        Ok(())
    }

    /// Which sources are out, and why.
    pub fn reasons(&self) -> String {
        let reasons: Vec<_> = self.0.iter().map(|source| source.reason()).collect();
        reasons.join("; ")
    }

    fn unavailable(&self) -> EngineError {
        let refused = |source: &Arc<Source>| source.phase() == Phase::Refused;
        if self.0.iter().all(refused) {
            return EngineError::Refused(self.reasons());
        }
        EngineError::Unavailable(self.reasons())
    }
}
