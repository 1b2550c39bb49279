//! Every provider operation and the key packages, per suite, engines side by side.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use mls_bench::{
    scenario::{MINIMUM_MEMBERS, Scenario, scenarios},
    suite,
};

fn operations(criterion: &mut Criterion) {
    common::say_what_is_skipped();
    let without_members = |scenario: &&Scenario| !scenario.has_members();
    for scenario in scenarios().iter().filter(without_members) {
        for suite in suite::all() {
            common::compare(criterion, scenario, suite, MINIMUM_MEMBERS);
        }
    }
}

criterion_group! {
    name = benches;
    config = common::configuration();
    targets = operations
}
criterion_main!(benches);
