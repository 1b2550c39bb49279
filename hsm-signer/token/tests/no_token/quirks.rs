//! What is done differently for particular modules.

use cryptoki::mechanism::MechanismType;
use mls_signer_message::scheme::{SCHEMES, Scheme};
use mls_signer_token::quirks::{DEFAULT, QUIRKS, Quirks, SigningPlan};
use mls_signer_token::{Error, SigningMechanism, TokenIdentity};
use openmls_traits::types::{HashType, SignatureScheme};

fn token(manufacturer: &str, model: &str, firmware: (u8, u8)) -> TokenIdentity {
    TokenIdentity {
        manufacturer: manufacturer.into(),
        model: model.into(),
        firmware,
        ..TokenIdentity::unknown(0)
    }
}

fn p256() -> &'static Scheme {
    Scheme::by_signature_scheme(SignatureScheme::ECDSA_SECP256R1_SHA256).unwrap()
}

const ECDSA: SigningMechanism = SigningMechanism::Plain(MechanismType::ECDSA);
const BOTH: &[MechanismType] = &[MechanismType::ECDSA, MechanismType::ECDSA_SHA256];

#[test]
fn a_row_is_found_by_manufacturer_model_and_version() {
    assert_eq!(
        Quirks::of(&token("SoftHSM project", "SoftHSM v2", (2, 6))).name,
        "SoftHSM 2"
    );
    for other in [
        token("SoftHSM project", "SoftHSM v2", (2, 7)),
        token("SoftHSM project", "SoftHSM v3", (2, 6)),
        token("Another", "SoftHSM v2", (2, 6)),
    ] {
        assert_eq!(Quirks::of(&other).name, "default");
    }
}

/// A TPM's token has the chip's manufacturer and model.
#[test]
fn a_row_may_go_by_the_maker_of_the_library() {
    for chip in ["IBM", "STMicro", "SoftHSM project"] {
        let token = TokenIdentity {
            library: "tpm2-software.github.io".into(),
            ..token(chip, "SW   TPM", (0, 0))
        };
        let quirks = Quirks::of(&token);
        assert_eq!(quirks.name, "tpm2-pkcs11 1");
        for scheme in Scheme::all_of_wire() {
            let mechanisms = [MechanismType::ECDSA, MechanismType::EDDSA];
            let plan = SigningPlan::choose(scheme, &mechanisms, quirks);
            assert_eq!(plan.is_err(), scheme.title == "ECDSA P-521");
        }
    }
    assert_eq!(
        Quirks::of(&token("IBM", "SW   TPM", (0, 0))).name,
        "default"
    );
}

#[test]
fn the_token_hashes_only_where_it_can() {
    let plan = |list, quirks| SigningPlan::choose(p256(), list, quirks).unwrap();
    let digest = SigningPlan::Digest(HashType::Sha2_256, ECDSA);
    let message = SigningPlan::Message(SigningMechanism::Plain(MechanismType::ECDSA_SHA256));
    assert_eq!(plan(BOTH, &DEFAULT), message);
    assert_eq!(plan(&[MechanismType::ECDSA_SHA256], &DEFAULT), message);
    assert_eq!(plan(&[MechanismType::ECDSA], &DEFAULT), digest);
    assert_eq!(plan(BOTH, &QUIRKS[0]), digest);
}

/// The provider's FIPS mode, which verifies, agrees.
#[cfg(feature = "fips")]
#[test]
fn what_is_approved_here_is_what_the_provider_verifies_in_fips_mode() {
    use openmls_traits::crypto::OpenMlsCrypto;
    use openmls_traits::types::CryptoError;

    let crypto = openmls_hw_crypto::HwCrypto::fips().unwrap();
    for scheme in SCHEMES {
        let refusal = crypto.verify_signature(scheme.signature_scheme, b"", &[], &[]);
        let refused = refusal == Err(CryptoError::UnsupportedSignatureScheme);
        assert_eq!(refused, !scheme.is_approved(), "{}", scheme.name);
    }
}

#[test]
fn a_token_without_the_mechanism_is_refused() {
    for scheme in SCHEMES {
        let error = SigningPlan::choose(scheme, &[MechanismType::AES_GCM], &DEFAULT);
        assert!(matches!(error, Err(Error::SchemeUnsupported { .. })));
    }
}
