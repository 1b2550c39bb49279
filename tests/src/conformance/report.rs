//! What a check found.

use std::{
    fmt::{Debug, Display, Formatter},
    panic::{AssertUnwindSafe, catch_unwind},
};

use openmls_traits::types::CryptoError;

/// How many cases ended as they should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases whose input is good and whose result was right.
    pub accepted: usize,
    /// Cases whose input is bad and was refused.
    pub refused: usize,
}

impl Counts {
    /// `accepted` good cases and `refused` bad ones.
    pub const fn new(accepted: usize, refused: usize) -> Self {
        Self { accepted, refused }
    }

    /// All cases.
    pub const fn total(self) -> usize {
        self.accepted + self.refused
    }
}

/// The result of one check: its subject, how many cases passed, and a line for each that failed.
#[derive(Clone, Debug)]
#[must_use]
pub struct Report {
    subject: String,
    counts: Counts,
    failures: Vec<Failure>,
}

/// A case that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The case.
    pub case: String,
    /// In which way.
    pub kind: FailureKind,
    /// What was wrong.
    pub problem: String,
}

/// The ways to fail, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// Good input was refused, or its result is wrong.
    Wrong,
    /// Bad input was accepted.
    Accepted,
    /// The implementation panicked.
    Panicked,
    /// Bad input was refused, with another error than the one that says what was wrong.
    OtherError,
}

impl FailureKind {
    /// The end of a sentence about cases that failed so.
    pub(super) fn describes(self) -> &'static str {
        match self {
            Self::Wrong => "with good input refused or a wrong result",
            Self::Accepted => "with bad input accepted",
            Self::Panicked => "with a panic",
            Self::OtherError => "refused with another error",
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.case, self.problem)
    }
}

impl Report {
    /// An empty report on `subject`.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            counts: Counts::default(),
            failures: Vec::new(),
        }
    }

    /// Runs a case with good input: `check` says what is wrong with the result, if anything.
    pub fn accepts(&mut self, case: impl Display, check: impl FnOnce() -> Result<(), String>) {
        let checked = caught(|| check().map_err(|problem| (FailureKind::Wrong, problem)));
        match checked {
            Ok(()) => self.counts.accepted += 1,
            Err((kind, problem)) => self.fail_by(kind, case, problem),
        }
    }

    /// Runs a case with bad input: `call` has to return an error, whichever it is.
    pub fn refuses<T>(
        &mut self,
        case: impl Display,
        call: impl FnOnce() -> Result<T, CryptoError>,
    ) {
        self.refusal(case, call, |_| Ok(()));
    }

    /// Runs a case with bad input: `call` has to return `error`.
    pub fn refuses_with<T>(
        &mut self,
        error: CryptoError,
        case: impl Display,
        call: impl FnOnce() -> Result<T, CryptoError>,
    ) {
        self.refusal(case, call, |got| match got == error {
            true => Ok(()),
            false => Err(format!("refused with {got:?}, expected {error:?}")),
        });
    }

    /// Notes `cases` more cases with good input and the right result.
    pub fn accepted(&mut self, cases: usize) {
        self.counts.accepted += cases;
    }

    /// Notes a failed case with good input.
    pub fn fail(&mut self, case: impl Display, problem: impl Display) {
        self.fail_by(FailureKind::Wrong, case, problem);
    }

    fn fail_by(&mut self, kind: FailureKind, case: impl Display, problem: impl Display) {
        self.failures.push(Failure {
            case: case.to_string(),
            kind,
            problem: problem.to_string(),
        });
    }

    /// Adds the cases of `other` to this report.
    pub fn absorb(&mut self, other: Self) {
        self.counts.accepted += other.counts.accepted;
        self.counts.refused += other.counts.refused;
        self.failures.extend(other.failures);
    }

    /// The cases that passed.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What was looked at.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The cases that failed.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Prints the report.
    ///
    /// # Panics
    ///
    /// Panics if a case failed or if the number of cases is not the `expected` one.
    pub fn assert(&self, expected: Counts) {
        println!("{self}");
        assert!(self.failures.is_empty(), "{self}");
        assert_eq!(self.counts, expected, "{}: number of cases", self.subject);
    }

    fn refusal<T>(
        &mut self,
        case: impl Display,
        call: impl FnOnce() -> Result<T, CryptoError>,
        judge: impl FnOnce(CryptoError) -> Result<(), String>,
    ) {
        let outcome = caught(|| match call() {
            Ok(_) => Err((FailureKind::Accepted, "accepted".to_owned())),
            Err(error) => judge(error).map_err(|problem| (FailureKind::OtherError, problem)),
        });
        match outcome {
            Ok(()) => self.counts.refused += 1,
            Err((kind, problem)) => self.fail_by(kind, case, problem),
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Counts { accepted, refused } = self.counts;
        write!(
            f,
            "{}: {} cases, {accepted} accepted, {refused} refused, {} failed",
            self.subject,
            self.counts.total() + self.failures.len(),
            self.failures.len()
        )?;
        self.failures
            .iter()
            .try_for_each(|failure| write!(f, "\n    {failure}"))
    }
}

/// Says how `ours` differs from `expected`, if it does.
pub fn same<T: PartialEq + Debug + ?Sized>(
    what: &str,
    ours: &T,
    expected: &T,
) -> Result<(), String> {
    match ours == expected {
        true => Ok(()),
        false => Err(format!("{what} is {ours:02x?}, expected {expected:02x?}")),
    }
}

/// Turns an error of the implementation into a line of the report.
pub fn ok<T>(result: Result<T, CryptoError>) -> Result<T, String> {
    result.map_err(|error| format!("refused with {error:?}"))
}

/// Runs `check`, taking a panic for a failure.
fn caught(
    check: impl FnOnce() -> Result<(), (FailureKind, String)>,
) -> Result<(), (FailureKind, String)> {
    let panicked = |_| Err((FailureKind::Panicked, "panicked".to_owned()));
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(panicked)
}
