//! HPKE: every KEM with every KDF and every AEAD.

use mls_rs_core::crypto::{
    CipherSuiteProvider, HpkeCiphertext as MlsRsCiphertext, HpkePublicKey, HpkeSecretKey,
};
use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{Ciphersuite, HpkeCiphertext},
};
use proptest::{collection::vec, prelude::any, strategy::Strategy};

use super::{bytes, exactly, holds};
use crate::conformance::{
    Report,
    reference::{
        hpke::{Algorithms, Context},
        kem,
    },
    report::{ok, same},
};

const LONGEST: usize = 300;

/// `ikm` of the recipient and of the ephemeral key.
fn seeds() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    (exactly(66), exactly(66))
}

/// DeriveKeyPair from any input key material.
pub fn derive_key_pair(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("HPKE DeriveKeyPair");
    for algorithms in Algorithms::offered_by(crypto) {
        holds(
            &mut report,
            format!("{algorithms:?}"),
            cases,
            bytes(LONGEST),
            |ikm| {
                let ours = ok(crypto.derive_hpke_keypair(algorithms.config(), &ikm))?;
                let (sk, pk) = kem::derive_key_pair(algorithms.kem, &ikm).ok_or("no key")?;
                same("private key", &*ours.private, &sk[..])?;
                same("public key", &ours.public, &pk)
            },
        );
    }
    report
}

/// What either side seals the other opens.
pub fn hpke_messages(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("HPKE messages");
    for algorithms in Algorithms::offered_by(crypto) {
        let inputs = (seeds(), bytes(LONGEST), bytes(LONGEST), bytes(LONGEST));
        let name = format!("{algorithms:?}");
        holds(
            &mut report,
            name,
            cases,
            inputs,
            |((ikm_r, ikm_e), info, aad, plaintext)| {
                let (sk_r, pk_r) = kem::derive_key_pair(algorithms.kem, &ikm_r).ok_or("no key")?;
                let (sk_e, _) = kem::derive_key_pair(algorithms.kem, &ikm_e).ok_or("no key")?;
                let sealed =
                    ok(crypto.hpke_seal(algorithms.config(), &pk_r, &info, &aad, &plaintext))?;
                let opened =
                    Context::receiver(algorithms, sealed.kem_output.as_slice(), &sk_r, &info)
                        .and_then(|context| context.open(&aad, sealed.ciphertext.as_slice()))
                        .ok_or("the reference does not open ours")?;
                same("plaintext", &opened, &plaintext)?;
                let sealed = seal(algorithms, &sk_e, &pk_r, &info, &aad, &plaintext)
                    .ok_or("no reference value")?;
                let opened =
                    ok(crypto.hpke_open(algorithms.config(), &sealed, &sk_r, &info, &aad))?;
                same("plaintext", &opened, &plaintext)
            },
        );
    }
    report
}

/// Exported secrets, as sender and as receiver.
pub fn hpke_exports(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("HPKE exports");
    for algorithms in Algorithms::offered_by(crypto) {
        let lengths = 0..=255 * algorithms.hash().size();
        let inputs = (seeds(), bytes(LONGEST), bytes(LONGEST), lengths);
        let name = format!("{algorithms:?}");
        holds(
            &mut report,
            name,
            cases,
            inputs,
            |((ikm_r, ikm_e), info, context, length)| {
                let recipient = kem::derive_key_pair(algorithms.kem, &ikm_r).ok_or("no key")?;
                let (sk_e, _) = kem::derive_key_pair(algorithms.kem, &ikm_e).ok_or("no key")?;
                let asked = (&info[..], &context[..], length);
                sender_exports(crypto, algorithms, &recipient, asked)?;
                receiver_exports(crypto, algorithms, &recipient, &sk_e, asked)
            },
        );
    }
    report
}

/// `info`, exporter context and length.
type Asked<'a> = (&'a [u8], &'a [u8], usize);

fn sender_exports(
    crypto: &impl OpenMlsCrypto,
    algorithms: Algorithms,
    (sk_r, pk_r): &(Vec<u8>, Vec<u8>),
    (info, context, length): Asked<'_>,
) -> Result<(), String> {
    let config = algorithms.config();
    let (enc, ours) = ok(crypto.hpke_setup_sender_and_export(config, pk_r, info, context, length))?;
    let expected = Context::receiver(algorithms, &enc, sk_r, info)
        .and_then(|receiver| receiver.export(context, length))
        .ok_or("the reference does not accept our enc")?;
    same("sender's secret", &*ours, &expected[..])
}

fn receiver_exports(
    crypto: &impl OpenMlsCrypto,
    algorithms: Algorithms,
    (sk_r, pk_r): &(Vec<u8>, Vec<u8>),
    sk_e: &[u8],
    (info, context, length): Asked<'_>,
) -> Result<(), String> {
    let (enc, sender) =
        Context::sender(algorithms, sk_e, pk_r, info).ok_or("no reference value")?;
    let expected = sender.export(context, length).ok_or("no reference value")?;
    let config = algorithms.config();
    let ours =
        ok(crypto.hpke_setup_receiver_and_export(config, &enc, sk_r, info, context, length))?;
    same("receiver's secret", &*ours, &expected[..])
}

