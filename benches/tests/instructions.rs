//! Instructions under callgrind against the committed baseline, Debian's package
//! `valgrind`: the one measurement that fails a build.
//!
//! With `MLS_INSTRUCTIONS=write` in the environment the baseline is written anew.

mod common;

use common::{mls_bench, stderr, stdout};

const BASELINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions");

/// The operations of the baseline.
const OPERATIONS: usize = 19;

#[test]
fn no_operation_takes_more_instructions_than_its_baseline() {
    let write = std::env::var_os("MLS_INSTRUCTIONS").is_some_and(|value| value == "write");
    let mut arguments = vec!["instructions", "--baselines", BASELINES];
    arguments.extend(write.then_some("--write"));
    let output = mls_bench(&arguments);
    let said = stdout(&output);
    println!("{said}");
    assert!(output.status.success(), "{}", stderr(&output));
    let compared = said.lines().filter(|line| line.contains(" %")).count();
    // The operations, and the line that sums them up.
    let is_whole = compared == OPERATIONS + 1;
    assert!(
        write || said.starts_with("NOT COUNTED") || is_whole,
        "{said}"
    );
}
