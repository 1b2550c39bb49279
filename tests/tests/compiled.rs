//! What Cargo compiles for whom, from `cargo tree`: what a dependency brings along counts as much as
//! what a manifest names, which is for `layering.rs`.

use std::collections::BTreeSet;
use std::process::Command;

/// What `cargo tree` has for `selection`: name and version of each crate.
fn compiled(selection: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--prefix=none", "--format={p}"])
        .args(selection)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{said}");
    let lines = String::from_utf8(tree.stdout).unwrap();
    let crates = lines
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>());
    crates.map(|words| words.join(" ")).collect()
}

fn find<'a>(compiled: &'a BTreeSet<String>, name: &str) -> Option<&'a String> {
    compiled.iter().find(|each| each.starts_with(name))
}

/// Whoever uses the provider compiles no command line.
#[test]
fn the_provider_compiles_no_clap() {
    for package in ["mls_fips", "openmls_hw_crypto"] {
        let compiled = compiled(&["--edges=normal", "--target=all", "--package", package]);
        assert_eq!(find(&compiled, "clap"), None, "{package}");
    }
}

/// Target by target: AWS-LC is for targets where it can be built.
#[test]
fn the_provider_with_ring_has_no_aws_lc() {
    for (package, features) in [
        ("openmls_hw_crypto", "ring,curve448,openmls"),
        ("mls_tests", "ring"),
    ] {
        let compiled = compiled(&[
            "--target=all",
            "--no-default-features",
            "--package",
            package,
            "--features",
            features,
        ]);
        assert!(find(&compiled, "ring ").is_some(), "{compiled:?}");
        assert_eq!(find(&compiled, "aws-lc"), None, "{package}");
    }
}

/// The crates of the signer, and what none of their features may compile: the beginnings of names.
const SIGNER: [(&str, &[&str]); 7] = [
    (
        "mls_signer_message",
        &["cryptoki", "axum", "hyper", "sqlx", "clap"],
    ),
    ("mls_signer_token", &["axum", "hyper", "sqlx", "clap"]),
    ("mls_signer_engine", &["axum", "hyper", "sqlx", "clap"]),
    ("mls_signer_audit", &["axum", "cryptoki"]),
    (
        "mls_signer_api",
        &[
            "mls_signer_",
            "mls_fips",
            "openmls",
            "aws-lc",
            "cryptoki",
            "axum",
            "hyper",
            "sqlx",
            "clap",
        ],
    ),
    ("mls_signer_client", &["sqlx", "axum", "cryptoki", "clap"]),
    ("mls_signer_server", &["clap"]),
];

#[test]
fn each_crate_of_the_signer_compiles_its_own_job() {
    for (package, absent) in SIGNER {
        let mut compiled = compiled(&["--edges=normal", "--all-features", "--package", package]);
        compiled.retain(|each| !each.starts_with(package));
        println!("{package}: {} crates", compiled.len());
        for name in absent {
            assert_eq!(find(&compiled, name), None, "{package}");
        }
    }
}

/// Without the schemas of the OpenAPI document, which the service wants.
#[test]
fn what_travels_needs_serde_alone() {
    let edges = ["--edges=normal", "--depth=1", "--package", "mls_signer_api"];
    let compiled = compiled(&edges);
    let others = compiled
        .iter()
        .filter(|each| !each.starts_with("mls_signer_api "));
    let names: Vec<_> = others.map(|each| each.split(' ').next()).collect();
    assert_eq!(names, [Some("serde")]);
}

/// A program that wants one thing of the signer.
struct Program {
    features: &'static str,
    /// What it is for.
    present: &'static str,
    absent: &'static [&'static str],
    /// How many crates it may compile, the facade among them. OpenMLS stands in the way of neither
    /// figure: its own tree has 25.
    most: usize,
}

const PROGRAMS: [Program; 2] = [
    Program {
        features: "client,aws-lc",
        present: "hyper ",
        absent: &[
            "clap", "sqlx", "axum", "cryptoki", "openmls ", "pkcs5", "h2 ",
        ],
        most: 120,
    },
    Program {
        features: "token,aws-lc",
        present: "cryptoki ",
        absent: &["axum", "hyper", "sqlx", "clap", "tokio"],
        most: 150,
    },
];

#[test]
fn who_wants_a_part_of_the_signer_compiles_little() {
    for Program {
        features,
        present,
        absent,
        most,
    } in PROGRAMS
    {
        let compiled = compiled(&[
            "--edges=normal",
            "--package=mls_hsm_signer",
            "--no-default-features",
            "--features",
            features,
        ]);
        println!("{features}: {} crates", compiled.len());
        assert!(find(&compiled, present).is_some(), "{features}");
        for name in absent {
            assert_eq!(find(&compiled, name), None, "{features}");
        }
        assert!(compiled.len() <= most, "{features}: {}", compiled.len());
    }
}
