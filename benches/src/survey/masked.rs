//! This program again, with CPU features kept from it: what each of them is worth.
//!
//! Masks are read once, at the start of a library, so that each needs a process of its
//! own. The processes take turns, several times around, as engines do within one.

use openmls_traits::types::Ciphersuite;

use super::{Guest, Progress, Step};
use crate::{
    BenchError,
    cpu::{Feature, maskable},
    record::{Series, merge},
    suite,
    worth::NOTHING,
};

/// How often every process has its turn.
const ROUNDS: usize = 2;

/// The engines on which masks are seen: the providers by single calls, by batches, and
/// the one on OpenSSL.
const ENGINES: &[&str] = &["hw", "hw-batch", "mls-rs-openssl"];

/// What is measured with and without each feature.
const SCENARIOS: &[&str] = &[
    "aead-encrypt",
    "aead-encrypt-64k",
    "hash-64k",
    "sign",
    "hpke-seal",
    "seal-many",
];

/// The members of the batches.
const MEMBERS: usize = 256;

/// The processes of a round: one with all features, one without each.
fn processes() -> Vec<Option<&'static Feature>> {
    let without = maskable().into_iter().map(|(feature, _)| Some(feature));
    std::iter::once(None).chain(without).collect()
}

/// How many pieces of work [`measure`] will report.
pub(super) fn pieces() -> usize {
    processes().len() * ROUNDS
}

/// Measures. The series that no feature was kept from are marked as masked `nothing`:
/// they have taken turns with the others, and are what those are compared with.
pub(super) fn measure(progress: &mut dyn Progress) -> Result<Vec<Series>, BenchError> {
    let steps = steps();
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        for feature in processes() {
            let name = feature.map_or(NOTHING, |feature| feature.name);
            progress.next(&format!("with {name} masked"));
            let variables = feature.and_then(|feature| feature.mask);
            let variables = variables.map_or(&[][..], |mask| mask.variables);
            let guest = Guest::this_program()?.with_environment(variables);
            let masked = guest.series(&steps)?.into_iter().map(|series| Series {
                masked: Some(name.to_owned()),
                ..series
            });
            merge(&mut all, masked);
        }
    }
    Ok(all)
}

fn steps() -> Vec<Step> {
    let suites: Vec<Ciphersuite> = suite::all().into_iter().take(3).collect();
    let of = |name: &&str| {
        Step::scenario(name, &suites, MEMBERS)
            .with_engines(ENGINES)
            .with_budget(5, 0.2)
    };
    SCENARIOS.iter().map(of).collect()
}
