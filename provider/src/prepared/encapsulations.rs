//! Encapsulations made beforehand, each used at most once.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use openmls_traits::types::HpkeKemType;
use rayon::prelude::*;

use super::lookup::Lookup;
use super::{MAX_PREPARED, PrepareError};
use crate::fork;
use crate::hpke::PreparedEncapsulations;
use crate::hpke::kem::{self, Kem, SharedSecret};
use crate::policy::Mode;

/// The encapsulations that live guards hold, shared by the clones of a provider.
#[derive(Default)]
pub(crate) struct EncapsulationStore {
    held: RwLock<Vec<Arc<Encapsulations>>>,
}

/// Encapsulations to some recipients, waiting to be used.
///
/// As long as this guard lives, sealing to one of them takes an encapsulation that
/// was prepared; see the [module](super). Dropping it wipes what was not used. It borrows nothing,
/// and can be kept beside the provider. In the child of a `fork` it holds nothing.
#[must_use = "dropping the guard wipes what was prepared"]
pub struct PreparedSeals {
    store: Arc<EncapsulationStore>,
    encapsulations: Arc<Encapsulations>,
}

struct Encapsulations {
    /// The process that made them, and that alone may use them.
    generation: u64,
    kem: HpkeKemType,
    lookup: Lookup,
    enc_len: usize,
    /// The `enc` of every place.
    encs: Vec<u8>,
    /// The shared secret of every place: none where the key was bad or it was taken.
    /// Those that are left are wiped where they are, when this is dropped.
    shared_secrets: Box<[Mutex<SharedSecret>]>,
}

impl EncapsulationStore {
    /// Encapsulates to each recipient, once for each time it is named.
    pub(crate) fn prepare<K: AsRef<[u8]> + Sync>(
        self: &Arc<Self>,
        mode: Mode,
        kem: HpkeKemType,
        recipients: &[K],
    ) -> Result<PreparedSeals, PrepareError> {
        mode.check_kem(kem)?;
        let kem_functions = kem::of(kem)?;
        // Before the work, and again when it is done and the guard is made.
        self.check_room(&read(&self.held), recipients.len())?;
        let encapsulations = Encapsulations::new(mode, kem, kem_functions, recipients);
        let encapsulations = Arc::new(encapsulations);
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        self.check_room(&held, recipients.len())?;
        held.push(Arc::clone(&encapsulations));
        Ok(PreparedSeals {
            store: Arc::clone(self),
            encapsulations,
        })
    }

    fn check_room(&self, held: &[Arc<Encapsulations>], more: usize) -> Result<(), PrepareError> {
        let count: usize = held.iter().map(|held| held.shared_secrets.len()).sum();
        match count.checked_add(more) {
            Some(count) if count <= MAX_PREPARED => Ok(()),
            _ => Err(PrepareError::TooMany),
        }
    }

    fn release(&self, encapsulations: &Arc<Encapsulations>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.retain(|held| !Arc::ptr_eq(held, encapsulations));
    }
}

impl PreparedEncapsulations for EncapsulationStore {
    fn take(
        &self,
        kem: HpkeKemType,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Option<Vec<u8>> {
        read(&self.held)
            .iter()
            .find_map(|encapsulations| encapsulations.take(kem, recipient, shared_secret))
    }
}

fn read(
    held: &RwLock<Vec<Arc<Encapsulations>>>,
) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Encapsulations>>> {
    held.read().unwrap_or_else(PoisonError::into_inner)
}

impl Encapsulations {
    fn new<K: AsRef<[u8]> + Sync>(
        mode: Mode,
        kem: HpkeKemType,
        functions: &'static dyn Kem,
        recipients: &[K],
    ) -> Self {
        let generation = fork::generation();
        let (public_len, enc_len) = (functions.public_len(), functions.enc_len());
        let recipients: Vec<&[u8]> = recipients
            .iter()
            .map(AsRef::as_ref)
            .filter(|key| key.len() == public_len)
            .collect();
        let mut encs = vec![0; recipients.len() * enc_len];
        let none = |_| Mutex::new(SharedSecret::none());
        let mut shared_secrets: Box<[_]> = recipients.iter().map(none).collect();
        let (lookup, ()) = rayon::join(
            || Lookup::new(&recipients, public_len),
            || encapsulate(mode, functions, &recipients, &mut encs, &mut shared_secrets),
        );
        Self {
            generation,
            kem,
            lookup,
            enc_len,
            encs,
            shared_secrets,
        }
    }

    /// A bad key has a place and no secret: the next place of the same key has none either.
    fn take(
        &self,
        kem: HpkeKemType,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Option<Vec<u8>> {
        if kem != self.kem || self.is_copy() {
            return None;
        }
        let place = self.lookup.take(recipient)?;
        let mut held = lock(&self.shared_secrets[place]);
        if !held.is_some() {
            return None;
        }
        shared_secret.copy_from(&held);
        held.wipe();
        let enc = &self.encs[place * self.enc_len..][..self.enc_len];
        Some(enc.to_vec())
    }

    /// Whether the process has forked since: what this copy gave out, the parent would as well.
    fn is_copy(&self) -> bool {
        self.generation != fork::generation()
    }

    fn unused(&self) -> usize {
        if self.is_copy() {
            return 0;
        }
        let secrets = self.shared_secrets.iter();
        secrets.filter(|secret| lock(secret).is_some()).count()
    }
}

/// Encapsulates to all recipients in lanes over all cores; a bad key gets no secret, and
/// neither does one that `mode` does not approve of.
fn encapsulate(
    mode: Mode,
    kem: &'static dyn Kem,
    recipients: &[&[u8]],
    encs: &mut [u8],
    shared_secrets: &mut [Mutex<SharedSecret>],
) {
    let piece_len = mode.piece_len(kem.piece_len(recipients.len()));
    let enc_len = kem.enc_len();
    recipients
        .par_chunks(piece_len)
        .zip(encs.par_chunks_mut(piece_len * enc_len))
        .zip(shared_secrets.par_chunks_mut(piece_len))
        .for_each(|((recipients, encs), secrets)| {
            let approved = mode.run(|| {
                kem.encap_batch(recipients, |i, encapsulated| {
                    if let Ok((enc, shared_secret)) = encapsulated {
                        encs[i * enc_len..][..enc_len].copy_from_slice(enc);
                        held(&mut secrets[i]).copy_from(shared_secret);
                    }
                });
                Ok(())
            });
            if approved.is_err() {
                secrets.iter_mut().for_each(|secret| held(secret).wipe());
            }
        });
}

fn held(secret: &mut Mutex<SharedSecret>) -> &mut SharedSecret {
    secret.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// A secret is whole before and after anything that could panic.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PreparedSeals {
    /// How many encapsulations were not used so far.
    pub fn unused(&self) -> usize {
        self.encapsulations.unused()
    }
}

impl Drop for PreparedSeals {
    fn drop(&mut self) {
        // Nobody else refers to them after this; they are dropped with the guard.
        self.store.release(&self.encapsulations);
    }
}

impl fmt::Debug for PreparedSeals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PreparedSeals")
            .field("kem", &self.encapsulations.kem)
            .field("unused", &self.unused())
            .finish()
    }
}
