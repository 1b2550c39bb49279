//! Which of several tokens is chosen.

use mls_signer_token::{Error, TokenIdentity, TokenSelector};

fn token(slot: u64, label: &str, serial: &str) -> TokenIdentity {
    TokenIdentity {
        label: label.into(),
        serial: serial.into(),
        ..TokenIdentity::unknown(slot)
    }
}

fn tokens() -> Vec<TokenIdentity> {
    vec![
        token(1, "a", "s1"),
        token(2, "b", "s2"),
        token(3, "b", "s3"),
    ]
}

#[test]
fn one_token_is_chosen_by_label_serial_or_slot() {
    for (selector, slot) in [
        (TokenSelector::Label("a".into()), 1),
        (TokenSelector::Serial("s3".into()), 3),
        (TokenSelector::Slot(2), 2),
    ] {
        assert_eq!(selector.choose(tokens()).unwrap().slot, slot);
    }
}

#[test]
fn none_and_two_are_refused_and_listed() {
    for (label, said) in [
        ("c", ["no token", "\"a\" (serial s1, slot 1)"]),
        ("b", ["2 tokens", "serial s2"]),
    ] {
        let error = TokenSelector::Label(label.into()).choose(tokens());
        let error = error.unwrap_err().to_string();
        assert!(said.iter().all(|said| error.contains(said)), "{error}");
    }
}

#[test]
fn an_uninitialised_token_is_never_chosen() {
    let blank = TokenIdentity {
        initialised: false,
        ..token(9, "", "")
    };
    let error = TokenSelector::Slot(9).choose(vec![blank]).unwrap_err();
    assert!(matches!(error, Error::TokenNotFound { .. }));
}
