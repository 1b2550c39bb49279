//! The module's own tests, on demand.

use serde::Serialize;

use crate::FipsError;

/// How a test of the module ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It passed.
    Passed,
    /// It failed: nothing that the module computes is to be trusted.
    Failed,
    /// There is no FIPS module that could be tested.
    NotLinked,
}

/// The results of the module's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SelfTest {
    /// Code and constants against the hash that was put in at build time (HMAC-SHA-256).
    pub integrity: Verdict,
    /// Every algorithm against known answers.
    pub known_answers: Verdict,
}

/// Runs the module's integrity and known-answer tests now.
///
/// Both also run when the program starts, and end it if they fail (SIGABRT).
pub fn self_test() -> SelfTest {
    run()
}

#[cfg(feature = "fips")]
fn run() -> SelfTest {
    let verdict = |passed| match passed {
        true => Verdict::Passed,
        false => Verdict::Failed,
    };
    SelfTest {
        integrity: verdict(crate::ffi::integrity_test()),
        known_answers: verdict(crate::ffi::self_test()),
    }
}

#[cfg(not(feature = "fips"))]
fn run() -> SelfTest {
    SelfTest {
        integrity: Verdict::NotLinked,
        known_answers: Verdict::NotLinked,
    }
}

impl SelfTest {
    /// The error of a test that did not pass, if there is one.
    pub fn error(&self) -> Option<FipsError> {
        let Self {
            integrity,
            known_answers,
        } = *self;
        [
            (integrity, "integrity test"),
            (known_answers, "known-answer test"),
        ]
        .into_iter()
        .find_map(|(verdict, failed)| match verdict {
            Verdict::Passed => None,
            Verdict::Failed => Some(FipsError::SelfTest { failed }),
            Verdict::NotLinked => Some(FipsError::NotLinked),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_fails_is_an_error() {
        let test = |integrity, known_answers| SelfTest {
            integrity,
            known_answers,
        };
        assert_eq!(test(Verdict::Passed, Verdict::Passed).error(), None);
        for (test, failed) in [
            (test(Verdict::Failed, Verdict::Passed), "integrity test"),
            (test(Verdict::Passed, Verdict::Failed), "known-answer test"),
        ] {
            assert_eq!(test.error(), Some(FipsError::SelfTest { failed }));
        }
        let not_linked = test(Verdict::NotLinked, Verdict::NotLinked);
        assert_eq!(not_linked.error(), Some(FipsError::NotLinked));
    }

    #[test]
    fn the_linked_module_passes_as_often_as_it_is_asked() {
        for _ in 0..3 {
            let expected = match cfg!(feature = "fips") {
                true => None,
                false => Some(FipsError::NotLinked),
            };
            assert_eq!(self_test().error(), expected);
        }
    }
}
