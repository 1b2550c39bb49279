//! Of which requests the database surely has no answer: most are asked for the first time,
//! and need not be looked for.
//!
//! A filter (B. H. Bloom, 1970) that is never wrong in what it rules out. Requests are
//! SHA-256 hashes already, so that their own bytes say which bits are theirs. A request is
//! added before its answer is handed to the database, and is looked for only after the claim
//! to it was given back: the lock of the claims puts one before the other. What is pruned
//! stays in until the next start.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::request::Digest;

/// Bits for each record that is stored at the start: of 400 new requests one is looked for
/// in vain.
const BITS_EACH: u64 = 16;

/// The least number of bits, 1 MiB: room for half a million records more.
const LEAST_BITS: u64 = 1 << 23;

/// The most, 128 MiB: beyond that more are looked for in vain.
const MOST_BITS: u64 = 1 << 30;

/// Requests that may have an answer.
pub(super) struct Seen {
    words: Box<[AtomicU64]>,
    /// Whether all that was stored at the start is in.
    complete: AtomicBool,
}

impl Seen {
    /// An empty one, for a database with so many records.
    pub fn for_records(records: u64) -> Self {
        let bits = records.saturating_mul(BITS_EACH).min(MOST_BITS);
        let bits = bits.next_power_of_two().max(LEAST_BITS);
        Self {
            words: (0..bits / 64).map(|_| AtomicU64::new(0)).collect(),
            complete: AtomicBool::new(false),
        }
    }

    /// This request may have an answer from now on.
    pub fn add(&self, request: &Digest) {
        for (word, bit) in self.bits(request) {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// All that was stored at the start was added.
    pub fn complete(&self) {
        self.complete.store(true, Ordering::Release);
    }

    /// Whether the database surely has no answer to this request.
    pub fn rules_out(&self, request: &Digest) -> bool {
        let absent = |(word, bit): (&AtomicU64, u64)| word.load(Ordering::Relaxed) & bit == 0;
        self.complete.load(Ordering::Acquire) && self.bits(request).any(absent)
    }

    /// A request's four bits.
    fn bits(&self, request: &Digest) -> impl Iterator<Item = (&AtomicU64, u64)> {
        let (parts, _) = request.as_chunks::<8>();
        parts.iter().map(|part| {
            let number = u64::from_be_bytes(*part);
            let word = (number >> 6) as usize & (self.words.len() - 1);
            (&self.words[word], 1 << (number & 63))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::chain::sha256;

    fn request(number: u32) -> Digest {
        sha256(&number.to_be_bytes())
    }

    #[test]
    fn what_was_added_is_never_ruled_out() {
        let seen = Seen::for_records(0);
        let before = (0..1000).filter(|number| seen.rules_out(&request(*number)));
        assert_eq!(before.count(), 0, "before all is in, nothing is");
        seen.complete();
        for number in 0..500_000 {
            let request = request(number);
            seen.add(&request);
            assert!(!seen.rules_out(&request));
        }
        let others = (500_000..600_000).map(request);
        let in_vain = others.filter(|other| !seen.rules_out(other)).count();
        println!("{in_vain} of 100000 are looked for in vain");
        assert!((1..500).contains(&in_vain), "{in_vain}");
    }

    #[test]
    fn the_size_follows_the_records_within_bounds() {
        let bits = |records| Seen::for_records(records).words.len() as u64 * 64;
        assert_eq!(bits(0), LEAST_BITS);
        assert_eq!(bits(1_000_000), 1 << 24);
        assert_eq!(bits(u64::MAX), MOST_BITS);
    }
}