fn seal(
    algorithms: Algorithms,
    sk_e: &[u8],
    pk_r: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Option<HpkeCiphertext> {
    let (enc, sender) = Context::sender(algorithms, sk_e, pk_r, info)?;
    Some(HpkeCiphertext {
        kem_output: enc.into(),
        ciphertext: sender.seal(aad, plaintext)?.into(),
    })
}

/// Agreement with another implementation of the trait on `algorithms`: keys, messages both ways.
pub fn hpke_with_provider(
    crypto: &impl OpenMlsCrypto,
    other: &impl OpenMlsCrypto,
    algorithms: &[Algorithms],
    cases: u32,
) -> Report {
    let mut report = Report::new("HPKE with another provider");
    for &algorithms in algorithms {
        let config = || algorithms.config();
        let inputs = (exactly(66), bytes(LONGEST), bytes(LONGEST), bytes(LONGEST));
        let name = format!("{algorithms:?}");
        holds(
            &mut report,
            name,
            cases,
            inputs,
            |(ikm, info, aad, plaintext)| {
                let ours = ok(crypto.derive_hpke_keypair(config(), &ikm))?;
                let theirs = ok(other.derive_hpke_keypair(config(), &ikm))?;
                same("public key", &ours.public, &theirs.public)?;
                same("private key", &*ours.private, &*theirs.private)?;
                let sealed = ok(crypto.hpke_seal(config(), &ours.public, &info, &aad, &plaintext))?;
                let opened = ok(other.hpke_open(config(), &sealed, &ours.private, &info, &aad))?;
                same("their plaintext", &opened, &plaintext)?;
                let sealed = ok(other.hpke_seal(config(), &ours.public, &info, &aad, &plaintext))?;
                let opened = ok(crypto.hpke_open(config(), &sealed, &ours.private, &info, &aad))?;
                same("our plaintext", &opened, &plaintext)
            },
        );
    }
    report
}

/// Agreement with a suite of mls-rs: keys, messages both ways. It refuses to open an empty
/// plaintext, so none is sent.
pub fn hpke_with_suite(
    crypto: &impl OpenMlsCrypto,
    other: &impl CipherSuiteProvider,
    cases: u32,
) -> Report {
    let code_point = u16::from(other.cipher_suite());
    let mut report = Report::new(format!("HPKE with mls-rs, suite {code_point:#06x}"));
    let Ok(suite) = Ciphersuite::try_from(code_point) else {
        report.fail(code_point, "not a suite of OpenMLS");
        return report;
    };
    let inputs = (
        exactly(66),
        bytes(LONGEST),
        bytes(LONGEST),
        vec(any::<u8>(), 1..=LONGEST),
    );
    holds(
        &mut report,
        suite,
        cases,
        inputs,
        |(ikm, info, aad, plaintext)| {
            let config = || suite.hpke_config();
            let ours = ok(crypto.derive_hpke_keypair(config(), &ikm))?;
            let (sk, pk) = other
                .kem_derive(&ikm)
                .map_err(|error| format!("{error:?}"))?;
            same("public key", &ours.public[..], pk.as_ref())?;
            same("private key", &*ours.private, sk.as_ref())?;
            let sealed = ok(crypto.hpke_seal(config(), &ours.public, &info, &aad, &plaintext))?;
            let opened = open_by_suite(other, &sealed, (&sk, &pk), &info, &aad)?;
            same("their plaintext", &opened, &plaintext)?;
            let sealed = seal_by_suite(other, &pk, &info, &aad, &plaintext)?;
            let opened = ok(crypto.hpke_open(config(), &sealed, &ours.private, &info, &aad))?;
            same("our plaintext", &opened, &plaintext)
        },
    );
    report
}

fn seal_by_suite(
    other: &impl CipherSuiteProvider,
    pk: &HpkePublicKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<HpkeCiphertext, String> {
    let sealed = other.hpke_seal(pk, info, Some(aad), plaintext);
    let sealed = sealed.map_err(|error| format!("{error:?}"))?;
    Ok(HpkeCiphertext {
        kem_output: sealed.kem_output.into(),
        ciphertext: sealed.ciphertext.into(),
    })
}

fn open_by_suite(
    other: &impl CipherSuiteProvider,
    sealed: &HpkeCiphertext,
    (sk, pk): (&HpkeSecretKey, &HpkePublicKey),
    info: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, String> {
    let sealed = MlsRsCiphertext {
        kem_output: sealed.kem_output.as_slice().to_vec(),
        ciphertext: sealed.ciphertext.as_slice().to_vec(),
    };
    let opened = other.hpke_open(&sealed, sk, pk, info, Some(aad));
    opened
        .map(|plaintext| plaintext.to_vec())
        .map_err(|error| format!("{error:?}"))
}
