//! Counting what was proved, and which planted bugs were caught.

use super::{engine::Proved, program::Program, theorems};

/// The claims that make up a theorem.
#[derive(Default)]
pub(super) struct Obligations {
    proved: usize,
    refuted: Vec<String>,
}

impl Obligations {
    /// One claim, and whether it holds.
    pub(super) fn claim(&mut self, what: &str, holds: bool) {
        match holds {
            true => self.proved += 1,
            false => self.refuted.push(what.to_owned()),
        }
    }

    /// The claims of another theorem besides.
    pub(super) fn extend(&mut self, other: Self) {
        self.proved += other.proved;
        self.refuted.extend(other.refuted);
    }

    pub(super) fn is_refuted(&self) -> bool {
        !self.refuted.is_empty()
    }

    /// Prints the theorem, and fails unless all of its claims, so many, hold.
    #[track_caller]
    pub(super) fn prove(self, theorem: &str, count: usize) {
        assert!(self.refuted.is_empty(), "{theorem}: {:#?}", self.refuted);
        assert_eq!(self.proved, count, "{theorem}");
        theorems::theorem("kernels", theorem, || Proved {
            obligations: self.proved,
            cases: 1,
            steps: 0,
        });
    }
}

/// The score of planted bugs.
#[derive(Default)]
pub(super) struct Score {
    caught: usize,
    missed: Vec<String>,
}

impl Score {
    /// One planted bug, and whether the proof caught it.
    pub(super) fn add(&mut self, bug: &str, caught: bool) {
        match caught {
            true => self.caught += 1,
            false => self.missed.push(bug.to_owned()),
        }
    }

    /// Every alteration of a program, against the claims.
    pub(super) fn add_alterations(
        &mut self,
        program: &Program,
        claims: impl Fn(&Program) -> Obligations,
    ) {
        for (bug, altered) in program.alterations(|_| true) {
            self.add(&bug, claims(&altered).is_refuted());
        }
    }

    /// Prints the score, and fails unless so many bugs were caught and just those missed whose
    /// reason is given: they change nothing.
    #[track_caller]
    pub(super) fn settle(self, what: &str, caught: usize, harmless: &[(&str, &str)]) {
        let planted = self.caught + self.missed.len();
        println!("planted bugs: {what}: {} of {planted} caught", self.caught);
        for (bug, why) in harmless {
            println!("  {bug} changes nothing: {why}");
        }
        let expected: Vec<_> = harmless.iter().map(|(bug, _)| *bug).collect();
        assert_eq!(self.missed, expected, "{what}: bugs that were missed");
        assert_eq!(self.caught, caught, "{what}");
    }
}
