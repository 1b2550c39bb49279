//! A process that forks has two of everything it prepared, and only one of them may use it.

#![cfg(unix)]

use std::collections::HashSet;
use std::process::Command;

use openmls_hw_crypto::SUITES;

/// One seal of the program's.
struct Seal {
    who: String,
    enc: String,
    unused: usize,
}

fn seals() -> Vec<Seal> {
    let output = Command::new(env!("CARGO_BIN_EXE_forked-sealer"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| {
            let [who, _suite, enc, _ciphertext, unused] =
                line.split(' ').collect::<Vec<_>>().try_into().unwrap();
            Seal {
                who: who.into(),
                enc: enc.into(),
                unused: unused.parse().unwrap(),
            }
        })
        .collect()
}

/// Under one encapsulation and one `info` two seals have one key and one nonce.
#[test]
fn parent_and_child_never_use_one_encapsulation() {
    let seals = seals();
    println!("{} seals of two processes", seals.len());
    assert_eq!(seals.len(), 3 * SUITES.len());
    let encs: HashSet<&str> = seals.iter().map(|seal| &seal.enc[..]).collect();
    assert_eq!(encs.len(), seals.len(), "each is used once");
}

/// The parent has what it prepared; the child has nothing.
#[test]
fn what_was_prepared_is_the_parents() {
    let seals = seals();
    let unused = |who: &str| {
        let seals = seals.iter().filter(|seal| seal.who == who);
        seals.map(|seal| seal.unused).collect::<Vec<_>>()
    };
    assert_eq!(unused("child"), vec![0; SUITES.len()]);
    let parents = [vec![1; SUITES.len()], vec![0; SUITES.len()]].concat();
    assert_eq!(unused("parent"), parents);
}
