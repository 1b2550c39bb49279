//! `Encap` and `DeriveKeyPair` (RFC 9180, section 4) for many keys at once.
//!
//! What has lanes goes through them where this CPU does them; everything else, and a batch
//! too small to fill them, through the backend one by one.

use openmls_traits::types::{CryptoError, HpkeKeyPair};

use super::{Kem, KemInLanes, SharedSecret};
use crate::lanes::{BATCH, Lanes};

/// How many keys a thread takes at a time where there are no lanes.
const ONE_BY_ONE: usize = 16;

/// The outcome of one encapsulation of a batch: `enc` and the shared secret.
pub(crate) type Encapsulated<'a> = Result<(&'a [u8], &'a SharedSecret), CryptoError>;

impl dyn Kem {
    /// The lanes that `count` encapsulations of this KEM are worth, if any.
    fn lanes_for(&self, count: usize) -> Option<(Lanes, &dyn KemInLanes)> {
        let (curve, kem) = self.in_lanes()?;
        let lanes = Lanes::of(curve)?;
        (count >= lanes.break_even()?).then_some((lanes, kem))
    }

    /// Whether `count` keys of this KEM are worth lanes.
    pub(in crate::hpke) fn has_lanes_for(&self, count: usize) -> bool {
        self.lanes_for(count).is_some()
    }

    /// How many of `count` keys one thread should take at a time, so that all threads have work
    /// and the lanes are full. One by one they are few: a thread whose core is slower, or has
    /// other work, leaves more to the others.
    pub(crate) fn piece_len(&self, count: usize) -> usize {
        let share = count.div_ceil(rayon::current_num_threads()).max(1);
        match self.lanes_for(count) {
            Some((lanes, _)) => share.next_multiple_of(lanes.width()).min(BATCH),
            None => share.min(ONE_BY_ONE),
        }
    }

    /// `Encap` to each of at most [`BATCH`] recipients on this thread, every one
    /// under an ephemeral key of its own; hands each outcome and its place to `each`.
    ///
    /// # Errors
    /// To `each`, those of [`encap`](Kem::encap): a bad key fails alone.
    pub(crate) fn encap_batch(
        &self,
        recipients: &[&[u8]],
        mut each: impl FnMut(usize, Encapsulated<'_>),
    ) {
        if let Some((lanes, kem)) = self.lanes_for(recipients.len()) {
            return kem.encap_batch(&lanes, recipients, &mut each);
        }
        let mut shared_secret = SharedSecret::none();
        for (i, recipient) in recipients.iter().enumerate() {
            match self.encap(recipient, &mut shared_secret) {
                Ok(enc) => each(i, Ok((&enc, &shared_secret))),
                Err(error) => each(i, Err(error)),
            }
        }
    }

    /// `DeriveKeyPair` from each of at most [`BATCH`] input keying materials on this
    /// thread.
    pub(in crate::hpke) fn derive_key_pairs<I: AsRef<[u8]>>(
        &self,
        ikms: &[I],
    ) -> Vec<Result<HpkeKeyPair, CryptoError>> {
        let ikms: Vec<&[u8]> = ikms.iter().map(AsRef::as_ref).collect();
        match self.lanes_for(ikms.len()) {
            Some((lanes, kem)) => kem.derive_key_pairs(&lanes, &ikms),
            None => ikms.iter().map(|ikm| self.derive_key_pair(ikm)).collect(),
        }
    }
}
