//! What the module's service indicator says of each service that a thread asks for.
//!
//! The indicator is a counter of each thread, which the module moves when it has done
//! something approved; it says nothing of what. So it is read around every single call, and
//! not around an operation of several: in an HPKE seal the key agreement alone would move it.

use std::cell::RefCell;

use serde::Serialize;

use crate::{Algorithm, Exception, Service};

/// One service that was asked for, and what the indicator said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Observation {
    /// The service.
    pub service: Service,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Whether the indicator moved.
    pub moved: bool,
}

impl Observation {
    /// Whether the module approved of the service.
    ///
    /// Entering a key is no security function: a hash or a check inside it may move the
    /// indicator, and says nothing of the key.
    pub fn is_approved(&self) -> bool {
        self.moved && self.service != Service::KeyEntry
    }

    /// Whether the strict policy lets it pass: by the indicator, or as an [`Exception`].
    pub fn passes(&self) -> bool {
        self.is_approved() || Exception::covering(self.service, self.algorithm).is_some()
    }
}

thread_local! {
    /// What [`record`] has seen so far on this thread; `None` while nobody records.
    static RECORD: RefCell<Option<Vec<Observation>>> = const { RefCell::new(None) };
}

/// Runs `call`, one call of the module, and notes what the indicator says of it if this
/// thread [`record`]s. Without the FIPS module there is no indicator, and it never moves.
#[inline]
pub fn observe<T>(service: Service, algorithm: Algorithm, call: impl FnOnce() -> T) -> T {
    if !is_recording() {
        return call();
    }
    let before = read();
    let result = call();
    let moved = read() != before;
    RECORD.with_borrow_mut(|record| {
        record.iter_mut().for_each(|observations| {
            observations.push(Observation {
                service,
                algorithm,
                moved,
            });
        });
    });
    result
}

/// Runs `operation` on this thread and returns what was [`observe`]d meanwhile, in order.
pub fn record<T>(operation: impl FnOnce() -> T) -> (T, Vec<Observation>) {
    let recording = Recording::begin();
    let result = operation();
    (result, recording.end())
}

/// Gives back what was recorded before, also when the operation panics.
struct Recording {
    outer: Option<Vec<Observation>>,
}

impl Recording {
    fn begin() -> Self {
        let outer = RECORD.replace(Some(Vec::new()));
        Self { outer }
    }

    fn end(self) -> Vec<Observation> {
        RECORD.take().unwrap_or_default()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        RECORD.set(self.outer.take());
    }
}

#[cfg(feature = "fips")]
fn is_recording() -> bool {
    RECORD.with_borrow(Option::is_some)
}

/// Known to the compiler, so that [`observe`] is its call.
#[inline]
#[cfg(not(feature = "fips"))]
const fn is_recording() -> bool {
    false
}

#[cfg(feature = "fips")]
fn read() -> u64 {
    crate::ffi::service_indicator()
}

#[cfg(not(feature = "fips"))]
const fn read() -> u64 {
    0
}

#[cfg(all(test, feature = "fips"))]
mod tests {
    use aws_lc_rs::{aead, digest};

    use super::*;

    fn seal_under_a_nonce_of_ours() {
        let key = aead::UnboundKey::new(&aead::AES_128_GCM, &[7; 16]).unwrap();
        let nonce = aead::Nonce::assume_unique_for_key([9; 12]);
        let mut text = vec![1, 2, 3];
        aead::LessSafeKey::new(key)
            .seal_in_place_append_tag(nonce, aead::Aad::empty(), &mut text)
            .unwrap();
    }

    /// If the indicator never moved, or always did, one of the two would fail.
    #[test]
    fn a_hash_is_approved_and_a_seal_under_our_own_nonce_is_not() {
        let ((), seen) = record(|| {
            observe(Service::Digest, Algorithm::Sha2, || {
                let _ = digest::digest(&digest::SHA256, b"abc");
            });
            observe(Service::Seal, Algorithm::AesGcm, seal_under_a_nonce_of_ours);
        });
        let approved: Vec<bool> = seen.iter().map(Observation::is_approved).collect();
        assert_eq!(approved, [true, false]);
        assert!(seen.iter().all(Observation::passes));
        assert_eq!(seen[1].service, Service::Seal);
    }

    #[test]
    fn the_entry_of_a_key_is_never_approved() {
        let entry = |algorithm| Observation {
            service: Service::KeyEntry,
            algorithm,
            moved: true,
        };
        assert!(!entry(Algorithm::EcdhNist).is_approved());
        assert!(entry(Algorithm::EcdhNist).passes());
        assert!(!entry(Algorithm::X25519).passes());
    }

    #[test]
    fn nothing_is_noted_outside_of_a_recording() {
        observe(Service::Digest, Algorithm::Sha2, || ());
        let ((), outer) = record(|| {
            let ((), inner) = record(|| observe(Service::Hmac, Algorithm::HmacSha2, || ()));
            assert_eq!(inner.len(), 1);
            assert!(!inner[0].passes());
        });
        assert_eq!(outer, []);
        assert!(!is_recording());
    }
}
