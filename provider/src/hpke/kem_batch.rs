//! `Encap` and `DeriveKeyPair` (RFC 9180, section 4.1) for many keys at once.
//!
//! X25519 and P-256 go through the lanes where this CPU has them; everything
//! else, and a batch too small to fill them, through AWS-LC one by one.

use openmls_traits::types::{CryptoError, HpkeKeyPair};
use zeroize::Zeroizing;

use super::kem::{DhKem, SharedSecret};
use crate::lanes::{BATCH, Exchanged, Lanes, PrivateKeys};

/// The outcome of one encapsulation of a batch: `enc` and the shared secret.
pub(crate) type Encapsulated<'a> = Result<(&'a [u8], &'a SharedSecret), CryptoError>;

impl DhKem {
    /// The lanes that `count` encapsulations of this KEM are worth, if any.
    fn lanes_for(&self, count: usize) -> Option<Lanes> {
        let lanes = Lanes::of(self.lanes?)?;
        (count >= lanes.break_even()?).then_some(lanes)
    }

    /// Whether `count` keys of this KEM are worth lanes.
    pub(super) fn has_lanes_for(&self, count: usize) -> bool {
        self.lanes_for(count).is_some()
    }

    /// How many of `count` keys one thread should take at a time, so that all
    /// threads have work and the lanes are full.
    pub(crate) fn piece_len(&self, count: usize) -> usize {
        let share = count.div_ceil(rayon::current_num_threads()).max(1);
        let width = self.lanes_for(count).map_or(1, |lanes| lanes.width());
        share.next_multiple_of(width).min(BATCH)
    }

    /// `Encap` to each of at most [`BATCH`] recipients on this thread, every one
    /// under an ephemeral key of its own; hands each outcome and its place to `each`.
    ///
    /// # Errors
    /// To `each`, those of [`encap`](Self::encap): a bad key fails alone.
    pub(crate) fn encap_batch<K: AsRef<[u8]>>(
        &self,
        recipients: &[K],
        mut each: impl FnMut(usize, Encapsulated<'_>),
    ) {
        let Some(lanes) = self.lanes_for(recipients.len()) else {
            let mut shared_secret = SharedSecret::none();
            for (i, recipient) in recipients.iter().enumerate() {
                match self.encap(recipient.as_ref(), &mut shared_secret) {
                    Ok(enc) => each(i, Ok((&enc, &shared_secret))),
                    Err(error) => each(i, Err(error)),
                }
            }
            return;
        };
        match PrivateKeys::generate(recipients.len(), |key| self.is_private_key(key)) {
            Ok(ephemerals) => self.encap_batch_with(&lanes, &ephemerals, recipients, each),
            Err(error) => (0..recipients.len()).for_each(|i| each(i, Err(error))),
        }
    }

    /// [`encap_batch`](Self::encap_batch) in `lanes` with the ephemeral keys given;
    /// only known-answer tests choose them.
    pub(super) fn encap_batch_with<K: AsRef<[u8]>>(
        &self,
        lanes: &Lanes,
        ephemerals: &PrivateKeys,
        recipients: &[K],
        mut each: impl FnMut(usize, Encapsulated<'_>),
    ) {
        let mut shared_secret = SharedSecret::none();
        lanes.exchange(ephemerals, recipients, |i, exchanged: Exchanged<'_>| {
            let encapsulated = exchanged.map(|(enc, dh)| {
                let recipient = recipients[i].as_ref();
                self.extract_and_expand(dh.as_bytes(), enc, recipient, &mut shared_secret);
                (enc, &shared_secret)
            });
            each(i, encapsulated);
        });
    }

    /// `DeriveKeyPair` from each of at most [`BATCH`] input keying materials on this
    /// thread.
    pub(super) fn derive_key_pairs<I: AsRef<[u8]>>(
        &self,
        ikms: &[I],
    ) -> Vec<Result<HpkeKeyPair, CryptoError>> {
        match self.lanes_for(ikms.len()) {
            Some(lanes) => self.derive_key_pairs_in(&lanes, ikms),
            None => ikms
                .iter()
                .map(|ikm| self.derive_key_pair(ikm.as_ref()))
                .collect(),
        }
    }

    fn derive_key_pairs_in<I: AsRef<[u8]>>(
        &self,
        lanes: &Lanes,
        ikms: &[I],
    ) -> Vec<Result<HpkeKeyPair, CryptoError>> {
        let mut keys = match PrivateKeys::zeros(ikms.len()) {
            Ok(keys) => keys,
            Err(error) => return ikms.iter().map(|_| Err(error)).collect(),
        };
        let mut derived = vec![Ok(()); ikms.len()];
        for ((key, ikm), derived) in keys.iter_mut().zip(ikms).zip(&mut derived) {
            *derived = self.derive_private_key(ikm.as_ref(), key);
        }
        let mut pairs = Vec::with_capacity(ikms.len());
        lanes.public_keys(&keys, |i, public| {
            pairs.push(
                derived[i]
                    .and(public)
                    .map(|public| key_pair(&keys, i, public)),
            );
        });
        pairs
    }
}

fn key_pair(keys: &PrivateKeys, i: usize, public: &[u8]) -> HpkeKeyPair {
    let mut private = Zeroizing::new(keys.as_slice()[i].to_vec());
    HpkeKeyPair {
        private: std::mem::take(&mut *private).into(),
        public: public.to_vec(),
    }
}
