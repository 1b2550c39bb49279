//! DHKEM for many keys at once, in lanes.

use openmls_traits::types::{CryptoError, HpkeKeyPair};
use zeroize::Zeroizing;

use super::DhKem;
use crate::hpke::kem::{Encapsulated, KemInLanes, SharedSecret, dh_kdf};
use crate::lanes::{Exchanged, Lanes, PrivateKeys};

impl KemInLanes for DhKem {
    fn encap_batch(
        &self,
        lanes: &Lanes,
        recipients: &[&[u8]],
        each: &mut dyn FnMut(usize, Encapsulated<'_>),
    ) {
        match PrivateKeys::generate(recipients.len(), |key| self.is_private_key(key)) {
            Ok(ephemerals) => self.encap_batch_with(lanes, &ephemerals, recipients, each),
            Err(error) => (0..recipients.len()).for_each(|i| each(i, Err(error))),
        }
    }

    fn derive_key_pairs(
        &self,
        lanes: &Lanes,
        ikms: &[&[u8]],
    ) -> Vec<Result<HpkeKeyPair, CryptoError>> {
        let mut keys = match PrivateKeys::zeros(ikms.len()) {
            Ok(keys) => keys,
            Err(error) => return ikms.iter().map(|_| Err(error)).collect(),
        };
        let mut derived = vec![Ok(()); ikms.len()];
        for ((key, ikm), derived) in keys.iter_mut().zip(ikms).zip(&mut derived) {
            *derived = self.derive_private_key(ikm, key);
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

impl DhKem {
    /// [`encap_batch`](KemInLanes::encap_batch) with the ephemeral keys given; only
    /// known-answer tests choose them.
    pub(in crate::hpke) fn encap_batch_with(
        &self,
        lanes: &Lanes,
        ephemerals: &PrivateKeys,
        recipients: &[&[u8]],
        mut each: impl FnMut(usize, Encapsulated<'_>),
    ) {
        let mut shared_secret = SharedSecret::none();
        lanes.exchange(ephemerals, recipients, |i, exchanged: Exchanged<'_>| {
            let encapsulated = exchanged.map(|(enc, dh)| {
                dh_kdf::extract_and_expand(
                    &self.kdf,
                    dh.as_bytes(),
                    enc,
                    recipients[i],
                    &mut shared_secret,
                );
                (enc, &shared_secret)
            });
            each(i, encapsulated);
        });
    }
}

fn key_pair(keys: &PrivateKeys, i: usize, public: &[u8]) -> HpkeKeyPair {
    let mut private = Zeroizing::new(keys.as_slice()[i].to_vec());
    HpkeKeyPair {
        private: std::mem::take(&mut *private).into(),
        public: public.to_vec(),
    }
}
