//! A cache of one `info_hash`: the last.
//!
//! `info` is the same for every recipient of one UpdatePath and of one
//! Welcome. In a Welcome it holds the encrypted GroupInfo, whose ratchet tree
//! grows with the group: hashing it for each of n new members would cost
//! O(n^2) bytes (RFC 9420, section 12.4.3.1).

use std::sync::{Arc, PoisonError, RwLock};

use super::key_schedule::{InfoHash, KeyScheduleSuite};

/// Longest `info` that is kept, in bytes. The GroupInfo of a group of 50,000
/// members is a quarter of it.
const MAX_INFO_LEN: usize = 64 << 20;

/// The last `info` with its hash, shared by the clones of a provider.
///
/// `info` is not secret (RFC 9180, section 9.1.1). It is compared in full, so a
/// cached hash is returned for the very bytes that were hashed only.
#[derive(Default)]
pub(crate) struct InfoHashCache {
    last: RwLock<Option<Arc<Entry>>>,
    /// How many bytes of `info` were hashed so far.
    #[cfg(test)]
    pub(super) hashed_bytes: std::sync::atomic::AtomicUsize,
}

struct Entry {
    suite: &'static KeyScheduleSuite,
    info: Vec<u8>,
    hash: InfoHash,
}

impl InfoHashCache {
    /// `info_hash` of `info` under `suite`, computed if it is not the last one.
    pub(super) fn hash(&self, suite: &'static KeyScheduleSuite, info: &[u8]) -> InfoHash {
        if let Some(hash) = self.get(suite, info) {
            return hash;
        }
        let hash = suite.info_hash(info);
        #[cfg(test)]
        self.hashed_bytes
            .fetch_add(info.len(), std::sync::atomic::Ordering::Relaxed);
        if info.len() <= MAX_INFO_LEN {
            self.insert(suite, info, &hash);
        }
        hash
    }

    /// Compares outside the lock: `info` may be long.
    fn get(&self, suite: &'static KeyScheduleSuite, info: &[u8]) -> Option<InfoHash> {
        let last = self
            .last
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()?;
        (std::ptr::eq(last.suite, suite) && last.info == info).then(|| last.hash.clone())
    }

    fn insert(&self, suite: &'static KeyScheduleSuite, info: &[u8], hash: &InfoHash) {
        let entry = Arc::new(Entry {
            suite,
            info: info.to_vec(),
            hash: hash.clone(),
        });
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(entry);
    }
}

#[cfg(test)]
mod tests {
    use openmls_traits::types::Ciphersuite;

    use super::*;

    fn suite(ciphersuite: Ciphersuite) -> &'static KeyScheduleSuite {
        KeyScheduleSuite::of(&ciphersuite.hpke_config()).unwrap()
    }

    #[test]
    fn finds_the_same_info_under_the_same_suite_only() {
        let (one, two) = (
            suite(Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519),
            suite(Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256),
        );
        let cache = InfoHashCache::default();
        assert!(cache.get(one, b"info").is_none());
        let hash = cache.hash(one, b"info");
        assert_eq!(hash, one.info_hash(b"info"));
        assert_eq!(cache.get(one, b"info"), Some(hash));
        assert!(cache.get(two, b"info").is_none());
        for other in [b"infp".as_slice(), b"info ", b"inf", b""] {
            assert!(cache.get(one, other).is_none());
            assert_eq!(cache.hash(one, other), one.info_hash(other));
        }
        assert_eq!(cache.hash(two, b"info"), two.info_hash(b"info"));
        assert_ne!(two.info_hash(b"info"), one.info_hash(b"info"));
    }

    #[test]
    fn does_not_keep_an_info_beyond_the_limit() {
        let suite = suite(Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519);
        let cache = InfoHashCache::default();
        let info = vec![7; MAX_INFO_LEN + 1];
        cache.hash(suite, &info);
        assert!(cache.get(suite, &info).is_none());
        cache.hash(suite, &info[1..]);
        assert!(cache.get(suite, &info[1..]).is_some());
    }
}
