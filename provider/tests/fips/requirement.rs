//! FIPS mode that is required of a process, by its environment or its configuration, and what
//! could turn it off. Each in a process of its own: a requirement is never taken back.

use std::process::{Command, Output};

use mls_fips::{FipsError, Requirement, require, requirement};
use openmls_hw_crypto::{HwCrypto, Policy};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{AeadType, CryptoError, HashType};

use crate::refusals::APPROVED;
use crate::walk::cases;

/// Runs one of the tests marked `ignore` below in a child, with this value of `MLS_FIPS`.
fn child(test: &str, variable: Option<&str>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture"]);
    command.arg(format!("requirement::{test}"));
    match variable {
        Some(value) => command.env(mls_fips::VARIABLE, value),
        None => command.env_remove(mls_fips::VARIABLE),
    };
    command.output().unwrap()
}

fn assert_passed(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{failed}");
    // A filter that matches nothing passes too.
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn the_environment_requires() {
    for value in ["on", "fips"] {
        assert_passed(&child("in_child_fips_is_required", Some(value)));
    }
    assert_passed(&child("in_child_strict_is_required", Some("strict")));
    for value in [None, Some(""), Some("off")] {
        assert_passed(&child("in_child_nothing_is_required", value));
    }
}

/// Nothing runs under a value that nobody knows, and the error says which.
#[test]
fn an_unknown_value_is_refused() {
    for value in ["strictt", "1", "require", "ON"] {
        assert_passed(&child("in_child_nothing_runs", Some(value)));
    }
}

#[test]
#[ignore = "run in a child process"]
fn in_child_nothing_runs() {
    let value = std::env::var(mls_fips::VARIABLE).unwrap();
    let expected = FipsError::UnknownRequirement { value };
    assert_eq!(HwCrypto::fips().err(), Some(expected));
    let crypto = HwCrypto::default();
    assert_eq!(crypto.policy(), None);
    let refused = Err(CryptoError::CryptoLibraryError);
    assert_eq!(crypto.hash(HashType::Sha2_256, b"data"), refused);
    assert!(crypto.supported_ciphersuites().is_empty());
}

#[test]
fn the_configuration_requires_whatever_the_environment_says() {
    for value in [None, Some(""), Some("off")] {
        assert_passed(&child("in_child_the_program_requires", value));
    }
}

#[test]
fn nothing_takes_it_back() {
    assert_passed(&child("in_child_it_is_not_taken_back", Some("on")));
}

/// The approved suites are there, and nothing with another algorithm.
fn assert_restricted(crypto: &HwCrypto) {
    let suites = crypto.supported_ciphersuites();
    assert_eq!(suites.len(), APPROVED.len(), "{suites:?}");
    let chacha = AeadType::ChaCha20Poly1305;
    let sealed = crypto.aead_encrypt(chacha, &[7; 32], b"text", &[9; 12], b"");
    assert_eq!(sealed, Err(CryptoError::UnsupportedAeadAlgorithm));
    assert!(crypto.hash(HashType::Sha2_256, b"data").is_ok());
}

#[test]
#[ignore = "run in a child process"]
fn in_child_fips_is_required() {
    assert_eq!(requirement(), Requirement::Fips);
    let crypto = HwCrypto::default();
    assert_eq!(crypto.policy(), Some(Policy::Fips));
    assert_restricted(&crypto);
}

#[test]
#[ignore = "run in a child process"]
fn in_child_strict_is_required() {
    assert_eq!(HwCrypto::default().policy(), Some(Policy::Strict));
    // Less was asked for than is required.
    assert_eq!(HwCrypto::fips().unwrap().policy(), Some(Policy::Strict));
}

#[test]
#[ignore = "run in a child process"]
fn in_child_nothing_is_required() {
    assert_eq!(requirement(), Requirement::None);
    assert_eq!(HwCrypto::default().policy(), None);
}

/// Providers and inputs from before the requirement are not left out of it.
#[test]
#[ignore = "run in a child process"]
fn in_child_the_program_requires() {
    let (before, cases) = (HwCrypto::default(), cases());
    assert_eq!(before.policy(), None);
    assert!(cases.iter().all(|case| case.run(&before).is_ok()));
    require(Requirement::Fips);
    for crypto in [before, HwCrypto::default()] {
        assert_eq!(crypto.policy(), Some(Policy::Fips));
        for case in &cases {
            let outcome = case.run(&crypto);
            assert_eq!(outcome.is_ok(), case.is_enabled(), "{}", case.name());
        }
    }
    require(Requirement::Strict);
    assert_eq!(HwCrypto::default().policy(), Some(Policy::Strict));
}

#[test]
#[ignore = "run in a child process"]
fn in_child_it_is_not_taken_back() {
    assert_eq!(requirement(), Requirement::Fips);
    require(Requirement::None);
    assert_eq!(requirement(), Requirement::Fips);
    assert_eq!(HwCrypto::new().policy(), Some(Policy::Fips));
}
