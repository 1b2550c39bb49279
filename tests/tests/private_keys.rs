//! Private keys that are numbers: with leading zeros trimmed or added they are the same keys, and a
//! wrong number is none.

use mls_tests::P521;
use mls_tests::conformance::{Counts, properties::private_scalars};
use openmls_hw_crypto::{HwCrypto, SignatureKeyPair};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::signatures::Signer;
use openmls_traits::types::{Ciphersuite, CryptoError, HpkeCiphertext, SignatureScheme};
use serde::Deserialize;
use tls_codec::{Serialize, VLByteSlice};

const SUITE: Ciphersuite = Ciphersuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521;
const ES512: SignatureScheme = SignatureScheme::ECDSA_SECP521R1_SHA512;
const MESSAGE: &[u8] = b"message";

/// Of each curve three numbers, each written in four ways, to sign and to open.
#[test]
fn the_same_number_is_the_same_key() {
    private_scalars(&HwCrypto::default()).assert(Counts::new((2 + P521) * 3 * 4 * 2, 0));
}

/// Of the MLS working group's vectors of 0x0005 those whose private keys begin with zeros. One is
/// published without them, in 65 bytes; the others are trimmed here.
#[derive(Deserialize)]
struct Vectors {
    encrypt_with_label: EncryptWithLabel,
    sign_with_label: SignWithLabel,
    message_protection: MessageProtection,
}

#[derive(Deserialize)]
struct EncryptWithLabel {
    label: String,
    context: String,
    kem_output: String,
    ciphertext: String,
    plaintext: String,
    r#priv: String,
}

#[derive(Deserialize)]
struct SignWithLabel {
    r#priv: String,
    r#pub: String,
}

#[derive(Deserialize)]
struct MessageProtection {
    signature_priv: String,
    signature_pub: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../testdata/mls-p521-keys.json")).unwrap()
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// As it is stored, without zeros, and with one more.
fn writings(stored: &str) -> Vec<Vec<u8>> {
    let stored = hex(stored);
    let zeros = stored.iter().take_while(|&&byte| byte == 0).count();
    let trimmed = stored[zeros..].to_vec();
    assert_eq!(trimmed.len(), 65, "one zero byte is left out");
    vec![trimmed, [&[0], &stored[..]].concat(), stored]
}

/// `EncryptContext` (RFC 9420, section 5.1.3).
fn encrypt_context(label: &str, context: &[u8]) -> Vec<u8> {
    let label = format!("MLS 1.0 {label}");
    let parts = (VLByteSlice(label.as_bytes()), VLByteSlice(context));
    parts.tls_serialize_detached().unwrap()
}

#[test]
fn the_working_groups_keys_open_without_their_zeros() {
    let vector = vectors().encrypt_with_label;
    let info = encrypt_context(&vector.label, &hex(&vector.context));
    let mut opened = 0;
    for private in writings(&vector.r#priv) {
        let input = HpkeCiphertext {
            kem_output: hex(&vector.kem_output).into(),
            ciphertext: hex(&vector.ciphertext).into(),
        };
        let crypto = HwCrypto::default();
        let plaintext = crypto.hpke_open(SUITE.hpke_config(), &input, &private, &info, b"");
        match P521 {
            1 => assert_eq!(plaintext.unwrap(), hex(&vector.plaintext)),
            _ => assert_eq!(plaintext, Err(CryptoError::UnsupportedCiphersuite)),
        }
        opened += P521;
    }
    println!("opened by {opened} writings of the key");
    assert_eq!(opened, 3 * P521);
}

/// A signature key is stored with its public key, and read with it.
#[test]
fn the_working_groups_keys_sign_without_their_zeros() {
    let vectors = vectors();
    let sign = vectors.sign_with_label;
    let protection = vectors.message_protection;
    let keys = [
        (sign.r#priv, sign.r#pub),
        (protection.signature_priv, protection.signature_pub),
    ];
    let mut signed = 0;
    for (private, public) in keys.iter().filter(|_| P521 == 1) {
        let public = hex(public);
        for private in writings(private) {
            let crypto = HwCrypto::default();
            let signature = crypto.sign(ES512, MESSAGE, &private).unwrap();
            let verified = crypto.verify_signature(ES512, MESSAGE, &public, &signature);
            assert_eq!(verified, Ok(()));
            let pair = SignatureKeyPair::from_raw(ES512, private, public.clone()).unwrap();
            let signature = pair.sign(MESSAGE).unwrap();
            let verified = crypto.verify_signature(ES512, MESSAGE, &public, &signature);
            assert_eq!(verified, Ok(()));
            assert!(stored(&pair).contains("\"private\":[0,"), "at full length");
            signed += 2;
        }
    }
    println!("{signed} signatures");
    assert_eq!(signed, 2 * 2 * 3 * P521);
}

fn stored(pair: &SignatureKeyPair) -> String {
    serde_json::to_string(pair).unwrap()
}
