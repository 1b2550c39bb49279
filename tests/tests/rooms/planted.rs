//! What the reader, the names and both rules make of small crates.

use std::collections::BTreeMap;
use std::path::Path;

use crate::circles::circles;
use crate::modules::{Module, modules};
use crate::types::scattered;

/// The crate of these files, whose root is the first.
fn planted(files: &[(&str, &str)]) -> Vec<Module> {
    let sources: BTreeMap<_, _> = files
        .iter()
        .map(|(path, source)| (Path::new(*path), *source))
        .collect();
    let read = |path: &Path| sources.get(path).map(|&source| source.to_owned());
    modules(Path::new(files[0].0), &read)
}

/// The arrows of the circles in a crate, without what was named.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let found = circles(&planted(files));
    let arrows = found.iter().map(|arrow| arrow.split_once(": ").unwrap().0);
    arrows.map(str::to_owned).collect()
}

const BOTH: [&str; 2] = ["crate::a -> crate::b", "crate::b -> crate::a"];

/// The circles of a crate of two modules.
fn of_two(a: &str, b: &str) -> Vec<String> {
    arrows(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)])
}

#[test]
fn a_circle_is_found() {
    let found = of_two(
        "use crate::b::B; pub struct A;",
        "use crate::a::A; pub struct B;",
    );
    assert_eq!(found, BOTH);
}

#[test]
fn one_way_is_no_circle() {
    assert!(of_two("use crate::b::B; pub struct A;", "pub struct B;").is_empty());
}

