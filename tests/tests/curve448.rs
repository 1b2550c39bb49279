//! The suites of X448 and Ed448, one operation at a time: OpenSSL opens what is sealed, and what is
//! malformed is refused. Groups are in `interop`; RFC 7748's, RFC 8032's and Wycheproof's vectors in
//! the provider's own tests.

use mls_tests::openers::{AAD, INFO, assert_opens};
use openmls_hw_crypto::{HwCrypto, SignatureKeyPair};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{Ciphersuite, CryptoError, HpkeCiphertext, SignatureScheme};

const SUITES: [Ciphersuite; 2] = [
    Ciphersuite::MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448,
    Ciphersuite::MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448,
];

#[test]
fn what_is_sealed_in_batches_and_prepared_is_opened_by_openssl() {
    const LENGTH: usize = 20;
    let crypto = HwCrypto::default();
    let mut opened = 0;
    for suite in SUITES {
        assert_eq!(crypto.supports(suite), Ok(()));
        let config = || suite.hpke_config();
        let ikms: Vec<_> = (0..LENGTH as u32).map(u32::to_be_bytes).collect();
        let pairs = crypto.derive_hpke_keypairs_batch(config(), &ikms);
        let pairs: Vec<_> = pairs.into_iter().map(Result::unwrap).collect();
        let recipients: Vec<_> = pairs.iter().map(|pair| (&pair.public, b"text")).collect();
        let sealed = crypto.hpke_seal_batch(config(), INFO, AAD, &recipients);
        for (pair, sealed) in pairs.iter().zip(sealed) {
            opened += assert_opens(suite, pair, &sealed.unwrap(), b"text");
        }
        let keys: Vec<_> = pairs.iter().map(|pair| &pair.public).collect();
        let prepared = crypto.prepare_seals(config().0, &keys).unwrap();
        for pair in &pairs {
            let sealed = crypto.hpke_seal(config(), &pair.public, INFO, AAD, b"text");
            opened += assert_opens(suite, pair, &sealed.unwrap(), b"text");
        }
        assert_eq!(prepared.unused(), 0);
    }
    assert_eq!(opened, SUITES.len() * 2 * LENGTH);
}

#[test]
fn bad_keys_and_ciphertexts_are_refused() {
    let crypto = HwCrypto::default();
    for suite in SUITES {
        let config = || suite.hpke_config();
        let pair = crypto.derive_hpke_keypair(config(), b"recipient").unwrap();
        let good = &pair.public;
        // p, which is 0, p + 1, p - 1, 0 and 1 have low order (RFC 7748, section 7).
        let mut p = [0xff; 56];
        p[28] = 0xfe;
        let (mut p_less_1, mut p_more_1) = (p, [0; 56]);
        p_less_1[0] = 0xfe;
        p_more_1[28..].fill(0xff);
        let mut one = [0; 56];
        one[0] = 1;
        let low_order = [p, p_less_1, p_more_1, [0; 56], one].map(Vec::from);
        let lengths = [Vec::new(), good[1..].to_vec(), [good, &[0][..]].concat()];
        for key in low_order.into_iter().chain(lengths) {
            let sealed = crypto.hpke_seal(config(), &key, INFO, AAD, b"text");
            assert_eq!(
                sealed.err(),
                Some(CryptoError::InvalidPublicKey),
                "{key:02x?}"
            );
            let sealed = HpkeCiphertext {
                kem_output: key.into(),
                ciphertext: vec![0; 20].into(),
            };
            let opened = crypto.hpke_open(config(), &sealed, &pair.private, INFO, AAD);
            assert_eq!(opened, Err(CryptoError::HpkeDecryptionError));
        }
        let sealed = crypto
            .hpke_seal(config(), good, INFO, AAD, b"text")
            .unwrap();
        for private in [&[][..], &pair.private[1..], &[1; 57]] {
            let opened = crypto.hpke_open(config(), &sealed, private, INFO, AAD);
            assert_eq!(opened, Err(CryptoError::HpkeDecryptionError));
        }
    }
}

#[test]
fn bad_signature_keys_and_signatures_are_refused() {
    let crypto = HwCrypto::default();
    let scheme = SignatureScheme::ED448;
    let (private, public) = crypto.signature_key_gen(scheme).unwrap();
    let signature = crypto.sign(scheme, b"message", &private).unwrap();
    assert_eq!(
        (private.len(), public.len(), signature.len()),
        (57, 57, 114)
    );
    let verify = |public: &[u8], signature: &[u8]| {
        crypto.verify_signature(scheme, b"message", public, signature)
    };
    assert_eq!(verify(&public, &signature), Ok(()));
    for length in [0, 32, 56, 58] {
        let signed = crypto.sign(scheme, b"message", &vec![1; length]);
        assert_eq!(signed, Err(CryptoError::InvalidLength));
        let verified = verify(&vec![1; length], &signature);
        assert_eq!(verified, Err(CryptoError::InvalidPublicKey));
    }
    for length in [0, 113, 115] {
        let mut signature = signature.clone();
        signature.resize(length, 0);
        assert_eq!(
            verify(&public, &signature),
            Err(CryptoError::InvalidSignature)
        );
    }
    for byte in 0..signature.len() {
        let mut signature = signature.clone();
        signature[byte] ^= 1;
        assert_eq!(
            verify(&public, &signature),
            Err(CryptoError::InvalidSignature)
        );
    }
    let other_public = crypto.signature_key_gen(scheme).unwrap().1;
    let mismatched = SignatureKeyPair::from_raw(scheme, private, other_public);
    assert_eq!(mismatched.err(), Some(CryptoError::InvalidPublicKey));
}
