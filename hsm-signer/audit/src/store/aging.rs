//! How old checkpoints are, measured by the checkpoints after them and not by the clock of the
//! moment: a clock that jumped must not have a log removed that is young.

use super::error::StoreError;
use super::reader::LogReader;
use crate::chain::Chain;
use crate::{Kind, SignedStatement, VerifyingKey};

/// Statements that are read at once.
const PAGE: u32 = 1000;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// After so many milliseconds there is another checkpoint while the service runs, even where
/// nothing is new.
pub(super) const REPEATED: u64 = HOUR_MS;

/// The most that is believed to lie between two checkpoints, in milliseconds. Where it is more,
/// the service did not run or the clock jumped, nobody knows which, and it counts as nothing.
/// [`REPEATED`] is noticed up to an hour late, and what is nearer than [`REPEATED`] passed over.
const MOST_APART: u64 = 3 * HOUR_MS;

/// Times are measured from checkpoint to checkpoint that are at least so far apart, in parts of
/// the age that is asked for: each of these has its signature verified.
const PARTS: u64 = 100;

/// A place up to which could be pruned.
struct Measured {
    sequence: u64,
    /// Milliseconds from the first checkpoint, without the gaps of more than [`MOST_APART`].
    measured: u64,
}

/// The checkpoints of `key` after the pruned part of a chain.
pub(super) struct Ages {
    places: Vec<Measured>,
    /// What a clock would say of the first one's age, seen from the last.
    by_the_clock: u64,
}

impl Ages {
    /// Reads them page by page. `age` is that for which they will be asked, in milliseconds.
    pub(super) async fn read(
        log: &LogReader,
        chain: &Chain,
        key: &VerifyingKey,
        age: u64,
    ) -> Result<Self, StoreError> {
        let apart = (age / PARTS).min(REPEATED);
        let mut places: Vec<Measured> = Vec::new();
        let mut between = Vec::new();
        let mut first = None;
        let mut before = 0;
        let mut measured = 0;
        let mut after = chain.pruned;
        loop {
            let page = log.statements(&chain.tenant, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.statement.sequence;
            for signed in page
                .iter()
                .filter(|signed| is_checkpoint(signed, chain, key))
            {
                let time = signed.statement.time;
                let sequence = signed.statement.sequence;
                let near = first.is_some() && time.saturating_sub(before) < apart;
                if near || !signed.verifies() {
                    between.push(sequence);
                    continue;
                }
                let passed = time.saturating_sub(before);
                if first.is_some() && passed <= MOST_APART {
                    measured += passed;
                }
                first.get_or_insert(time);
                before = time;
                // What lies between two that were measured counts as young as the second.
                let sequences = between.drain(..).chain([sequence]);
                places.extend(sequences.map(|sequence| Measured { sequence, measured }));
            }
        }
        let by_the_clock = before.saturating_sub(first.unwrap_or(before));
        Ok(Self {
            places,
            by_the_clock,
        })
    }

    /// The last record of the checkpoint that is nearest to `most` records after the chain's
    /// beginning among those that are so old, in milliseconds.
    pub(super) fn end(&self, age: u64, pruned: u64, most: u64) -> Option<u64> {
        let last = self.places.last()?.measured;
        let old = |place: &&Measured| last - place.measured >= age;
        let mut old = self.places.iter().filter(old).map(|place| place.sequence);
        let first = old.next()?;
        let further = old.take_while(|sequence| sequence - pruned <= most);
        Some(further.last().unwrap_or(first))
    }

    /// Whether a clock would say that some are so old, and they are not.
    pub(super) fn jumped(&self, age: u64) -> bool {
        let measured = self.places.last().map_or(0, |last| last.measured);
        self.by_the_clock >= age && measured < age
    }
}

/// Whether one of `keys` signed that a chain was pruned as far as it is; any key where none is
/// known.
pub(super) fn is_pruning(signed: &SignedStatement, chain: &Chain, keys: &[VerifyingKey]) -> bool {
    let statement = &signed.statement;
    statement.kind == Kind::Pruning
        && (statement.chain_id, statement.sequence, statement.head)
            == (chain.id, chain.pruned, chain.anchor)
        && (keys.is_empty() || keys.contains(&signed.key))
        && signed.verifies()
}

pub(super) fn is_checkpoint(signed: &SignedStatement, chain: &Chain, key: &VerifyingKey) -> bool {
    let statement = &signed.statement;
    statement.kind == Kind::Checkpoint
        && statement.chain_id == chain.id
        && statement.sequence > chain.pruned
        && signed.key == *key
}
