//! Every provider operation and the key packages, per suite, engines side by side.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use mls_bench::{
    scenario::{Kind, scenarios},
    suite,
};

fn operations(criterion: &mut Criterion) {
    common::say_what_is_skipped();
    for scenario in scenarios().iter().filter(|row| row.kind != Kind::Group) {
        for suite in suite::all() {
            common::compare(criterion, scenario, suite, 2);
        }
    }
}

criterion_group! {
    name = benches;
    config = common::configuration();
    targets = operations
}
criterion_main!(benches);
