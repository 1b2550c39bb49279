//! The post-quantum suites over the FIPS module: they run, and FIPS mode has none of them.

use openmls_hw_crypto::{HwCrypto, SUITES};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{Ciphersuite, CryptoError};

fn drafts() -> impl Iterator<Item = Ciphersuite> {
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    suites.filter(|&suite| suite as u16 > 0x0007)
}

#[test]
fn they_run_outside_of_fips_mode() {
    let crypto = HwCrypto::default();
    let mut run = 0;
    for suite in drafts() {
        let config = || suite.hpke_config();
        let pair = crypto.derive_hpke_keypair(config(), b"recipient").unwrap();
        let sealed = crypto.hpke_seal(config(), &pair.public, b"", b"", b"text");
        let opened = crypto.hpke_open(config(), &sealed.unwrap(), &pair.private, b"", b"");
        assert_eq!(opened.as_deref(), Ok(&b"text"[..]));
        let scheme = suite.signature_algorithm();
        let (private, public) = crypto.signature_key_gen(scheme).unwrap();
        let signature = crypto.sign(scheme, b"text", &private).unwrap();
        let verified = crypto.verify_signature(scheme, b"text", &public, &signature);
        assert_eq!(verified, Ok(()));
        run += 1;
    }
    assert_eq!(run, 10);
}

#[test]
fn fips_mode_has_none_of_them() {
    let (fips, other) = (HwCrypto::fips().unwrap(), HwCrypto::default());
    let mut refused = 0;
    for suite in drafts() {
        assert_eq!(
            fips.supports(suite),
            Err(CryptoError::UnsupportedCiphersuite)
        );
        assert!(!fips.supported_ciphersuites().contains(&suite));
        let reason = fips.refusal(suite).unwrap();
        assert!(
            reason.starts_with("FIPS mode: no rule approves"),
            "{reason}"
        );
        let config = || suite.hpke_config();
        let refusal = Some(CryptoError::UnsupportedCiphersuite);
        let pair = other.derive_hpke_keypair(config(), b"recipient").unwrap();
        assert_eq!(
            fips.derive_hpke_keypair(config(), b"recipient").err(),
            refusal
        );
        assert_eq!(fips.generate_hpke_keypairs(config(), 1).err(), refusal);
        assert!(fips.prepare_seals(config().0, &[&pair.public]).is_err());
        let sealed = other.hpke_seal(config(), &pair.public, b"", b"", b"text");
        let opened = fips.hpke_open(config(), &sealed.unwrap(), &pair.private, b"", b"");
        assert_eq!(opened.err(), refusal);
        let sealed = fips.hpke_seal(config(), &pair.public, b"", b"", b"text");
        assert_eq!(sealed.err(), refusal);
        refused += 1;
    }
    assert_eq!(refused, 10);
}
