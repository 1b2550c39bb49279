//! What every module must do.

use std::sync::Arc;
use std::thread;

use aws_lc_rs::signature::{ML_DSA_44_SIGNING, ML_DSA_65_SIGNING, ML_DSA_87_SIGNING, PqdsaKeyPair};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use mls_hsm_signer::doctor::{self, Verdict};
use mls_hsm_signer::isolation::ModuleSetup;
use mls_hsm_signer::keys::{self, generation};
use mls_hsm_signer::message::signed_removal::SignedRemoval;
use mls_hsm_signer::quirks::Quirks;
use mls_hsm_signer::token::{Access, KeyClass, KeyRules, Protection, initialise};
use mls_hsm_signer::{
    HsmSigner, KeySelector, KeySpec, Module, Pin, Pkcs11Token, PrivateKey, Scheme, Token,
    TokenSelector,
};
use openmls::prelude::{Ciphersuite, OpenMlsCrypto, OpenMlsProvider};
use openmls_hw_crypto::{OpenMlsHwCrypto, SUITES};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::signatures::Signer;

use crate::daemon::Daemon;
use crate::group::Group;
use crate::judge::verified;
use crate::modules::{Case, OFFICER_PIN, PIN, Setup};

const THREADS: usize = 16;
const EACH: usize = 8;

/// Runs every check of one module, and says so at the end.
pub fn run(case: &Case) {
    let _daemon = Daemon::of(case);
    let token = opened(case);
    let quirks = Quirks::of(token.identity()).name;
    println!("  {} ({quirks})", token.identity());
    assert_eq!(quirks, case.quirks);
    let schemes = case
        .schemes
        .iter()
        .map(|name| Scheme::by_name(name).unwrap());
    let (mut checked, mut removed) = (0, 0);
    for scheme in schemes {
        generations(&token, scheme);
        imported(&token, scheme);
        from_many_threads(&token, scheme);
        let groups = removed_from_groups(&token, scheme);
        println!(
            "  {}: generated, rotated, retired, imported, {THREADS} threads, groups of {groups} \
             suites",
            scheme.title
        );
        checked += 1;
        removed += groups;
    }
    let others = mls_hsm_signer::SCHEMES.iter();
    for scheme in others.filter(|scheme| !case.has(scheme)) {
        let error = refused(&token, scheme);
        println!("  {}: refused: {error}", scheme.title);
        checked += 1;
    }
    assert_eq!(checked, mls_hsm_signer::SCHEMES.len());
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    let of_module = |suite: &Ciphersuite| case.has(Scheme::by_ciphersuite(*suite).unwrap());
    assert_eq!(removed, suites.filter(of_module).count());
    examined(case);
    println!("  removals from groups of {removed} suites; every check was made");
}

/// What `doctor` says of each scheme's mechanism, and that every key signs.
fn examined(case: &Case) {
    let selector = TokenSelector::Label(case.label().into());
    if case.setup != Setup::SetPin {
        let setup = ModuleSetup {
            parameters: case.parameters.clone(),
            ..ModuleSetup::new(&case.module, selector)
        };
        let any = KeySelector::any();
        let report = doctor::examine(&setup, &pin(PIN), &any, KeyRules::STRICT);
        assert!(report.healthy(), "{report:?}");
        for scheme in mls_hsm_signer::SCHEMES {
            let name = format!("mechanism for {}", scheme.title);
            let check = report.checks.iter().find(|check| check.name == name);
            let good = check.unwrap().verdict == Verdict::Good;
            // The list says CKM_EDDSA, and not whose.
            let told = scheme.name != "ed448";
            assert_eq!(good, told && case.has(scheme), "{check:?}");
        }
    }
}

/// What the module has not is refused with a reason, and nothing of it is in the token.
fn refused(token: &Arc<dyn Token>, scheme: &'static Scheme) -> String {
    let spec = KeySpec::with_random_id(scheme, "none").unwrap();
    let error = keys::generate(token, &spec).unwrap_err().to_string();
    assert!(error.contains(scheme.title), "{error}");
    let key = new_private_key(scheme);
    assert!(keys::import(token, &spec, &key).is_err());
    let session = token.session(Access::Use).unwrap();
    for class in [KeyClass::Private, KeyClass::Public] {
        let left = session.find(class, &KeySelector::label("none")).unwrap();
        assert!(left.is_empty(), "{}", scheme.title);
    }
    error
}

