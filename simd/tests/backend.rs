//! The choice of a backend: by name, by the environment, and from which batch on.

use std::process::Command;

use mls_lanes::{Backend, BackendError, Operation};

mod common;

#[test]
fn the_best_comes_first_and_portable_last() {
    let available = common::backends();
    assert_eq!(available.first(), Some(&Backend::best()));
    assert_eq!(available.last().unwrap().name(), "portable");
    let places = available.iter().map(|backend| {
        let mut names = Backend::NAMES.iter();
        names.position(|name| *name == backend.name()).unwrap()
    });
    assert!(places.is_sorted());
}

#[test]
fn every_name_gives_its_backend_or_says_what_is_missing() {
    for name in Backend::NAMES {
        match name.parse::<Backend>() {
            Ok(backend) => {
                assert_eq!(backend.to_string(), *name);
                assert_eq!(format!("{backend:?}"), format!("Backend({name})"));
                assert!(Backend::available().contains(&backend) && backend.lanes() > 0);
            }
            Err(error) => assert_eq!(error, BackendError::Unavailable(name)),
        }
    }
    for unknown in ["", "AVX2", " avx2", "sse2", "portable\0"] {
        let error = unknown.parse::<Backend>().unwrap_err();
        assert_eq!(error, BackendError::Unknown(unknown.to_owned()));
        assert!(
            error
                .to_string()
                .ends_with("use one of avx512ifma, avx2, portable")
        );
    }
}

/// What a process of its own selects; the choice is made once in a process.
fn selected_with(value: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "--ignored",
            "prints_what_is_selected",
        ])
        .env(Backend::VARIABLE, value)
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    let line = printed
        .lines()
        .find_map(|line| line.split_once("selected: "));
    line.expect("the child prints what it selects").1.to_owned()
}

#[test]
#[ignore = "the other half of the_environment_chooses"]
fn prints_what_is_selected() {
    match Backend::selected() {
        Ok(backend) => println!("\nselected: {backend}"),
        Err(error) => println!("\nselected: {error}"),
    }
    assert_eq!(Backend::selected(), Backend::selected());
}

#[test]
fn the_environment_chooses() {
    for backend in Backend::available() {
        assert_eq!(selected_with(backend.name()), backend.name());
    }
    for wrong in ["", "neon"] {
        let expected = format!("unknown backend {wrong:?}: use one of avx512ifma, avx2, portable");
        assert_eq!(selected_with(wrong), expected);
    }
}

#[test]
fn a_break_even_is_a_batch_of_at_least_one() {
    const OPERATIONS: [Operation; 6] = [
        Operation::X25519Agreement,
        Operation::X25519KeyGeneration,
        Operation::P256Agreement,
        Operation::P256KeyGeneration,
        Operation::Ed25519Verification,
        Operation::P256Verification,
    ];
    for backend in common::backends() {
        for operation in OPERATIONS {
            let size = backend.break_even(operation);
            println!("{backend}, {operation:?}: {size:?}");
            assert!(size.is_none_or(|size| (1..=64).contains(&size)));
            assert!(backend.lanes() > 1 || size.is_none());
            assert!(backend.name() != "avx512ifma" || size.is_some());
        }
    }
}
