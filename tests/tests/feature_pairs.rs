//! Every pair of features of every crate: it builds, or says first of all why it does not. And every
//! feature of OpenMLS with the provider. On demand, by `cargo xtask test feature-pairs`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// The crates to check, separated by commas; without it all.
const CRATES: &str = "MLS_FEATURES_OF";

const PROVIDER: &str = "openmls_hw_crypto";

/// What goes into a set that names no library, where the crate has it.
const LIBRARY: &str = "aws-lc";
const LIBRARIES: [&str; 3] = [LIBRARY, "fips", "ring"];

/// What does not go together, and what the first error says.
const REFUSED: [([&str; 2], &str); 6] = [
    (["fips", "aws-lc"], "two AWS-LCs"),
    (["fips", "ring"], "FIPS mode needs the module alone"),
    (
        ["fips", "postgres"],
        "in FIPS mode the audit log is in SQLite",
    ),
    (["ring", "p521"], "ring has no"),
    (["ring", "ml-kem"], "ring has no"),
    (["ring", "virtual-clients-draft"], "ring has no"),
];

/// Features of OpenMLS for its own tests or for browsers: they bring crates that no lock file of ours
/// has.
const NOT_FOR_PROGRAMS: [&str; 9] = [
    "backtrace",
    "extensions-draft-test-dependencies",
    "generate-kats",
    "js",
    "js-test",
    "libcrux-provider",
    "sqlite-provider",
    "test-utils",
    "virtual-clients-draft-test-dependencies",
];

#[test]
#[ignore = "hundreds of builds"]
fn every_pair_of_features_builds_or_says_why_not() {
    let metadata = metadata();
    let only = std::env::var(CRATES).ok();
    let (mut built, mut refused) = (0, 0);
    for package in metadata.workspace_packages() {
        if !is_chosen(only.as_deref(), &package.name) || package.features.is_empty() {
            continue;
        }
        for set in sets(&metadata, package) {
            let said = checked(&metadata, &package.name, &set);
            println!(
                "{} {set:?}: {}",
                package.name,
                said.as_deref().unwrap_or("builds")
            );
            match refusal(&metadata, package, &set) {
                None => assert_eq!(said, None),
                Some(why) => assert!(said.is_some_and(|said| said.contains(why)), "{why}"),
            }
            built += usize::from(refusal(&metadata, package, &set).is_none());
            refused += usize::from(refusal(&metadata, package, &set).is_some());
        }
    }
    println!("{built} sets of features build, {refused} say why they do not");
    assert!(built > 0, "no such crates: {only:?}");
}

/// Each by itself and all together, with the provider's feature of the same name where it has one.
#[test]
#[ignore = "a dozen builds"]
fn every_feature_of_openmls_goes_with_the_provider() {
    let metadata = metadata();
    let openmls = named(&metadata, "openmls");
    let ours = &named(&metadata, PROVIDER).features;
    let names = openmls.features.keys().map(String::as_str);
    let names: Vec<&str> = names
        .filter(|name| !NOT_FOR_PROGRAMS.contains(name) && *name != "default")
        .collect();
    let with_ours = |name: &&str| {
        let theirs = format!("openmls/{name}");
        let same = ours.contains_key(*name).then(|| name.to_string());
        [Some(theirs), same]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    };
    let each = names.iter().map(with_ours);
    let all = names.iter().flat_map(with_ours).collect();
    let mut built = 0;
    for mut set in each.chain([all]) {
        set.extend([LIBRARY.into(), "openmls".into()]);
        let said = checked(&metadata, PROVIDER, &set);
        assert_eq!(said, None, "{set:?}");
        println!("{set:?}: builds");
        built += 1;
    }
    println!("{built} sets of OpenMLS's features go with the provider");
    assert_eq!(built, names.len() + 1);
}

/// Every feature of `openmls_traits` has one of the provider's with its name, which brings it.
#[test]
fn every_feature_of_the_traits_is_forwarded() {
    let metadata = metadata();
    let ours = &named(&metadata, PROVIDER).features;
    let traits = named(&metadata, "openmls_traits");
    let names = traits.features.keys().filter(|name| *name != "default");
    let mut forwarded = 0;
    for name in names {
        let brought = closure(
            &metadata,
            named(&metadata, PROVIDER),
            std::slice::from_ref(name),
        );
        assert!(ours.contains_key(name), "{name}");
        assert!(
            brought.contains(&format!("openmls_traits/{name}")),
            "{name}"
        );
        forwarded += 1;
    }
    println!("{forwarded} features of openmls_traits are forwarded");
    assert_eq!(forwarded, 6);
}

