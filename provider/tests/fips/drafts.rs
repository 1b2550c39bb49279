//! The post-quantum suites over the FIPS module: FIPS mode has those of approved algorithms, and the
//! others run outside of it alone.

use openmls_hw_crypto::{HwCrypto, Policy, SUITES};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{Ciphersuite, CryptoError, SignatureScheme};

use crate::refusals::APPROVED;

fn drafts() -> Vec<Ciphersuite> {
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    let drafts: Vec<_> = suites.filter(|&suite| suite as u16 > 0x0007).collect();
    let expected = if cfg!(feature = "ml-dsa") { 10 } else { 6 };
    assert_eq!(drafts.len(), expected);
    drafts
}

fn is_approved(suite: Ciphersuite) -> bool {
    APPROVED.contains(&(suite as u16))
}

/// To a key that was derived, and back; a signature by a key that was generated.
fn run(crypto: &HwCrypto, suite: Ciphersuite) -> Result<(), CryptoError> {
    let config = || suite.hpke_config();
    let pair = crypto.derive_hpke_keypair(config(), b"recipient")?;
    let sealed = crypto.hpke_seal(config(), &pair.public, b"", b"", b"text")?;
    let opened = crypto.hpke_open(config(), &sealed, &pair.private, b"", b"")?;
    assert_eq!(opened, b"text");
    let scheme = suite.signature_algorithm();
    let (private, public) = crypto.signature_key_gen(scheme)?;
    let signature = crypto.sign(scheme, b"text", &private)?;
    crypto.verify_signature(scheme, b"text", &public, &signature)
}

#[test]
fn they_run_where_they_are_approved() {
    for policy in [Policy::Fips, Policy::Strict] {
        let fips = HwCrypto::with_policy(policy).unwrap();
        for suite in drafts() {
            assert_eq!(run(&HwCrypto::default(), suite), Ok(()));
            let refusal = CryptoError::UnsupportedCiphersuite;
            let expected = if is_approved(suite) {
                Ok(())
            } else {
                Err(refusal)
            };
            assert_eq!(run(&fips, suite), expected, "{suite:?}");
            assert_eq!(fips.refusal(suite).is_none(), is_approved(suite));
        }
    }
}

/// Whoever seals, opens or prepares in FIPS mode for a member of a hybrid suite is refused.
#[test]
fn no_operation_of_a_hybrid_suite_runs() {
    let (fips, other) = (HwCrypto::fips().unwrap(), HwCrypto::default());
    let mut refused = 0;
    for suite in drafts().into_iter().filter(|&suite| !is_approved(suite)) {
        let reason = fips.refusal(suite).unwrap();
        assert!(reason.contains("XWing is not approved"), "{reason}");
        let config = || suite.hpke_config();
        let refusal = Some(CryptoError::UnsupportedCiphersuite);
        let pair = other.derive_hpke_keypair(config(), b"recipient").unwrap();
        let generated = fips.generate_hpke_keypairs(config(), 1);
        assert_eq!(generated.err(), refusal);
        assert!(fips.prepare_seals(config().0, &[&pair.public]).is_err());
        let sealed = other.hpke_seal(config(), &pair.public, b"", b"", b"text");
        let opened = fips.hpke_open(config(), &sealed.unwrap(), &pair.private, b"", b"");
        assert_eq!(opened.err(), refusal);
        refused += 1;
    }
    println!("{refused} hybrid suites refused");
    assert_eq!(refused, drafts().len() - (APPROVED.len() - 3));
}

/// The certified module has no ML-DSA, and its suites are refused with that as the reason.
#[test]
fn ml_dsa_is_as_the_module_has_it() {
    let fips = HwCrypto::fips().unwrap();
    let generated = fips.signature_key_gen(SignatureScheme::MLDSA65);
    let suite = Ciphersuite::MLS_192_MLKEM768_AES256GCM_SHA384_MLDSA65;
    if mls_fips::is_lacking(mls_fips::Algorithm::MlDsa) {
        assert_eq!(
            generated.err(),
            Some(CryptoError::UnsupportedSignatureScheme)
        );
        let reason = fips.refusal(suite).unwrap();
        assert!(
            reason.contains("no service of the linked module"),
            "{reason}"
        );
    } else {
        assert_eq!(generated.is_ok(), cfg!(feature = "ml-dsa"));
        assert_eq!(fips.supports(suite).is_ok(), cfg!(feature = "ml-dsa"));
    }
}
