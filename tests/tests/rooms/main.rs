//! The order within each crate: no circle of imports but between a file and its own children
//! ([`circles`] says what that is), and the functions of a type in one place ([`types`]).
//!
//! Every target of every crate of the workspace is read as it stands on the disk, whatever features
//! choose of it: a circle that only some build has is one too. What only unit tests compile is left
//! out. `syn` reads the source; a path is followed through `use` lines, re-exports and globs to the
//! module that defines what it names. What a type infers, as a method that is called on a value,
//! is no import.

mod circles;
mod modules;
mod names;
mod planted;
mod types;

use std::fs;
use std::path::Path;

use cargo_metadata::{MetadataCommand, Package};

use crate::modules::{Module, modules};

fn packages() -> Vec<Package> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()
        .unwrap();
    metadata.packages
}

/// What `wrong` finds in the targets of `package`.
fn found(package: &Package, wrong: impl Fn(&[Module]) -> Vec<String>) -> Vec<String> {
    let read = |path: &Path| fs::read_to_string(path).ok();
    let of_target = |target: &cargo_metadata::Target| {
        let name = format!("{}, {} {:?}", package.name, target.name, target.kind);
        let modules = modules(target.src_path.as_std_path(), &read);
        println!("{name}: {} modules", modules.len());
        let wrong = wrong(&modules).into_iter();
        wrong
            .map(|what| format!("{name}: {what}"))
            .collect::<Vec<_>>()
    };
    package.targets.iter().flat_map(of_target).collect()
}

/// Asserts that `wrong` finds nothing in any crate.
fn assert_none(wrong: fn(&[Module]) -> Vec<String>) {
    let packages = packages();
    let found: Vec<_> = packages
        .iter()
        .flat_map(|package| found(package, wrong))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_circle_of_imports() {
    assert_none(circles::circles);
}

#[test]
fn the_functions_of_a_type_stand_in_one_place() {
    assert_none(types::scattered);
}