fn metadata() -> Metadata {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut command = MetadataCommand::new();
    command.manifest_path(manifest);
    command.exec().unwrap()
}

fn named<'a>(metadata: &'a Metadata, name: &str) -> &'a Package {
    let mut packages = metadata.packages.iter();
    packages.find(|package| *package.name == name).unwrap()
}

fn is_chosen(only: Option<&str>, name: &str) -> bool {
    only.is_none_or(|only| only.split(',').any(|each| each == name))
}

/// None, one and two of the features, with a library in each.
fn sets(metadata: &Metadata, package: &Package) -> BTreeSet<Vec<String>> {
    let names: Vec<&String> = package.features.keys().collect();
    let ones = names.iter().map(|&one| vec![one.clone()]);
    let twos = names.iter().enumerate().flat_map(|(at, &one)| {
        let others = names[at + 1..].iter();
        others.map(|&two| vec![one.clone(), two.clone()])
    });
    let sets = ones.chain(twos).chain([Vec::new()]);
    sets.map(|set| with_library(metadata, package, set))
        .collect()
}

fn with_library(metadata: &Metadata, package: &Package, mut set: Vec<String>) -> Vec<String> {
    let has = closure(metadata, package, &set);
    let needs = package.features.contains_key(LIBRARY);
    if needs && !LIBRARIES.iter().any(|library| has.contains(*library)) {
        set.push(LIBRARY.into());
    }
    set.sort();
    set
}

/// What a set of features comes to, features of dependencies among it: the provider's as they follow from
/// each other too.
fn closure(metadata: &Metadata, package: &Package, set: &[String]) -> BTreeSet<String> {
    let provider = named(metadata, PROVIDER);
    let mut found = BTreeSet::new();
    let mut open = set.to_vec();
    while let Some(name) = open.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        open.extend(package.features.get(&name).into_iter().flatten().cloned());
        if let Some((PROVIDER, theirs)) = name.split_once('/') {
            let brought = provider.features.get(theirs).into_iter().flatten();
            open.extend(brought.map(|each| format!("{PROVIDER}/{each}")));
        }
    }
    found
}

/// What the compiler has to say of a set, if it does not build. AWS-LC has what ring has not, where
/// both are asked for.
fn refusal(metadata: &Metadata, package: &Package, set: &[String]) -> Option<&'static str> {
    let has = closure(metadata, package, set);
    let both = |pair: &[&str; 2]| {
        let theirs = pair.iter().all(|name| is_on(package, &has, name));
        theirs && !(pair[0] == "ring" && has.contains(LIBRARY))
    };
    let row = REFUSED.iter().find(|(pair, _)| both(pair));
    row.map(|&(_, why)| why)
}

/// Whether a feature does anything: one that is only for crates that are not there does not.
fn is_on(package: &Package, has: &BTreeSet<String>, name: &str) -> bool {
    let brought = package.features.get(name).into_iter().flatten();
    let is_there = |each: &str| match each.split_once("?/") {
        Some((dependency, _)) => has.contains(&format!("dep:{dependency}")),
        None => true,
    };
    let idle = has.contains(name)
        && package
            .features
            .get(name)
            .is_some_and(|all| !all.is_empty())
        && !brought.map(String::as_str).any(is_there);
    !idle && (has.contains(name) || has.contains(&format!("{PROVIDER}/{name}")))
}

/// The first error, if the library does not build with these features and no others.
fn checked(metadata: &Metadata, package: &str, features: &[String]) -> Option<String> {
    let built = metadata.target_directory.join("feature-pairs");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--locked", "--quiet", "--no-default-features"])
        .args(["--package", package, "--features", &features.join(",")])
        .arg("--target-dir")
        .arg(built)
        .current_dir(&metadata.workspace_root)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let first = said.lines().find(|line| line.starts_with("error"));
    match output.status.success() {
        true => None,
        false => Some(first.unwrap_or(&said).to_owned()),
    }
}
