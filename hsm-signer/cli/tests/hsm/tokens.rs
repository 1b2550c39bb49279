//! Tokens that are missing, ambiguous or closed; modules that are none.

use std::path::Path;

use crate::support::{PIN, TestToken, module};
use mls_hsm_signer::token::initialise;
use mls_hsm_signer::{Error, Module, Pin, Pkcs11Token, Token, TokenSelector};

fn open(selector: &TokenSelector, pin: &str) -> Result<Pkcs11Token, Error> {
    Pkcs11Token::open(module(), selector, &Pin::new(pin).unwrap())
}

#[test]
fn a_token_is_chosen_by_label_serial_and_slot() {
    let token = TestToken::new();
    let identity = token.identity();
    for selector in [
        TokenSelector::Label(identity.label.clone()),
        TokenSelector::Serial(identity.serial.clone()),
        TokenSelector::Slot(identity.slot),
    ] {
        assert_eq!(
            open(&selector, PIN).unwrap().identity().serial,
            identity.serial
        );
    }
}

#[test]
fn a_missing_token_is_named_and_the_others_listed() {
    let token = TestToken::new();
    let error = open(&TokenSelector::Label("no such token".into()), PIN).unwrap_err();
    assert!(matches!(error, Error::TokenNotFound { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("no such token") && text.contains(&token.identity().serial),
        "{text}"
    );
}

#[test]
fn a_wrong_pin_is_refused_by_name() {
    let token = TestToken::new();
    let Error::Pkcs11(failure) = open(&token.selector(), "000000").unwrap_err() else {
        panic!("not a PKCS#11 failure");
    };
    assert_eq!(failure.function(), "C_Login");
    assert_eq!(failure.code_name(), "CKR_PIN_INCORRECT");
    assert!(failure.to_string().contains("tried once"), "{failure}");
    assert!(open(&token.selector(), PIN).is_ok());
}

#[test]
fn a_missing_module_is_named() {
    let path = Path::new("/nonexistent/pkcs11.so");
    let error = Module::load(path).unwrap_err();
    assert!(matches!(error, Error::ModuleMissing { .. }));
    assert!(
        error.to_string().contains("/nonexistent/pkcs11.so"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_no_module_is_refused() {
    let text = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(text.path(), "not a library").unwrap();
    let error = Module::load(text.path()).unwrap_err();
    assert!(matches!(error, Error::ModuleUnusable { .. }), "{error}");
}

#[test]
fn a_library_that_is_no_pkcs11_module_is_refused() {
    let library = [
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib/aarch64-linux-gnu/libc.so.6",
    ];
    let libc = library
        .iter()
        .map(Path::new)
        .chain([Path::new("/lib64/libc.so.6")]);
    let libc = libc
        .into_iter()
        .find(|path| path.exists())
        .expect("the C library");
    let error = Module::load(libc).unwrap_err();
    assert!(matches!(error, Error::ModuleUnusable { .. }), "{error}");
}

#[test]
fn a_module_is_loaded_once() {
    let again = Module::load(module().path()).unwrap();
    assert_eq!(again.path(), module().path());
    assert!(again.description().unwrap().contains("SoftHSM"));
}

#[test]
fn a_label_that_exists_is_not_overwritten() {
    let token = TestToken::new();
    let pin = Pin::new(PIN).unwrap();
    let error = initialise(module(), &token.identity().label, &pin, &pin).unwrap_err();
    assert!(matches!(error, Error::TokenExists { .. }), "{error}");
    assert!(open(&token.selector(), PIN).is_ok());
}

#[test]
fn tokens_made_at_once_take_different_slots() {
    let tokens: Vec<TestToken> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(TestToken::new)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut serials: Vec<_> = tokens
        .iter()
        .map(|token| &token.identity().serial)
        .collect();
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), 8);
    for token in &tokens {
        assert!(open(&token.selector(), PIN).is_ok());
    }
}
