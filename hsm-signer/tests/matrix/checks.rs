//! What every module must do.

use std::sync::Arc;
use std::thread;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
    UnparsedPublicKey, VerificationAlgorithm,
};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use mls_hsm_signer::keys::{self, generation};
use mls_hsm_signer::quirks::Quirks;
use mls_hsm_signer::token::{Access, KeyClass, Protection, initialise};
use mls_hsm_signer::{
    HsmSigner, KeySelector, KeySpec, Module, Pin, Pkcs11Token, PrivateKey, Scheme, Token,
    TokenSelector,
};
use openmls_traits::signatures::Signer;

use crate::modules::{Case, OFFICER_PIN, PIN, Setup};

const THREADS: usize = 16;
const EACH: usize = 8;

/// Runs every check of one module, and says so at the end.
pub fn run(case: &Case) {
    let token = opened(case);
    let quirks = Quirks::of(token.identity()).name;
    println!("  {} ({quirks})", token.identity());
    assert_eq!(quirks, case.quirks);
    let schemes = case
        .schemes
        .iter()
        .map(|name| Scheme::by_name(name).unwrap());
    for scheme in schemes {
        generations(&token, scheme);
        imported(&token, scheme);
        from_many_threads(&token, scheme);
        println!(
            "  {}: generated, rotated, retired, imported, {THREADS} threads",
            scheme.title
        );
    }
    let others = mls_hsm_signer::SCHEMES.iter();
    for scheme in others.filter(|scheme| !case.schemes.iter().any(|name| name == scheme.name)) {
        let spec = KeySpec::with_random_id(scheme, "none").unwrap();
        let error = keys::generate(&token, &spec).unwrap_err();
        println!("  {}: refused: {error}", scheme.title);
    }
    println!("  every check was made");
}

fn pin(text: &str) -> Pin {
    Pin::new(text).unwrap()
}

fn opened(case: &Case) -> Arc<dyn Token> {
    if case.setup == Setup::SetPin {
        set_first_pin(case);
    }
    let module = Module::load_with(&case.module, case.parameters.as_deref()).unwrap();
    let selector = match case.setup {
        Setup::Initialise => {
            let made = initialise(&module, "matrix", &pin(OFFICER_PIN), &pin(PIN)).unwrap();
            TokenSelector::Serial(made.serial)
        }
        Setup::SetPin => TokenSelector::Slot(NSS_KEY_SLOT),
        Setup::Exists => TokenSelector::Label("matrix".into()),
    };
    Arc::new(Pkcs11Token::open(&module, &selector, &pin(PIN)).unwrap())
}

/// The slot of NSS's key database; slot 1 is for cryptography without keys.
const NSS_KEY_SLOT: u64 = 2;

/// A new database of NSS has no PIN, and its security officer an empty one.
fn set_first_pin(case: &Case) {
    let pkcs11 = Pkcs11::new(&case.module).unwrap();
    let parameters = std::ffi::CString::new(case.parameters.clone().unwrap()).unwrap();
    let pointer = std::ptr::NonNull::from(parameters.as_c_str()).cast();
    // SAFETY: the pointer is to a string that ends with a zero byte and outlives the call;
    // NSS only reads it.
    let arguments =
        unsafe { CInitializeArgs::new_with_reserved(CInitializeFlags::OS_LOCKING_OK, pointer) };
    pkcs11.initialize(arguments).unwrap();
    let slots = pkcs11.get_slots_with_token().unwrap();
    let slot = slots.into_iter().find(|slot| slot.id() == NSS_KEY_SLOT);
    let session = pkcs11.open_rw_session(slot.unwrap()).unwrap();
    session
        .login(UserType::So, Some(&AuthPin::new("".into())))
        .unwrap();
    session.init_pin(&AuthPin::new(PIN.into())).unwrap();
    session.logout().unwrap();
}

/// An independent judge: aws-lc-rs directly.
fn verified(signer: &HsmSigner, message: &[u8], signature: &[u8]) -> bool {
    let algorithm: &dyn VerificationAlgorithm = match signer.scheme().name {
        "ed25519" => &ED25519,
        "ecdsa_secp256r1_sha256" => &ECDSA_P256_SHA256_ASN1,
        "ecdsa_secp384r1_sha384" => &ECDSA_P384_SHA384_ASN1,
        "ecdsa_secp521r1_sha512" => &ECDSA_P521_SHA512_ASN1,
        other => panic!("no verifier for {other}"),
    };
    let key = UnparsedPublicKey::new(algorithm, signer.public_key());
    key.verify(message, signature).is_ok()
}

/// So many signatures that leading zeros occur.
fn signs(signer: &HsmSigner, count: usize) {
    for number in 0..count {
        let message = format!("message {number}");
        let signature = signer.sign(message.as_bytes()).unwrap();
        assert!(verified(signer, message.as_bytes(), &signature));
    }
}

fn generations(token: &Arc<dyn Token>, scheme: &'static Scheme) {
    let old = generation::rotate(token, scheme).unwrap();
    let new = generation::rotate(token, scheme).unwrap();
    assert_eq!(old.object().protection(), Protection::MadeInToken);
    let denies_local = Quirks::of(token.identity()).denies_local;
    assert_eq!(old.object().local, Some(!denies_local), "CKA_LOCAL");
    signs(&old, 20);
    signs(&new, 2);
    let found = generation::find(token.as_ref(), old.public_key()).unwrap();
    signs(
        &HsmSigner::open(Arc::clone(token), &found.selector()).unwrap(),
        2,
    );
    generation::retire(token.as_ref(), old.public_key()).unwrap();
    assert!(generation::find(token.as_ref(), old.public_key()).is_err());
    generation::destroy(token.as_ref(), old.public_key()).unwrap();
    let id = KeySelector::id(old.object().id.as_slice());
    let session = token.session(Access::Use).unwrap();
    for class in [KeyClass::Private, KeyClass::Public] {
        assert!(session.find(class, &id).unwrap().is_empty());
    }
}

fn imported(token: &Arc<dyn Token>, scheme: &'static Scheme) {
    let key = openssl_key(scheme);
    let spec = KeySpec::with_random_id(scheme, &format!("imported {}", scheme.name)).unwrap();
    let signer = keys::import(token, &spec, &key).unwrap();
    assert_eq!(signer.public_key(), key.public_key());
    assert_eq!(signer.object().protection(), Protection::Imported);
    assert_eq!(signer.object().local, Some(false), "CKA_LOCAL");
    signs(&signer, 5);
}

fn openssl_key(scheme: &Scheme) -> PrivateKey {
    let mut command = std::process::Command::new("openssl");
    command.args(["genpkey", "-algorithm"]);
    match scheme.curve_oid {
        None => command.arg("ed25519"),
        Some(_) => command
            .args(["ec", "-pkeyopt"])
            .arg(format!("ec_paramgen_curve:{}", scheme.jwk_curve)),
    };
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    PrivateKey::from_file(&output.stdout, None).unwrap()
}

fn from_many_threads(token: &Arc<dyn Token>, scheme: &'static Scheme) {
    let label = generation::label(scheme, 2);
    let signer = HsmSigner::open(Arc::clone(token), &KeySelector::label(label)).unwrap();
    let signer = &signer;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(move || signs(signer, EACH));
        }
    });
}
