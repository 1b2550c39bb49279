//! The bill of materials of what is linked with the FIPS module.

use std::{collections::BTreeSet, path::Path};

use mls_tests::sbom::sbom;
use serde_json::Value;

/// The names of what is linked.
fn names(sbom: &Value) -> BTreeSet<&str> {
    let components = sbom["components"].as_array().unwrap();
    components
        .iter()
        .filter(|component| component["scope"] != "excluded")
        .map(|component| component["name"].as_str().unwrap())
        .collect()
}

#[test]
fn it_has_the_module_and_no_other_implementation() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (package, least) in [("openmls_hw_crypto", 20), ("mls_signer_cli", 60)] {
        let sbom = sbom(&workspace, package).unwrap();
        let names = names(&sbom);
        println!("{package}: {} components", names.len());
        assert!(names.len() > least);
        for there in ["AWS-LC FIPS", "aws-lc-fips-sys", "aws-lc-rs", "mls_fips"] {
            assert!(names.contains(there), "{package} without {there}");
        }
        for absent in [
            "aws-lc-sys",
            "mls_lanes",
            "ring",
            "p384",
            "curve25519-dalek",
        ] {
            assert!(!names.contains(absent), "{package} with {absent}");
        }
        assert_eq!(sbom["metadata"]["component"]["name"], package);
    }
}

/// Every reference leads somewhere, every crate of the registry has its hash, and the module's
/// version is the one that runs.
#[test]
fn it_is_consistent() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sbom = sbom(&workspace, "mls_signer_cli").unwrap();
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    let components = sbom["components"].as_array().unwrap();
    let mut references: BTreeSet<&str> = components
        .iter()
        .map(|component| component["bom-ref"].as_str().unwrap())
        .collect();
    assert_eq!(references.len(), components.len());
    references.insert(sbom["metadata"]["component"]["bom-ref"].as_str().unwrap());
    for dependency in sbom["dependencies"].as_array().unwrap() {
        assert!(references.contains(dependency["ref"].as_str().unwrap()));
        for on in dependency["dependsOn"].as_array().unwrap() {
            assert!(references.contains(on.as_str().unwrap()), "{on}");
        }
    }
    for component in components {
        let name = component["name"].as_str().unwrap();
        let ours = name.starts_with("mls_") || ["openmls_hw_crypto", "AWS-LC FIPS"].contains(&name);
        assert_eq!(component["hashes"].is_array(), !ours, "{name}");
    }
    let module = components
        .iter()
        .find(|component| component["name"] == "AWS-LC FIPS");
    let version = mls_fips::Module::linked().version.unwrap();
    assert_eq!(module.unwrap()["version"], version);
}
