//! What a registry wants to know of each crate that is published.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Of crates.io's list, those that fit here.
const CATEGORIES: [&str; 3] = ["authentication", "command-line-utilities", "cryptography"];

fn metadata() -> Metadata {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    MetadataCommand::new()
        .manifest_path(manifest)
        .exec()
        .unwrap()
}

fn is_published(package: &Package) -> bool {
    package.publish.is_none()
}

#[test]
fn every_published_crate_says_what_a_registry_asks() {
    let metadata = metadata();
    let mut published = 0;
    for package in metadata.workspace_packages() {
        if !is_published(package) {
            continue;
        }
        let name = &package.name;
        assert_eq!(package.license.as_deref(), Some("MIT OR Apache-2.0"));
        assert!(
            package
                .description
                .as_ref()
                .is_some_and(|text| text.len() > 20)
        );
        assert!(package.rust_version.is_some(), "{name}");
        assert!((1..=5).contains(&package.keywords.len()), "{name}");
        assert!(!package.categories.is_empty(), "{name}");
        for category in &package.categories {
            assert!(CATEGORIES.contains(&category.as_str()), "{name} {category}");
        }
        let folder = package.manifest_path.parent().unwrap();
        let readme = package.readme.as_ref().expect("a README");
        let text = std::fs::read_to_string(folder.join(readme)).unwrap();
        assert!(text.lines().count() > 10, "{name}: {readme}");
        for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let text = std::fs::read_to_string(folder.join(license)).unwrap();
            assert!(text.len() > 1000, "{name}: {license}");
        }
        let docs = &package.metadata["docs"]["rs"]["targets"];
        assert!(docs.is_array(), "{name}: {docs}");
        published += 1;
    }
    println!("{published} crates to publish");
    assert_eq!(published, 13);
}

/// A package has the versions of its dependencies, and no paths: each of ours has one, and is published.
#[test]
fn published_crates_depend_on_published_ones() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let is_ours = |name: &str| packages.iter().any(|package| *package.name == name);
    let of_registry: BTreeSet<&str> = packages
        .iter()
        .filter(|package| is_published(package))
        .map(|package| package.name.as_str())
        .collect();
    let mut seen = 0;
    for package in &packages {
        if !is_published(package) {
            continue;
        }
        let ours = package.dependencies.iter();
        for dependency in ours.filter(|dependency| is_ours(&dependency.name)) {
            let name = dependency.name.as_str();
            let has_version = dependency.req.to_string() != "*";
            let can_be_had = has_version && of_registry.contains(name);
            let left_out = dependency.kind == DependencyKind::Development && !has_version;
            assert!(can_be_had || left_out, "{} {name}", package.name);
            seen += 1;
        }
    }
    println!("{seen} dependencies on crates of ours");
    assert!(seen > 20, "{seen}");
}

/// What docs.rs is to build exists.
#[test]
fn features_for_docs_rs_exist() {
    let mut found = 0;
    for package in metadata().workspace_packages() {
        let features = &package.metadata["docs"]["rs"]["features"];
        for feature in features.as_array().into_iter().flatten() {
            let feature = feature.as_str().unwrap();
            assert!(package.features.contains_key(feature), "{feature}");
            found += 1;
        }
    }
    assert!(found >= 10, "{found}");
}
