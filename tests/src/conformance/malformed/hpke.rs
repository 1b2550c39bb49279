//! HPKE.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{CryptoError, HpkeAeadType, HpkeCiphertext, HpkeKdfType, HpkeKemType},
};

use super::{bit_flips, encodings};
use crate::conformance::{
    Report, offers_kem,
    reference::{
        hpke::{Algorithms, Context, KDFS},
        kem,
    },
    report::{ok, same},
};

const INFO: &[u8] = b"info";
const AAD: &[u8] = b"additional data";
const PLAINTEXT: &[u8] = b"plaintext";
const CONTEXT: &[u8] = b"exporter context";
const LENGTH: usize = 32;

/// One recipient, and one message to it that the reference has sealed.
struct Message {
    algorithms: Algorithms,
    sk_r: Vec<u8>,
    pk_r: Vec<u8>,
    enc: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl Message {
    fn new(algorithms: Algorithms) -> Option<Self> {
        let (sk_r, pk_r) = kem::derive_key_pair(algorithms.kem, b"recipient")?;
        let (sk_e, _) = kem::derive_key_pair(algorithms.kem, b"ephemeral")?;
        let (enc, context) = Context::sender(algorithms, &sk_e, &pk_r, INFO)?;
        let ciphertext = context.seal(AAD, PLAINTEXT)?;
        Some(Self {
            algorithms,
            sk_r,
            pk_r,
            enc,
            ciphertext,
        })
    }

    /// One message for each KEM that `crypto` offers.
    fn each_kem(crypto: &impl OpenMlsCrypto) -> impl Iterator<Item = Self> {
        let kems = kem::KEMS.into_iter().filter(|&kem| offers_kem(crypto, kem));
        kems.map(|kem| {
            let (kdf, aead) = (HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128);
            Self::new(Algorithms { kem, kdf, aead }).expect("the reference covers every KEM")
        })
    }

    fn input(&self, enc: &[u8], ciphertext: &[u8]) -> HpkeCiphertext {
        HpkeCiphertext {
            kem_output: enc.to_vec().into(),
            ciphertext: ciphertext.to_vec().into(),
        }
    }
}

/// Public, encapsulated and private keys that are none.
pub fn hpke_keys(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("HPKE keys");
    for message in Message::each_kem(crypto) {
        for point in encodings::bad_points(message.algorithms.kem, &message.pk_r) {
            bad_recipient(&mut report, crypto, &message, point.name, &point.bytes);
            let enc = &point.bytes;
            bad_receiver(
                &mut report,
                crypto,
                &message,
                point.name,
                enc,
                &message.sk_r,
            );
        }
        for (name, sk_r) in encodings::bad_private_keys(message.algorithms.kem, &message.sk_r) {
            bad_receiver(&mut report, crypto, &message, name, &message.enc, &sk_r);
        }
    }
    report
}

fn bad_recipient(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    message: &Message,
    name: &str,
    pk_r: &[u8],
) {
    let algorithms = message.algorithms;
    let case = format!("{:?} public key {name}", algorithms.kem);
    report.refuses_with(
        CryptoError::InvalidPublicKey,
        format!("{case}, seal"),
        || crypto.hpke_seal(algorithms.config(), pk_r, INFO, AAD, PLAINTEXT),
    );
    report.refuses_with(
        CryptoError::InvalidPublicKey,
        format!("{case}, export"),
        || crypto.hpke_setup_sender_and_export(algorithms.config(), pk_r, INFO, CONTEXT, LENGTH),
    );
}

fn bad_receiver(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    message: &Message,
    name: &str,
    enc: &[u8],
    sk_r: &[u8],
) {
    let algorithms = message.algorithms;
    let case = format!("{:?} enc or private key {name}", algorithms.kem);
    let input = message.input(enc, &message.ciphertext);
    report.refuses_with(
        CryptoError::HpkeDecryptionError,
        format!("{case}, open"),
        || crypto.hpke_open(algorithms.config(), &input, sk_r, INFO, AAD),
    );
    report.refuses_with(
        CryptoError::ReceiverSetupError,
        format!("{case}, export"),
        || {
            let config = algorithms.config();
            crypto.hpke_setup_receiver_and_export(config, enc, sk_r, INFO, CONTEXT, LENGTH)
        },
    );
}

/// Ciphertexts that are truncated, extended or changed, and input of another message.
pub fn hpke_ciphertexts(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("HPKE ciphertexts");
    for message in Message::each_kem(crypto) {
        let config = || message.algorithms.config();
        let kem = message.algorithms.kem;
        report.accepts(format!("{kem:?}"), || {
            let input = message.input(&message.enc, &message.ciphertext);
            let plaintext = ok(crypto.hpke_open(config(), &input, &message.sk_r, INFO, AAD))?;
            same("plaintext", &plaintext[..], PLAINTEXT)
        });
        let mut refused = |name: &str, ciphertext: &[u8], info: &[u8], aad: &[u8]| {
            let input = message.input(&message.enc, ciphertext);
            report.refuses_with(
                CryptoError::HpkeDecryptionError,
                format!("{kem:?} {name}"),
                || crypto.hpke_open(config(), &input, &message.sk_r, info, aad),
            );
        };
        let good = &message.ciphertext[..];
        for length in 0..good.len() {
            refused("truncated", &good[..length], INFO, AAD);
        }
        refused("with a byte more", &[good, &[0]].concat(), INFO, AAD);
        bit_flips(good).for_each(|flipped| refused("bit flipped", &flipped, INFO, AAD));
        refused("other info", good, b"other", AAD);
        refused("no info", good, b"", AAD);
        refused("other data", good, INFO, b"other");
        refused("no data", good, INFO, b"");
    }
    report
}

/// Exports of 0 bytes and of up to 255 hashes, and no more (RFC 9180, Section 5.3).
pub fn hpke_exports(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("HPKE export lengths");
    for kdf in KDFS {
        let (kem, aead) = (HpkeKemType::DhKem25519, HpkeAeadType::Export);
        let algorithms = Algorithms { kem, kdf, aead };
        let keys = Message::each_kem(crypto).find(|message| message.algorithms.kem == kem);
        let Some(keys) = keys.filter(|_| algorithms.are_offered_by(crypto)) else {
            continue;
        };
        let limit = 255 * algorithms.hash().size();
        for length in [0, 1, limit - 1, limit] {
            report.accepts(format!("{kdf:?} {length}"), || {
                good_export(crypto, algorithms, &keys, length)
            });
        }
        for length in [limit + 1, 65_535, 65_536, usize::MAX] {
            bad_export(&mut report, crypto, algorithms, &keys, length);
        }
    }
    report
}

fn good_export(
    crypto: &impl OpenMlsCrypto,
    algorithms: Algorithms,
    keys: &Message,
    length: usize,
) -> Result<(), String> {
    let (config, sk_r) = (|| algorithms.config(), &keys.sk_r);
    let (enc, sent) =
        ok(crypto.hpke_setup_sender_and_export(config(), &keys.pk_r, INFO, CONTEXT, length))?;
    let received =
        ok(crypto.hpke_setup_receiver_and_export(config(), &enc, sk_r, INFO, CONTEXT, length))?;
    let expected = Context::receiver(algorithms, &enc, sk_r, INFO)
        .and_then(|context| context.export(CONTEXT, length))
        .ok_or("no reference value")?;
    same("sender's secret", &*sent, &expected[..])?;
    same("receiver's secret", &*received, &expected[..])
}

fn bad_export(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    algorithms: Algorithms,
    keys: &Message,
    length: usize,
) {
    let case = format!("{:?} {length}", algorithms.kdf);
    let config = || algorithms.config();
    report.refuses_with(
        CryptoError::ExporterError,
        format!("{case}, sender"),
        || crypto.hpke_setup_sender_and_export(config(), &keys.pk_r, INFO, CONTEXT, length),
    );
    report.refuses_with(
        CryptoError::ExporterError,
        format!("{case}, receiver"),
        || {
            let (enc, sk_r) = (&keys.enc, &keys.sk_r);
            crypto.hpke_setup_receiver_and_export(config(), enc, sk_r, INFO, CONTEXT, length)
        },
    );
}

/// The export-only AEAD where something is to be encrypted, and a KEM that is not supported.
pub fn hpke_unsupported(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("HPKE algorithms that are not supported");
    for message in Message::each_kem(crypto) {
        let algorithms = Algorithms {
            aead: HpkeAeadType::Export,
            ..message.algorithms
        };
        let error = CryptoError::UnsupportedAeadAlgorithm;
        encryption_refused(&mut report, crypto, &message, algorithms, error);
    }
    if let Some(message) = Message::each_kem(crypto).next() {
        let algorithms = Algorithms {
            kem: HpkeKemType::DhKem448,
            ..message.algorithms
        };
        let error = CryptoError::UnsupportedCiphersuite;
        encryption_refused(&mut report, crypto, &message, algorithms, error);
        export_refused(&mut report, crypto, &message, algorithms, error);
        report.refuses_with(error, "X448 derive", || {
            crypto.derive_hpke_keypair(algorithms.config(), b"input key material")
        });
    }
    report
}

fn encryption_refused(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    message: &Message,
    algorithms: Algorithms,
    error: CryptoError,
) {
    report.refuses_with(error, format!("{algorithms:?} seal"), || {
        crypto.hpke_seal(algorithms.config(), &message.pk_r, INFO, AAD, PLAINTEXT)
    });
    let input = message.input(&message.enc, &message.ciphertext);
    report.refuses_with(error, format!("{algorithms:?} open"), || {
        crypto.hpke_open(algorithms.config(), &input, &message.sk_r, INFO, AAD)
    });
}

fn export_refused(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    message: &Message,
    algorithms: Algorithms,
    error: CryptoError,
) {
    let config = || algorithms.config();
    report.refuses_with(error, format!("{algorithms:?} export, sender"), || {
        crypto.hpke_setup_sender_and_export(config(), &message.pk_r, INFO, CONTEXT, LENGTH)
    });
    report.refuses_with(error, format!("{algorithms:?} export, receiver"), || {
        let (enc, sk_r) = (&message.enc, &message.sk_r);
        crypto.hpke_setup_receiver_and_export(config(), enc, sk_r, INFO, CONTEXT, LENGTH)
    });
}
