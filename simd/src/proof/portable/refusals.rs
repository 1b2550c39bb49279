//! That the interpreter refuses what it would read as something else than the compiler does.

use std::panic::catch_unwind;

use super::interpreter::Program;
use crate::proof::engine::Symbol;

/// The result of `run` of a source.
fn run(source: &str) -> u64 {
    let mut program = Program::<Symbol>::default();
    program.read(source);
    program.call("", "run", Vec::new()).number() as u64
}

#[test]
fn what_is_written_through_a_reference_in_a_call_is_kept() {
    let add = "fn add(to: &mut u64, what: u64) { *to += what; }";
    let kept = format!("{add} fn run() -> u64 {{ let mut a = 1; add(&mut a, 2); a }}");
    assert_eq!(run(&kept), 3);
    let places = format!("{add} fn run() -> u64 {{ let mut a = [1, 5]; add(&mut a[1], 2); a[1] }}");
    assert_eq!(run(&places), 7);
}

#[test]
fn what_it_would_misread_is_refused() {
    for (why, source) in [
        (
            "a reference that is written through",
            "fn run() -> u64 { let mut a = 1; let b = &mut a; *b = 2; a }",
        ),
        (
            "a pattern that refers",
            "fn run() -> u64 { let mut a = 1; let ref mut b = a; *b = 2; a }",
        ),
        (
            "what set writes through",
            "fn set(a: &mut u64) { *a = 2; }
             fn outer(a: &mut u64) { set(a); }
             fn run() -> u64 { let mut a = 1; outer(&mut a); a }",
        ),
        (
            "a reference that is written through",
            "fn set(a: [&mut u64; 1]) { *a[0] = 2; }
             fn run() -> u64 { let mut a = 1; set([&mut a]); a }",
        ),
        (
            "a method that changes what it is of",
            "struct S(u64);
             impl S { fn set(&mut self) { self.0 = 2; } }
             fn run() -> u64 { let mut a = S(1); a.set(); a.0 }",
        ),
        (
            "a reference that is written through",
            "struct S(u64);
             impl S { fn set(&self, a: &mut u64) { *a = 2; } }
             fn run() -> u64 { let mut a = 1; S(1).set(&mut a); a }",
        ),
        (
            "another in some builds: ::one",
            "#[cfg(unix)] fn one() -> u64 { 1 } fn run() -> u64 { one() }",
        ),
        (
            "another in some builds: ::run",
            "fn run() -> u64 { let mut a = 1; #[cfg(windows)] { a = 2; } a }",
        ),
        (
            "another in some builds: S::one",
            "struct S(u64);
             #[cfg(unix)] impl S { fn one() -> u64 { 1 } }
             fn run() -> u64 { S::one() }",
        ),
        (
            "another in some builds: A",
            "#[cfg(windows)] const A: u64 = 1; fn run() -> u64 { A }",
        ),
        (
            "two functions ::one",
            "mod a { pub fn one() -> u64 { 1 } }
             fn one() -> u64 { 1 } fn one() -> u64 { 2 } fn run() -> u64 { one() }",
        ),
        (
            "two constants A",
            "const A: u64 = 1; const A: u64 = 2; fn run() -> u64 { A }",
        ),
        (
            "an import by another name",
            "use other::two as one; fn one() -> u64 { 1 } fn run() -> u64 { one() }",
        ),
        (
            "a statement",
            "fn run() -> u64 { let a = 1 else { return 2; }; a }",
        ),
        ("overflow", "fn run() -> u64 { 1 << 64 }"),
    ] {
        let read = catch_unwind(|| run(source));
        let said = read.expect_err(why);
        let said = said
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| said.downcast_ref::<&str>().copied());
        assert!(
            said.is_some_and(|said| said.contains(why)),
            "{why}: {said:?}"
        );
    }
}
