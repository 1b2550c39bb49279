//! X-Wing, ML-KEM-768 with X25519 (draft-connolly-cfrg-xwing-kem-06).
//!
//! ML-KEM is AWS-LC's; X25519 takes the way of DHKEM(X25519), in lanes for many at once. A
//! private key is a seed of 32 bytes; a public key and `enc` are the two halves, ML-KEM's
//! first.
//!
//! The draft computes with an all-zero X25519 secret; here a key or `enc` that gives one is
//! refused, as it is by DHKEM(X25519). No key that was generated gives one.

use openmls_traits::types::{CryptoError, HpkeKeyPair};
use zeroize::Zeroizing;

use super::dh::DHKEM_X25519;
use super::ml_kem::{ML_KEM_768, SECRET_LEN};
use super::{Encapsulated, Kem, KemInLanes, SharedSecret};
use crate::backend::agreement::PrivateKey;
use crate::backend::random;
use crate::ffi::{self, ML_KEM_SEED_LEN, MlKemKey, SHA3_256_LEN};
use crate::lanes::{Exchanged, LaneCurve, Lanes, PrivateKeys};
use crate::secret::SecretBytes;

/// `kem_id` (section 5.4). `openmls_traits` knows this KEM by an older one, which goes into
/// no hash.
const KEM_ID: u16 = 0x647a;

/// Length of a private key in bytes.
const SEED_LEN: usize = 32;
/// Length in bytes of a key of X25519, of either kind.
const X25519_LEN: usize = 32;
/// Length in bytes of what a seed expands to.
const EXPANDED_LEN: usize = ML_KEM_SEED_LEN + X25519_LEN;

/// `XWingLabel`.
const LABEL: &[u8; 6] = br"\.//^\";

/// X-Wing.
pub(super) struct XWing;

/// A public key, or `enc`.
#[derive(Clone, Copy)]
struct Halves<'a> {
    ml_kem: &'a [u8],
    x25519: &'a [u8],
}

impl<'a> Halves<'a> {
    fn of_public(bytes: &'a [u8]) -> Result<Self, CryptoError> {
        Self::of(bytes, ML_KEM_768.public_len).ok_or(CryptoError::InvalidPublicKey)
    }

    fn of_enc(bytes: &'a [u8]) -> Result<Self, CryptoError> {
        Self::of(bytes, ML_KEM_768.ciphertext_len).ok_or(CryptoError::CryptoLibraryError)
    }

    fn of(bytes: &'a [u8], ml_kem_len: usize) -> Option<Self> {
        let (ml_kem, x25519) = bytes.split_at_checked(ml_kem_len)?;
        (x25519.len() == X25519_LEN).then_some(Self { ml_kem, x25519 })
    }

    fn concat(self) -> Vec<u8> {
        [self.ml_kem, self.x25519].concat()
    }
}

/// What a private key expands to.
struct Expanded {
    ml_kem: MlKemKey,
    /// The private key of X25519, on the heap, where moving it leaves no copy.
    x25519: Zeroizing<Vec<u8>>,
}

impl Expanded {
    /// ```text
    /// def expandDecapsulationKey(sk):
    ///   expanded = SHAKE256(sk, 96)
    ///   (pk_M, sk_M) = ML-KEM-768.KeyGen_internal(expanded[0:32], expanded[32:64])
    ///   sk_X = expanded[64:96]
    /// ```
    fn of(private: &[u8]) -> Result<Self, CryptoError> {
        if private.len() != SEED_LEN {
            return Err(CryptoError::InvalidLength);
        }
        let mut expanded = SecretBytes::<EXPANDED_LEN>::zeros();
        ffi::shake256(&[private], &mut *expanded).map_err(|_| CryptoError::CryptoLibraryError)?;
        let (seed, rest) = expanded
            .split_first_chunk::<ML_KEM_SEED_LEN>()
            .ok_or(CryptoError::CryptoLibraryError)?;
        let x25519 = Zeroizing::new(rest.to_vec());
        let ml_kem = ML_KEM_768.key(seed)?;
        Ok(Self { ml_kem, x25519 })
    }

    /// The private key of X25519 in AWS-LC.
    fn x25519(&self) -> Result<PrivateKey, CryptoError> {
        DHKEM_X25519.enter(&self.x25519)
    }

