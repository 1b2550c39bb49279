//! What is linked: AWS-LC's FIPS module, and no other implementation beside it.
//!
//! Part of the signer's tests too, where it reads the signer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// Functions that every AWS-LC has, with a prefix that tells one from another.
const FUNCTIONS: [&str; 4] = [
    "EVP_AEAD_CTX_seal",
    "ECDH_compute_shared_secret",
    "SHA256_Update",
    "RAND_bytes",
];

fn program() -> PathBuf {
    match option_env!("CARGO_BIN_EXE_mls-hsm-signer") {
        Some(signer) => signer.into(),
        None => std::env::current_exe().unwrap(),
    }
}

/// The names of all functions in the program, as they are in its symbol table.
fn symbols() -> Vec<String> {
    let program = program();
    println!("{}", program.display());
    let nm = Command::new("nm")
        .arg("--defined-only")
        .arg(program)
        .output();
    let nm = nm.expect("nm (apt-get install binutils)");
    assert!(
        nm.status.success(),
        "{}",
        String::from_utf8_lossy(&nm.stderr)
    );
    let listing = String::from_utf8(nm.stdout).unwrap();
    let last = |line: &str| line.split_whitespace().last().map(String::from);
    listing.lines().filter_map(last).collect()
}

/// Each prefix before one of the functions, with how many of them it has. A trampoline is a
/// jump inside the FIPS module, to the function of the name.
fn prefixes(symbols: &[String]) -> BTreeMap<&str, usize> {
    let mut prefixes = BTreeMap::new();
    let functions = symbols
        .iter()
        .filter(|symbol| !symbol.starts_with("AWS_LC_TRAMPOLINE_"));
    for symbol in functions {
        for function in FUNCTIONS {
            if let Some(prefix) = symbol.strip_suffix(function) {
                *prefixes.entry(prefix).or_default() += 1;
            }
        }
    }
    prefixes
}

#[test]
fn the_fips_module_is_the_only_c_library() {
    let symbols = symbols();
    assert!(
        symbols.len() > 10_000,
        "{} symbols: is it stripped?",
        symbols.len()
    );
    let prefixes = prefixes(&symbols);
    println!("{prefixes:?}");
    let libraries: Vec<_> = prefixes.keys().collect();
    assert_eq!(libraries.len(), 1, "{libraries:?}");
    assert!(libraries[0].starts_with("aws_lc_fips_"), "{libraries:?}");
    // The positive control of the search: it would find another library by these.
    assert!(prefixes.values().all(|&found| found >= FUNCTIONS.len() - 1));
    let integrity = symbols
        .iter()
        .filter(|symbol| symbol.contains("BORINGSSL_bcm_text_hash"));
    assert!(integrity.count() > 0, "a module without an integrity test");
}

/// The implementations that the other build has beside AWS-LC.
#[test]
fn nothing_beside_it_computes() {
    let symbols = symbols();
    let of_rust = |symbol: &&String| symbol.starts_with("_ZN") || symbol.starts_with("_R");
    let of_crate = |name: &str| {
        // Both manglings have a name's length before it.
        let mangled = format!("{}{name}", name.len());
        let is_named = |symbol: &&String| {
            let mut found = symbol.match_indices(&mangled);
            // The length of a longer name may end with the same digit.
            found.any(|(at, _)| !symbol[..at].ends_with(|before: char| before.is_ascii_digit()))
        };
        symbols.iter().filter(of_rust).filter(is_named).count()
    };
    assert!(of_crate("openmls_hw_crypto") > 5, "the positive control");
    // What is compiled of ring from C has this before it; its name alone has many meanings.
    let of_ring = symbols
        .iter()
        .filter(|symbol| symbol.contains("ring_core_"));
    assert_eq!(of_ring.count(), 0, "ring");
    for name in [
        "mls_lanes",
        "sha2",
        "p256",
        "p384",
        "p521",
        "curve25519_dalek",
        "x25519_dalek",
    ] {
        assert_eq!(of_crate(name), 0, "{name}");
    }
}