/// Groups of every suite that signs with the scheme, on our provider and on RustCrypto where it
/// has the suite, remove the member that the key proposes; of how many suites.
fn removed_from_groups(token: &Arc<dyn Token>, scheme: &'static Scheme) -> usize {
    let label = generation::label(scheme, 2);
    let signer = HsmSigner::open(Arc::clone(token), &KeySelector::label(label)).unwrap();
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    let of_scheme =
        |suite: &Ciphersuite| std::ptr::eq(Scheme::by_ciphersuite(*suite).unwrap(), scheme);
    let mut removed = 0;
    for suite in suites.filter(of_scheme) {
        removed_from_group::<OpenMlsHwCrypto>(&signer, suite);
        if OpenMlsRustCrypto::default()
            .crypto()
            .supports(suite)
            .is_ok()
        {
            removed_from_group::<OpenMlsRustCrypto>(&signer, suite);
        }
        removed += 1;
    }
    removed
}

fn removed_from_group<P: openmls::storage::OpenMlsProvider + Default>(
    signer: &HsmSigner,
    suite: Ciphersuite,
) {
    let mut group = Group::<P>::new(suite, &[signer.public_key().to_vec()]);
    let (id, epoch, leaf) = group.position();
    let message = signer.propose_remove(&id, epoch, leaf, 0).unwrap();
    let read = SignedRemoval::read(message.clone()).unwrap();
    group.accept(&message, &read.proposal_ref(suite.hash_algorithm()));
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
pub fn set_first_pin(case: &Case) {
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

/// So many signatures that leading zeros occur.
fn signs(signer: &HsmSigner, count: usize) {
    for number in 0..count {
        let message = format!("message {number}");
        let signature = signer.sign(message.as_bytes()).unwrap();
        assert!(verified(
            signer.scheme(),
            signer.public_key(),
            message.as_bytes(),
            &signature
        ));
    }
}

fn generations(token: &Arc<dyn Token>, scheme: &'static Scheme) {
    let old = generation::rotate(token, scheme).unwrap();
    let new = generation::rotate(token, scheme).unwrap();
    assert_eq!(old.object().protection(), Protection::MadeInToken);
    let denies_local = Quirks::of(token.identity()).denies_local;
    assert_eq!(
        old.object().attributes.local,
        Some(!denies_local),
        "CKA_LOCAL"
    );
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
    let key = new_private_key(scheme);
    let spec = KeySpec::with_random_id(scheme, &format!("imported {}", scheme.name)).unwrap();
    let signer = keys::import(token, &spec, &key).unwrap();
    assert_eq!(signer.public_key(), key.public_key());
    assert_eq!(signer.object().protection(), Protection::Imported);
    assert_eq!(signer.object().attributes.local, Some(false), "CKA_LOCAL");
    signs(&signer, 5);
}

/// By AWS-LC for ML-DSA, which the installed openssl need not have.
fn new_private_key(scheme: &Scheme) -> PrivateKey {
    let parameter_set = match scheme.name {
        "mldsa44" => &ML_DSA_44_SIGNING,
        "mldsa65" => &ML_DSA_65_SIGNING,
        "mldsa87" => &ML_DSA_87_SIGNING,
        _ => return openssl_key(scheme),
    };
    let pair = PqdsaKeyPair::generate(parameter_set).unwrap();
    let document = pair.to_pkcs8v1().unwrap();
    PrivateKey::from_file(document.as_ref(), None).unwrap()
}

fn openssl_key(scheme: &Scheme) -> PrivateKey {
    PrivateKey::from_file(openssl_pem(scheme).as_bytes(), None).unwrap()
}

/// A new key, as openssl writes it.
pub fn openssl_pem(scheme: &Scheme) -> String {
    let mut command = crate::programs::openssl();
    command.args(["genpkey", "-algorithm"]);
    match scheme.title.strip_prefix("ECDSA ") {
        None => command.arg(scheme.name),
        Some(curve) => command
            .args(["ec", "-pkeyopt"])
            .arg(format!("ec_paramgen_curve:{curve}")),
    };
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
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