#[test]
fn a_circle_of_three_is_found_and_what_leads_to_it_is_not() {
    let found = arrows(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; pub struct C;"),
        ("d.rs", "use crate::a::A;"),
    ]);
    let expected = [
        "crate::a -> crate::b",
        "crate::b -> crate::c",
        "crate::c -> crate::a",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_file_and_those_below_it_name_each_other() {
    let found = arrows(&[
        ("lib.rs", "mod a; use a::A; pub struct Root;"),
        (
            "a/mod.rs",
            "mod b; pub use b::B; pub struct A(crate::Root);",
        ),
        ("a/b.rs", "mod c; use super::A; pub struct B;"),
        ("a/b/c.rs", "use super::super::A; use crate::Root;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

/// Neither of the files names one that names it.
#[test]
fn rooms_are_circular_by_different_files() {
    let found = arrows(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "mod x; mod y;"),
        ("a/x.rs", "use crate::b::z::Z;"),
        ("a/y.rs", "pub struct Y;"),
        ("b.rs", "pub mod w; pub mod z;"),
        ("b/w.rs", "use crate::a::y::Y;"),
        ("b/z.rs", "pub struct Z;"),
    ]);
    assert_eq!(found, BOTH);
}

#[test]
fn siblings_within_a_room_are_rooms_too() {
    let found = arrows(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b; mod c;"),
        ("a/b.rs", "use super::c::C; pub struct B;"),
        ("a/c.rs", "use super::b::B; pub struct C;"),
    ]);
    assert_eq!(
        found,
        ["crate::a::b -> crate::a::c", "crate::a::c -> crate::a::b"]
    );
}

#[test]
fn every_form_of_import_is_read() {
    for import in [
        "use crate::b::B;",
        "use crate::{b::B, x::{y, z}};",
        "use crate::b::{self};",
        "use crate::b::B as Other;",
        "use crate::b::*;",
        "use super::b::B;",
        "use self::super::b::B;",
        "pub use crate::b::B;",
        "fn f() { use crate::b::B; }",
        "mod inner { use super::super::b::B; }",
        "use crate::b; fn f() { b::g(); }",
    ] {
        let found = of_two(
            &format!("{import} pub struct A;"),
            "use crate::a::A; pub struct B;",
        );
        assert_eq!(found, BOTH, "{import}");
    }
}

#[test]
fn paths_are_read_wherever_they_stand() {
    for named in [
        "fn f() -> crate::b::B { crate::b::B }",
        "impl From<super::b::B> for A { fn from(_: super::b::B) -> A { A } }",
        "fn f() { println!(\"{}\", crate::b::g()); }",
        "macro_rules! m { () => { $crate::b::g() }; }",
        "#[arg(value_parser = crate::b::g)] struct C;",
    ] {
        let found = of_two(
            &format!("{named} pub struct A;"),
            "use crate::a::A; pub struct B;",
        );
        assert_eq!(found, BOTH, "{named}");
    }
}

#[test]
fn a_re_export_leads_to_what_it_passes_on() {
    let found = arrows(&[
        ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("a.rs", "use crate::B; pub struct A;"),
        ("b.rs", "use crate::A; pub struct B;"),
    ]);
    assert_eq!(found, BOTH);
}

#[test]
fn a_glob_leads_to_what_it_passes_on() {
    let found = arrows(&[
        ("lib.rs", "mod a; mod b; pub use a::*; pub use b::*;"),
        ("a.rs", "use super::*; pub struct A; fn f(_: B) {}"),
        ("b.rs", "use super::*; pub struct B; fn f(_: A) {}"),
    ]);
    assert_eq!(found, BOTH);
}

#[test]
fn what_is_for_unit_tests_is_left_out() {
    for test in [
        "#[cfg(test)] mod tests { use super::*; use crate::b::B; }",
        "#[cfg(test)] mod tests;",
        "#[cfg(all(test, feature = \"x\"))] mod tests { use crate::b::B; }",
        "#[cfg(test)] use crate::b::B;",
        "#[cfg(test)] fn f(_: crate::b::B) {}",
        "impl A { #[cfg(test)] fn f(_: crate::b::B) {} }",
        "#[test] fn f() { crate::b::g(); }",
    ] {
        let found = of_two(
            &format!("{test} pub struct A;"),
            "use crate::a::A; pub struct B;",
        );
        assert!(found.is_empty(), "{test}: {found:?}");
    }
    let not_only = "#[cfg(any(test, feature = \"x\"))] use crate::b::B; pub struct A;";
    assert_eq!(of_two(not_only, "use crate::a::A; pub struct B;"), BOTH);
}

/// Of two modules by one name, as features choose them, both count.
#[test]
fn modules_stand_where_the_compiler_looks() {
    let found = arrows(&[
        (
            "lib.rs",
            "mod a; #[cfg(x)] mod b; #[cfg(not(x))] #[path = \"other/none.rs\"] mod b;",
        ),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "pub struct B;"),
        ("other/none.rs", "mod deep; pub struct B;"),
        ("other/deep.rs", "use crate::a::A;"),
    ]);
    assert_eq!(found, BOTH);
}

#[test]
fn other_crates_and_other_things_of_one_name_are_no_arrows() {
    for import in [
        "use time::time;",
        "use ::b::B;",
        "use std::fmt; // crate::b::B",
        "pub(in crate::b) struct C;",
        "const C: &str = \"crate::b::B\";",
    ] {
        let found = of_two(
            &format!("{import} pub struct A;"),
            "use crate::a::A; pub struct B;",
        );
        assert!(found.is_empty(), "{import}: {found:?}");
    }
    // The function `inputs` is c's, the module `inputs` the root's.
    let found = arrows(&[
        ("lib.rs", "mod a; mod c; mod inputs; pub use c::inputs;"),
        ("a.rs", "use crate::inputs::Inputs; pub struct A;"),
        ("c.rs", "use crate::a::A; pub fn inputs() {}"),
        ("inputs.rs", "pub struct Inputs;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

/// What is scattered in a crate whose `a` has the type `A` and is the parent of `a::child`.
fn scattered_by(place: &str, source: &str) -> Vec<String> {
    let mut files = BTreeMap::from([
        ("lib.rs", "mod a; mod b; pub use a::A;"),
        ("a.rs", "mod child; pub struct A;"),
        ("a/child.rs", ""),
        ("b.rs", ""),
    ]);
    let source = format!("{}\n{source}", files[place]);
    files.insert(place, &source);
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_key(|(path, _)| *path != "lib.rs");
    scattered(&planted(&files))
}

#[test]
fn functions_stand_with_their_type_or_below_it() {
    let inherent = "use crate::A; impl A { fn f() {} }";
    assert!(scattered_by("a.rs", "impl A { fn f() {} }").is_empty());
    assert!(scattered_by("a/child.rs", inherent).is_empty());
    assert_eq!(
        scattered_by("b.rs", inherent),
        ["A of crate::a in crate::b"]
    );
    assert_eq!(
        scattered_by("lib.rs", "impl a::A { fn f() {} }"),
        ["a::A of crate::a in crate"]
    );
}

#[test]
fn traits_and_tests_may_be_elsewhere() {
    for source in [
        "use crate::A; trait T {} impl T for A {}",
        "#[cfg(test)] mod tests { impl crate::A { fn f() {} } }",
        "use crate::A; #[cfg(test)] impl A { fn f() {} }",
    ] {
        assert!(scattered_by("b.rs", source).is_empty(), "{source}");
    }
}
