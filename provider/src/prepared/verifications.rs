//! Signatures verified beforehand, each result used at most once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use openmls_traits::types::SignatureScheme;
use rayon::prelude::*;

use super::{MAX_PREPARED, PrepareError};
use crate::hash;
use crate::policy::Mode;
use crate::signature::{self, SignedMessage};

/// The verifications that live guards hold, shared by the clones of a provider.
#[derive(Default)]
pub(crate) struct VerificationStore {
    held: RwLock<Vec<Arc<Verified>>>,
}

/// Signatures that were found good, waiting to be asked for.
///
/// As long as this guard lives, verifying one of them again is answered from the
/// result, once for each time it was prepared; see the [module](super). It borrows nothing, and can
/// be kept beside the provider.
#[must_use = "dropping the guard forgets what was verified"]
pub struct PreparedVerifications {
    store: Arc<VerificationStore>,
    verified: Arc<Verified>,
}

/// SHA-256 over scheme, key, signature and message.
type Digest = [u8; 32];

/// How often each good signature may still be asked for.
struct Verified {
    /// How many there were at first.
    count: usize,
    remaining: Mutex<HashMap<Digest, u32>>,
}

impl VerificationStore {
    /// Verifies every signature, in lanes and over all cores, and remembers the good ones.
    pub(crate) fn prepare(
        self: &Arc<Self>,
        mode: Mode,
        signed: &[SignedMessage<'_>],
    ) -> Result<PreparedVerifications, PrepareError> {
        for signed in signed {
            mode.check_signature(signed.scheme)?;
        }
        check_room(&self.read(), signed.len())?;
        let verified = Arc::new(Verified::new(mode, signed));
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        check_room(&held, verified.count)?;
        held.push(Arc::clone(&verified));
        Ok(PreparedVerifications {
            store: Arc::clone(self),
            verified,
        })
    }

    /// Whether this very signature was found good beforehand. Says so once for each
    /// time it was prepared.
    pub(crate) fn take(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        public_key: &[u8],
        signature: &[u8],
    ) -> bool {
        let held = self.read();
        if held.is_empty() {
            return false;
        }
        let digest = digest(scheme, message, public_key, signature);
        held.iter().any(|verified| verified.take(&digest))
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Verified>>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self, verified: &Arc<Verified>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.retain(|held| !Arc::ptr_eq(held, verified));
    }
}

fn check_room(held: &[Arc<Verified>], more: usize) -> Result<(), PrepareError> {
    let count: usize = held.iter().map(|verified| verified.count).sum();
    match count.checked_add(more) {
        Some(count) if count <= MAX_PREPARED => Ok(()),
        _ => Err(PrepareError::TooMany),
    }
}

impl Verified {
    fn new(mode: Mode, signed: &[SignedMessage<'_>]) -> Self {
        // One that is refused for whatever reason is not remembered, and keeps no other from being.
        let results = signature::verify_batch(mode, signed);
        let good: Vec<Digest> = signed
            .par_iter()
            .zip(results)
            .filter(|(_, result)| result.is_ok())
            .filter_map(|(signed, _)| mode.run(|| Ok(digest_of(signed))).ok())
            .collect();
        let mut remaining = HashMap::with_capacity(good.len());
        for digest in &good {
            *remaining.entry(*digest).or_default() += 1;
        }
        Self {
            count: good.len(),
            remaining: Mutex::new(remaining),
        }
    }

    fn take(&self, digest: &Digest) -> bool {
        let mut remaining = self.remaining();
        let Some(times) = remaining.get_mut(digest) else {
            return false;
        };
        *times -= 1;
        if *times == 0 {
            remaining.remove(digest);
        }
        true
    }

    fn remaining(&self) -> MutexGuard<'_, HashMap<Digest, u32>> {
        self.remaining
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a good signature is known by.
fn digest_of(signed: &SignedMessage<'_>) -> Digest {
    digest(
        signed.scheme,
        &signed.message,
        signed.public_key,
        signed.signature,
    )
}

/// Injective up to collisions of SHA-256: all but the last part have their lengths
/// before them.
fn digest(scheme: SignatureScheme, message: &[u8], public_key: &[u8], signature: &[u8]) -> Digest {
    let len = |bytes: &[u8]| (bytes.len() as u64).to_be_bytes();
    hash::sha256([
        &(scheme as u16).to_be_bytes()[..],
        &len(public_key),
        public_key,
        &len(signature),
        signature,
        message,
    ])
}

impl PreparedVerifications {
    /// How many good signatures were not asked for so far.
    pub fn unused(&self) -> usize {
        self.verified
            .remaining()
            .values()
            .map(|&times| times as usize)
            .sum()
    }
}

impl Drop for PreparedVerifications {
    fn drop(&mut self) {
        self.store.release(&self.verified);
    }
}

impl fmt::Debug for PreparedVerifications {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PreparedVerifications")
            .field("unused", &self.unused())
            .finish()
    }
}
