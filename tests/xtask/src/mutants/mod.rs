//! Bugs planted into the source of the lanes and into what reads it, to see that the proofs find
//! them.
//!
//! ```text
//! run                 each bug, the proofs, the score      here
//!   Mutant            a bug as data                        mutant.rs
//!   all               the bugs                             planted/
//!   Tree              a copy that they are planted in      tree.rs
//! ```

pub mod mutant;
pub mod planted;
mod tree;

use mutant::{Changes, Mutant, Part};
use tree::{Tree, Verdict};

use crate::packages::Purpose;
use crate::runner::{Failure, Runner};

/// Plants every bug of a file whose name contains `only`, one after the other, and says which the
/// proofs caught.
///
/// # Errors
/// When the proofs do not hold of the source as it is, or of what is harmless; when they hold of a
/// bug; when a bug does not compile.
pub fn run(runner: &Runner, only: &str) -> Result<(), Failure> {
    runner.install(Purpose::Run.packages())?;
    let tree = Tree::new().map_err(Failure::Unexpected)?;
    match tree.judge(Part::Proofs, &[]).map_err(Failure::Unexpected)? {
        Verdict::Proved => eprintln!("the proofs hold of the source as it is"),
        Verdict::Refuted(name) => return Err(Failure::Unexpected(format!("{name} fails"))),
        Verdict::NotCompiled(said) => return Err(Failure::Unexpected(said)),
    }
    let mut score = Score::default();
    for mutant in planted::all().filter(|mutant| mutant.file.contains(only)) {
        let verdict = tree.with(mutant).map_err(Failure::Unexpected)?;
        score.count(mutant, &verdict);
    }
    score.report()
}

/// How many bugs were caught.
#[derive(Default)]
struct Score {
    caught: usize,
    harmless: usize,
    wrong: Vec<String>,
}

impl Score {
    fn count(&mut self, mutant: &Mutant, verdict: &Verdict) {
        let Mutant { file, kind, to, .. } = mutant;
        let about = format!("{:9} {file}: {}", kind.name(), short(to));
        match (mutant.changes, verdict) {
            (Changes::TheResult, Verdict::Refuted(proof)) => {
                self.caught += 1;
                println!("caught    {about}\n          by {proof}");
            }
            (Changes::Nothing(why), Verdict::Proved) => {
                self.harmless += 1;
                println!("harmless  {about}\n          {why}");
            }
            (_, Verdict::NotCompiled(said)) => {
                println!("NOT BUILT {about}\n{said}");
                self.wrong.push(about);
            }
            (Changes::TheResult, Verdict::Proved) => {
                println!("NOT FOUND {about}");
                self.wrong.push(about);
            }
            (Changes::Nothing(_), Verdict::Refuted(proof)) => {
                println!("REFUTED   {about}\n          by {proof}, but said to be harmless");
                self.wrong.push(about);
            }
        }
    }

    fn report(self) -> Result<(), Failure> {
        let Self {
            caught,
            harmless,
            wrong,
        } = self;
        println!("{caught} bugs caught by the proofs, {harmless} changes that change nothing");
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Failure::Unexpected(format!(
                "{} not as they should be:\n{}",
                wrong.len(),
                wrong.join("\n")
            ))),
        }
    }
}

/// The first line of what a bug says.
fn short(text: &str) -> &str {
    text.trim().lines().next().unwrap_or("(nothing)")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::mutant::Changes;
    use super::{planted, short};
    use crate::workspace;

    #[test]
    fn every_bug_can_be_planted() {
        let mut kinds = HashSet::new();
        let (mut bugs, mut harmless) = (0, 0);
        for mutant in planted::all() {
            let path = workspace::root().join("simd/src").join(mutant.file);
            let source = std::fs::read_to_string(&path).unwrap();
            let planted = mutant.planted_in(&source).unwrap();
            assert!(!planted::likeliest(mutant.file).is_empty(), "{path:?}");
            assert_ne!(planted, source, "{}: {}", mutant.file, short(mutant.to));
            kinds.insert(mutant.kind.name());
            match mutant.changes {
                Changes::TheResult => bugs += 1,
                Changes::Nothing(_) => harmless += 1,
            }
        }
        println!(
            "{bugs} bugs of {} kinds, each of which `cargo xtask mutants` has to see caught by the proofs, and \
             {harmless} changes that change nothing",
            kinds.len()
        );
        assert!(bugs >= 60, "{bugs}");
        assert_eq!(kinds.len(), 11, "{kinds:?}");
    }
}
