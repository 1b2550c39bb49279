//! What is done for many members, and commit, Welcome, join and processing in a group,
//! per suite, engines side by side.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use mls_bench::{
    scenario::{MINIMUM_MEMBERS, Scenario, scenarios},
    suite,
};

/// The size of the groups and batches. `mls-bench measure` takes any other.
const MEMBERS: usize = 100;

fn groups(criterion: &mut Criterion) {
    common::say_what_is_skipped();
    for scenario in scenarios().iter().filter(|row| Scenario::has_members(row)) {
        for suite in suite::all() {
            common::compare(criterion, scenario, suite, members());
        }
    }
}

/// As few as possible when run as a test.
fn members() -> usize {
    if common::is_test() {
        MINIMUM_MEMBERS
    } else {
        MEMBERS
    }
}

criterion_group! {
    name = benches;
    config = common::configuration();
    targets = groups
}
criterion_main!(benches);