    /// The public key: `pk_M`, then `pk_X`, which is `x25519`.
    fn public(&self, x25519: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut public = vec![0; ML_KEM_768.public_len];
        ML_KEM_768.write_public(&self.ml_kem, &mut public)?;
        public.extend_from_slice(x25519);
        Ok(public)
    }
}

impl Kem for XWing {
    fn id(&self) -> u16 {
        KEM_ID
    }

    fn public_len(&self) -> usize {
        ML_KEM_768.public_len + X25519_LEN
    }

    fn enc_len(&self) -> usize {
        ML_KEM_768.ciphertext_len + X25519_LEN
    }

    fn ikm_len(&self) -> usize {
        SEED_LEN
    }

    fn in_lanes(&self) -> Option<(LaneCurve, &dyn KemInLanes)> {
        Some((LaneCurve::X25519, self))
    }

    /// ```text
    /// def Encapsulate(pk):
    ///   pk_M = pk[0:1184]
    ///   pk_X = pk[1184:1216]
    ///   ek_X = random(32)
    ///   ct_X = X25519(ek_X, X25519_BASE)
    ///   ss_X = X25519(ek_X, pk_X)
    ///   (ss_M, ct_M) = ML-KEM-768.Encaps(pk_M)
    ///   ss = Combiner(ss_M, ss_X, ct_X, pk_X)
    ///   ct = concat(ct_M, ct_X)
    /// ```
    fn encap(
        &self,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError> {
        let recipient = Halves::of_public(recipient)?;
        let ephemeral = DHKEM_X25519.generate()?;
        let enc = ephemeral.public()?;
        DHKEM_X25519
            .diffie_hellman(&ephemeral, recipient.x25519, |dh| {
                encap_ml_kem(recipient, &enc, dh, shared_secret)
            })
            .ok_or(CryptoError::InvalidPublicKey)?
    }

    /// ```text
    /// def Decapsulate(ct, sk):
    ///   (sk_M, sk_X, pk_M, pk_X) = expandDecapsulationKey(sk)
    ///   ct_M = ct[0:1088]
    ///   ct_X = ct[1088:1120]
    ///   ss_M = ML-KEM-768.Decapsulate(ct_M, sk_M)
    ///   ss_X = X25519(sk_X, ct_X)
    ///   return Combiner(ss_M, ss_X, ct_X, pk_X)
    /// ```
    fn decap(
        &self,
        enc: &[u8],
        private: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<(), CryptoError> {
        let enc = Halves::of_enc(enc)?;
        let private = Expanded::of(private)?;
        let mut secret = SecretBytes::<SECRET_LEN>::zeros();
        ML_KEM_768.decapsulate(&private.ml_kem, enc.ml_kem, &mut *secret)?;
        let x25519 = private.x25519()?;
        let public = x25519.public()?;
        DHKEM_X25519
            .diffie_hellman(&x25519, enc.x25519, |dh| {
                combine(&*secret, dh, enc.x25519, &public, shared_secret)
            })
            .ok_or(CryptoError::CryptoLibraryError)?
    }

    /// ```text
    /// def DeriveKeyPair(ikm):
    ///   sk = SHAKE256(ikm, 32)
    /// ```
    fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        key_pair_of(derive_private_key(ikm)?)
    }

    fn generate_key_pair(&self) -> Result<HpkeKeyPair, CryptoError> {
        let mut private = Zeroizing::new(vec![0; SEED_LEN]);
        random::fill(&mut private)?;
        key_pair_of(private)
    }
}

impl KemInLanes for XWing {
    fn encap_batch(
        &self,
        lanes: &Lanes,
        recipients: &[&[u8]],
        each: &mut dyn FnMut(usize, Encapsulated<'_>),
    ) {
        match PrivateKeys::generate(recipients.len(), |_| true) {
            Ok(ephemerals) => encap_batch_with(lanes, &ephemerals, recipients, each),
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
        let expanded: Vec<Result<_, CryptoError>> = ikms
            .iter()
            .map(|ikm| {
                let private = derive_private_key(ikm)?;
                Ok((Expanded::of(&private)?, private))
            })
            .collect();
        for (key, expanded) in keys.iter_mut().zip(&expanded) {
            if let Ok((expanded, _)) = expanded {
                key.copy_from_slice(&expanded.x25519);
            }
        }
        let mut pairs = Vec::with_capacity(ikms.len());
        let mut expanded = expanded.into_iter();
        lanes.public_keys(&keys, |_, x25519| {
            let expanded = expanded
                .next()
                .unwrap_or(Err(CryptoError::CryptoLibraryError));
            pairs.push(
                expanded.and_then(|(expanded, private)| {
                    Ok(key_pair(private, expanded.public(x25519?)?))
                }),
            );
        });
        pairs
    }
}

/// [`encap_batch`](KemInLanes::encap_batch) with the ephemeral keys of X25519 given.
fn encap_batch_with(
    lanes: &Lanes,
    ephemerals: &PrivateKeys,
    recipients: &[&[u8]],
    each: &mut dyn FnMut(usize, Encapsulated<'_>),
) {
    // What is not as long as a key has no halves; the lanes refuse an empty one.
    let half = |recipient| Halves::of_public(recipient).map_or(&[][..], |halves| halves.x25519);
    let peers: Vec<&[u8]> = recipients.iter().map(|recipient| half(recipient)).collect();
    let mut shared_secret = SharedSecret::none();
    lanes.exchange(ephemerals, &peers, |i, exchanged: Exchanged<'_>| {
        let enc = exchanged.and_then(|(enc, dh)| {
            let recipient = Halves::of_public(recipients[i])?;
            encap_ml_kem(recipient, enc, dh.as_bytes(), &mut shared_secret)
        });
        each(
            i,
            enc.as_deref()
                .map(|enc| (enc, &shared_secret))
                .map_err(|&error| error),
        );
    });
}

/// The half of `Encapsulate` that follows X25519, whose ephemeral key is `enc` and secret `dh`.
fn encap_ml_kem(
    recipient: Halves<'_>,
    enc: &[u8],
    dh: &[u8],
    shared_secret: &mut SharedSecret,
) -> Result<Vec<u8>, CryptoError> {
    let (ciphertext, secret) = ML_KEM_768.encapsulate(recipient.ml_kem)?;
    let enc = Halves {
        ml_kem: ciphertext.as_ref(),
        x25519: enc,
    };
    combine(
        secret.as_ref(),
        dh,
        enc.x25519,
        recipient.x25519,
        shared_secret,
    )?;
    Ok(enc.concat())
}

/// ```text
/// def Combiner(ss_M, ss_X, ct_X, pk_X):
///   return SHA3-256(concat(ss_M, ss_X, ct_X, pk_X, XWingLabel))
/// ```
fn combine(
    ml_kem: &[u8],
    dh: &[u8],
    enc: &[u8],
    public: &[u8],
    shared_secret: &mut SharedSecret,
) -> Result<(), CryptoError> {
    let mut hash = SecretBytes::<SHA3_256_LEN>::zeros();
    ffi::sha3_256(&[ml_kem, dh, enc, public, LABEL], &mut hash)
        .map_err(|_| CryptoError::CryptoLibraryError)?;
    shared_secret.of_len(SHA3_256_LEN).copy_from_slice(&*hash);
    Ok(())
}

fn derive_private_key(ikm: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let mut private = Zeroizing::new(vec![0; SEED_LEN]);
    ffi::shake256(&[ikm], &mut private).map_err(|_| CryptoError::CryptoLibraryError)?;
    Ok(private)
}

fn key_pair_of(private: Zeroizing<Vec<u8>>) -> Result<HpkeKeyPair, CryptoError> {
    let expanded = Expanded::of(&private)?;
    let x25519 = expanded.x25519()?.public()?;
    Ok(key_pair(private, expanded.public(&x25519)?))
}

fn key_pair(mut private: Zeroizing<Vec<u8>>, public: Vec<u8>) -> HpkeKeyPair {
    HpkeKeyPair {
        private: std::mem::take(&mut *private).into(),
        public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpke::hex::Hex;

    static VECTORS: &str = include_str!("../../../testdata/x-wing.json");

    #[derive(serde::Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    /// `eseed` is the randomness of ML-KEM and the ephemeral key of X25519.
    #[derive(serde::Deserialize)]
    struct Case {
        eseed: Hex,
        ss: Hex,
        sk: Hex,
        pk: Hex,
        ct: Hex,
    }

    fn cases() -> Vec<Case> {
        let vectors: Vectors = serde_json::from_str(VECTORS).unwrap();
        assert_eq!(vectors.cases.len(), 3);
        vectors.cases
    }

    impl Case {
        fn private(&self) -> Zeroizing<Vec<u8>> {
            Zeroizing::new(self.sk.0.clone())
        }

        fn ephemeral(&self) -> &[u8] {
            &self.eseed.0[32..]
        }

        /// `Encapsulate` after X25519 gave `enc` and `dh`, under the vector's randomness.
        fn encap(&self, enc: &[u8], dh: &[u8]) -> (Vec<u8>, SharedSecret) {
            let recipient = Halves::of_public(&self.pk.0).unwrap();
            let m = self.eseed.0[..32].try_into().unwrap();
            let (ml_kem, secret) = ML_KEM_768.encapsulate_with(recipient.ml_kem, m).unwrap();
            let mut shared_secret = SharedSecret::none();
            combine(&secret, dh, enc, recipient.x25519, &mut shared_secret).unwrap();
            let enc = Halves {
                ml_kem: &ml_kem,
                x25519: enc,
            };
            (enc.concat(), shared_secret)
        }

        fn assert_encapsulated(&self, (enc, shared_secret): (Vec<u8>, SharedSecret)) {
            assert_eq!(enc, self.ct.0);
            assert_eq!(shared_secret.as_bytes(), self.ss.0);
        }
    }

    #[test]
    fn every_value_of_the_drafts_vectors_is_ours() {
        for case in cases() {
            let pair = key_pair_of(case.private()).unwrap();
            assert_eq!(*pair.private, *case.sk.0);
            assert_eq!(pair.public, case.pk.0);
            let ephemeral = DHKEM_X25519.enter(case.ephemeral()).unwrap();
            let recipient = Halves::of_public(&case.pk.0).unwrap();
            let enc = ephemeral.public().unwrap();
            let encapsulated = DHKEM_X25519
                .diffie_hellman(&ephemeral, recipient.x25519, |dh| case.encap(&enc, dh));
            case.assert_encapsulated(encapsulated.unwrap());
            let mut received = SharedSecret::none();
            XWing.decap(&case.ct.0, &case.sk.0, &mut received).unwrap();
            assert_eq!(received.as_bytes(), case.ss.0);
        }
    }

    /// The vectors' X25519 in lanes, in batches of every length; and what a batch encapsulates
    /// is what its recipients find.
    #[test]
    fn every_value_of_the_drafts_vectors_comes_out_of_the_lanes() {
        let Some(lanes) = Lanes::of(LaneCurve::X25519) else {
            println!("X-Wing: NOT RUN, there are no lanes for X25519 here");
            return;
        };
        let cases = cases();
        let (mut exchanged, mut encapsulated) = (0, 0);
        for length in 1..=crate::lanes::BATCH {
            let batch: Vec<&Case> = cases.iter().cycle().take(length).collect();
            let mut ephemerals = PrivateKeys::zeros(length).unwrap();
            for (key, case) in ephemerals.iter_mut().zip(&batch) {
                key.copy_from_slice(case.ephemeral());
            }
            let x25519 = |case: &&Case| case.pk.0[ML_KEM_768.public_len..].to_vec();
            let peers: Vec<Vec<u8>> = batch.iter().map(x25519).collect();
            lanes.exchange(&ephemerals, &peers, |i, outcome: Exchanged<'_>| {
                let (enc, dh) = outcome.unwrap();
                batch[i].assert_encapsulated(batch[i].encap(enc, dh.as_bytes()));
                exchanged += 1;
            });
            let recipients: Vec<&[u8]> = batch.iter().map(|case| &case.pk.0[..]).collect();
            encap_batch_with(&lanes, &ephemerals, &recipients, &mut |i, outcome| {
                let (enc, sent) = outcome.unwrap();
                let x25519 = ML_KEM_768.ciphertext_len;
                assert_eq!(enc[x25519..], batch[i].ct.0[x25519..]);
                let mut received = SharedSecret::none();
                XWing.decap(enc, &batch[i].sk.0, &mut received).unwrap();
                assert_eq!(received.as_bytes(), sent.as_bytes());
                encapsulated += 1;
            });
        }
        println!(
            "X-Wing in {} lanes: {exchanged} and {encapsulated}",
            lanes.name()
        );
        assert_eq!((exchanged, encapsulated), (64 * 65 / 2, 64 * 65 / 2));
    }
}
