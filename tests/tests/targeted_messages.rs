//! HPKE's PSK mode, which draft-ietf-mls-targeted-messages wants: with the other providers, both
//! ways, in every suite that they have; and what is malformed is refused.

use mls_tests::openers::INFO;
use openmls_hw_crypto::{HwCrypto, SUITES};
use openmls_libcrux_crypto::CryptoProvider as Libcrux;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::crypto::{HpkeSealPskResolvedAadError, OpenMlsCrypto};
use openmls_traits::types::{Ciphersuite, CryptoError, HpkeCiphertext, HpkeKeyPair};

const PSK: [u8; 32] = [9; 32];
const PSK_ID: &[u8] = b"the name of the key";

fn suites() -> impl Iterator<Item = Ciphersuite> {
    SUITES.iter().map(|suite| suite.ciphersuite)
}

fn seal<C: OpenMlsCrypto>(
    crypto: &C,
    suite: Ciphersuite,
    public: &[u8],
    (psk, psk_id): (&[u8], &[u8]),
) -> Result<HpkeCiphertext, CryptoError> {
    let aad = |enc: &[u8]| Ok::<_, ()>([b"aad of ", enc].concat());
    let config = suite.hpke_config();
    let sealed = crypto.hpke_seal_psk_resolved_aad(config, public, INFO, b"text", psk, psk_id, aad);
    sealed.map_err(|error| match error {
        HpkeSealPskResolvedAadError::CryptoError(error) => error,
        HpkeSealPskResolvedAadError::AadBuildError(()) => panic!("no such error was made"),
    })
}

fn open<C: OpenMlsCrypto>(
    crypto: &C,
    suite: Ciphersuite,
    private: &[u8],
    sealed: &HpkeCiphertext,
    (psk, psk_id): (&[u8], &[u8]),
) -> Result<Vec<u8>, CryptoError> {
    let aad = [b"aad of ", sealed.kem_output.as_slice()].concat();
    let config = suite.hpke_config();
    crypto.hpke_open_psk(config, sealed, private, INFO, &aad, psk, psk_id)
}

fn recipient(suite: Ciphersuite) -> HpkeKeyPair {
    let crypto = HwCrypto::default();
    crypto
        .derive_hpke_keypair(suite.hpke_config(), b"recipient")
        .unwrap()
}

/// How many suites `other` lists that we have; libcrux's `supports` knows one more, which fails.
fn both_ways<C: OpenMlsCrypto>(other: &C) -> usize {
    let ours = HwCrypto::default();
    let mut common = 0;
    let listed = other.supported_ciphersuites();
    for suite in suites().filter(|suite| listed.contains(suite)) {
        let pair = recipient(suite);
        let psk = (&PSK[..], PSK_ID);
        let sealed = seal(&ours, suite, &pair.public, psk).unwrap();
        let opened = open(other, suite, &pair.private, &sealed, psk);
        assert_eq!(opened.as_deref(), Ok(&b"text"[..]), "{suite:?}");
        let sealed = seal(other, suite, &pair.public, psk).unwrap();
        let opened = open(&ours, suite, &pair.private, &sealed, psk);
        assert_eq!(opened.as_deref(), Ok(&b"text"[..]), "{suite:?}");
        common += 1;
    }
    common
}

#[test]
fn what_one_seals_the_other_opens() {
    let drafts = usize::from(cfg!(feature = "draft-ietf-mls-pq-ciphersuites"));
    assert_eq!(both_ways(&RustCrypto::default()), 3 + 9 * drafts);
    assert_eq!(both_ways(&Libcrux::new().unwrap()), 2 + drafts);
}

/// In every suite of ours: under another PSK, name or text nothing opens, and neither does it in
/// base mode.
#[test]
fn all_of_it_is_authenticated() {
    let crypto = HwCrypto::default();
    let mut refused = 0;
    for suite in suites() {
        let pair = recipient(suite);
        let psk = (&PSK[..], PSK_ID);
        let sealed = seal(&crypto, suite, &pair.public, psk).unwrap();
        let opened = open(&crypto, suite, &pair.private, &sealed, psk);
        assert_eq!(opened.as_deref(), Ok(&b"text"[..]));
        let other_psk = (&[8; 32][..], PSK_ID);
        let other_id = (&PSK[..], &b"another name"[..]);
        for psk in [other_psk, other_id] {
            let opened = open(&crypto, suite, &pair.private, &sealed, psk);
            assert_eq!(opened, Err(CryptoError::HpkeDecryptionError));
            refused += 1;
        }
        let aad = [b"aad of ", sealed.kem_output.as_slice()].concat();
        let config = suite.hpke_config();
        let opened = crypto.hpke_open(config, &sealed, &pair.private, INFO, &aad);
        assert_eq!(opened, Err(CryptoError::HpkeDecryptionError));
        refused += 1;
    }
    assert_eq!(refused, 3 * SUITES.len());
}

#[test]
fn a_psk_has_32_bytes_and_a_name() {
    let crypto = HwCrypto::default();
    let suite = SUITES[0].ciphersuite;
    let pair = recipient(suite);
    let sealed = seal(&crypto, suite, &pair.public, (&PSK, PSK_ID)).unwrap();
    for psk in [(&PSK[..31], PSK_ID), (&[], PSK_ID), (&PSK, b""), (&[], b"")] {
        let refused = seal(&crypto, suite, &pair.public, psk);
        assert_eq!(refused, Err(CryptoError::SenderSetupError));
        let refused = open(&crypto, suite, &pair.private, &sealed, psk);
        assert_eq!(refused, Err(CryptoError::HpkeDecryptionError));
    }
    for bad_key in [&[][..], &pair.public[1..], &[0; 32]] {
        let refused = seal(&crypto, suite, bad_key, (&PSK, PSK_ID));
        assert_eq!(refused, Err(CryptoError::InvalidPublicKey));
    }
}

/// The caller's error comes back, and what was prepared for the recipient is not used again.
#[test]
fn an_additional_data_that_cannot_be_made_seals_nothing() {
    let crypto = HwCrypto::default();
    let suite = SUITES[0].ciphersuite;
    let pair = recipient(suite);
    let kem = suite.hpke_config().0;
    let prepared = crypto
        .prepare_seals(kem, &[&pair.public, &pair.public])
        .unwrap();
    let mut seen = Vec::new();
    let failed = crypto.hpke_seal_psk_resolved_aad(
        suite.hpke_config(),
        &pair.public,
        INFO,
        b"text",
        &PSK,
        PSK_ID,
        |enc| {
            seen = enc.to_vec();
            Err("no")
        },
    );
    match failed {
        Err(HpkeSealPskResolvedAadError::AadBuildError(error)) => assert_eq!(error, "no"),
        other => panic!("{other:?}"),
    }
    assert_eq!(prepared.unused(), 1);
    let sealed = seal(&crypto, suite, &pair.public, (&PSK, PSK_ID)).unwrap();
    assert_eq!(prepared.unused(), 0);
    assert_ne!(sealed.kem_output.as_slice(), seen);
}
