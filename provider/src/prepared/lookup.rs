//! From a public key to the places it has among the prepared ones, each place given
//! out once.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};

use hashbrown::HashTable;

/// No place.
const NONE: u32 = u32::MAX;

/// Keys of one length with their places: a table from each distinct key to the
/// first of its places, and from each place to the next of the same key.
///
/// Nothing is ever put back, so that giving out places needs no lock: the head of
/// a list only moves forwards.
pub(super) struct Lookup {
    /// The keys, one after the other.
    keys: Vec<u8>,
    key_len: usize,
    /// The first place of each distinct key.
    first: HashTable<u32>,
    /// For the first place of a key: the next to give out.
    head: Box<[AtomicU32]>,
    /// The place of the same key after this one.
    next: Box<[u32]>,
    hasher: RandomState,
}

impl Lookup {
    /// The places of `keys`, in their order: all of `key_len` bytes, fewer than 2^32 - 1.
    pub(super) fn new(keys: &[&[u8]], key_len: usize) -> Self {
        let mut lookup = Self {
            keys: keys.concat(),
            key_len,
            first: HashTable::with_capacity(keys.len()),
            head: (0..keys.len()).map(|_| AtomicU32::new(NONE)).collect(),
            next: vec![NONE; keys.len()].into_boxed_slice(),
            // Keyed at random: whoever chooses keys cannot choose collisions.
            hasher: RandomState::new(),
        };
        for place in 0..keys.len() as u32 {
            lookup.insert(place);
        }
        lookup
    }

    fn insert(&mut self, place: u32) {
        let (keys, key_len, hasher) = (&self.keys, self.key_len, &self.hasher);
        let key_of = |place: u32| key_at(keys, key_len, place);
        let key = key_of(place);
        let first = *self
            .first
            .entry(
                hasher.hash_one(key),
                |&other| key_of(other) == key,
                |&other| hasher.hash_one(key_of(other)),
            )
            .or_insert(place)
            .get();
        let head = self.head[first as usize].get_mut();
        self.next[place as usize] = *head;
        *head = place;
    }

    /// A place of `key` that was not given out before.
    pub(super) fn take(&self, key: &[u8]) -> Option<usize> {
        let first = self.first.find(self.hasher.hash_one(key), |&first| {
            key_at(&self.keys, self.key_len, first) == key
        })?;
        self.head[*first as usize]
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |place| {
                (place != NONE).then(|| self.next[place as usize])
            })
            .ok()
            .map(|place| place as usize)
    }
}

fn key_at(keys: &[u8], key_len: usize, place: u32) -> &[u8] {
    &keys[place as usize * key_len..][..key_len]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_key_is_given_out_once() {
        let keys: Vec<[u8; 2]> = (0..300u16).map(|i| (i % 7).to_be_bytes()).collect();
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        let lookup = Lookup::new(&keys, 2);
        let mut taken: Vec<usize> = Vec::new();
        for key in 0..7u16 {
            let key = key.to_be_bytes();
            while let Some(place) = lookup.take(&key) {
                assert_eq!(keys[place], key);
                taken.push(place);
            }
            assert_eq!(lookup.take(&key), None);
        }
        taken.sort_unstable();
        assert_eq!(taken, (0..300).collect::<Vec<_>>());
    }

    #[test]
    fn no_other_key_has_a_place() {
        let lookup = Lookup::new(&[b"ab", b"cd"], 2);
        for other in [&b""[..], b"a", b"abc", b"ac", b"abcd"] {
            assert_eq!(lookup.take(other), None);
        }
        assert_eq!(Lookup::new(&[], 2).take(b"ab"), None);
    }
}
