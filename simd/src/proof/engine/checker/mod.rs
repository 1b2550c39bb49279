//! Replays certificates. This, the models of the instructions, and what records the program's
//! operations are what a proof rests on; nothing that found the certificate is trusted.
//!
//! A term is an *integer*, equal to its polynomial, or a *word*, congruent to it modulo 2^64.
//! A fact is that a polynomial lies in an interval, whatever the inputs in their ranges are;
//! every rule here adds only what follows from the facts before.
//!
//! ```text
//! check               the runs are all that there are      here
//!   Run               one run, step by step                run.rs
//!     operation       what the program does                operations.rs
//!     and, or, xor    the same, of bits                    logic.rs
//!     rule            what follows from facts              run.rs
//! ```

mod logic;
mod operations;
mod run;

use super::certificate::{Rule, Step};
use run::{Branch, Run, Wrong};

/// What was checked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checked {
    pub(crate) obligations: usize,
    pub(crate) steps: usize,
}

/// Checks that every run is right, and that the runs are all that there are: where the
/// program or the proof branched, each way that is possible was taken by a run.
pub(crate) fn check(runs: &[Vec<Step>]) -> Result<Checked, Wrong> {
    let mut total = Checked::default();
    let mut branches = Vec::new();
    for run in runs {
        let checked = Run::check(run)?;
        total.obligations += checked.obligations;
        total.steps += run.len();
        branches.push((&run[..], checked.branches));
    }
    let all: Vec<_> = branches.iter().collect();
    covered(&all, 0)?;
    Ok(total)
}

/// That runs, which agree in all branches before number `depth`, are all that there are.
fn covered(runs: &[&(&[Step], Vec<Branch>)], depth: usize) -> Result<(), Wrong> {
    let (steps, branches) = runs.first().ok_or("a case without a run")?;
    let Some(branch) = branches.get(depth) else {
        return (runs.len() == 1).then_some(()).ok_or("a run twice");
    };
    let before = &steps[..branch.step];
    let here =
        |run: &&&(&[Step], Vec<Branch>)| run.1.get(depth).is_some_and(|b| b.step == branch.step);
    let question = &steps[branch.step];
    if !runs.iter().all(|run| {
        here(&run) && run.0[..branch.step] == *before && ask_the_same(&run.0[branch.step], question)
    }) {
        return Err("runs that differ where there is no branch");
    }
    for outcome in [false, true] {
        let taken = runs.iter().filter(|run| run.1[depth].outcome == outcome);
        let taken: Vec<_> = taken.copied().collect();
        if branch.possible[usize::from(outcome)] || !taken.is_empty() {
            covered(&taken, depth + 1)?;
        }
    }
    Ok(())
}

/// Whether two branches are the same but for the way that was taken.
fn ask_the_same(a: &Step, b: &Step) -> bool {
    match (a, b) {
        (Step::Program(a, reason), Step::Program(b, other)) => {
            (a, &reason.facts, &reason.factors) == (b, &other.facts, &other.factors)
        }
        (
            Step::Deduction(Rule::Case { of, at, .. }),
            Step::Deduction(Rule::Case {
                of: other_of,
                at: other_at,
                ..
            }),
        ) => (of, at) == (other_of, other_at),
        _ => false,
    }
}
