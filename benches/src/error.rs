//! Everything that can go wrong, with what to do about it.

use std::fmt::Display;

use openmls_traits::types::CryptoError;

/// An error of a measurement or of the request for one.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// No scenario has this name.
    #[error(
        "unknown scenario `{name}`; choose from: {known}; or `all` for every provider operation; \
         `measure lanes`, its options behind it, stands alone"
    )]
    UnknownScenario {
        /// The name that was asked for.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// No engine has this name.
    #[error("unknown engine `{name}`; choose from: {known}")]
    UnknownEngine {
        /// The name that was asked for.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// No operation on batches has this name.
    #[error("unknown operation `{name}`; choose from: {known}")]
    UnknownOperation {
        /// The name that was asked for.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// The engine is a backend for other CPUs.
    #[error("engine `{name}` needs instructions that this CPU lacks; choose from: {known}")]
    MissingInstructions {
        /// The name that was asked for.
        name: String,
        /// The names of the engines that can run here, separated by commas.
        known: String,
    },
    /// No ciphersuite has this number.
    #[error("unknown ciphersuite `{name}`; choose from: {known}; or `all`")]
    UnknownSuite {
        /// The number as it was written.
        name: String,
        /// The numbers that exist, separated by commas.
        known: String,
    },
    /// A group scenario was asked for with fewer members than take part in it.
    #[error("a group of {given} is too small; give at least two members")]
    TooFewMembers {
        /// The number that was asked for.
        given: usize,
    },
    /// The time budget is not a positive number of seconds.
    #[error("`{given}` is no time budget; give a positive number of seconds")]
    InvalidBudget {
        /// The budget as it was written.
        given: String,
    },
    /// The number of elements in a batch is not a number, or none that can be measured.
    #[error("`{given}` is no number of elements in a batch; give one from 1 to {longest}")]
    InvalidBatch {
        /// The number as it was written.
        given: String,
        /// The greatest number that can be given.
        longest: usize,
    },
    /// A pool of threads could not be started.
    #[error("cannot start the threads: {0}; give a smaller number")]
    Threads(String),
    /// The break-even was asked for without the engine that it is measured against.
    #[error("no break-even without engine `{0}`: name it in --engines too")]
    NoReference(&'static str),
    /// A provider refused an operation.
    #[error("the provider failed: {0}")]
    Crypto(#[from] CryptoError),
    /// OpenMLS refused a step.
    #[error("OpenMLS failed to {step}: {reason}")]
    OpenMls {
        /// The step, as in "join the group".
        step: &'static str,
        /// OpenMLS's own words.
        reason: String,
    },
    /// A library of curves refused an operation.
    #[error("the library failed: {0}")]
    Library(String),
    /// A result did not verify: its time means nothing.
    #[error("a wrong result: {0}")]
    WrongResult(&'static str),
    /// An engine failed in a measurement.
    #[error("engine `{engine}`, scenario `{scenario}`: {source}")]
    Engine {
        /// The engine's name.
        engine: &'static str,
        /// The scenario's name.
        scenario: &'static str,
        /// What went wrong.
        source: Box<BenchError>,
    },
    /// A file is no record.
    #[error(
        "`{path}` is no record that can be read: {reason}; make one with `mls-bench report --json`"
    )]
    BadRecord {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process failed to measure.
    #[error("`{program}` could not measure: {reason}")]
    Guest {
        /// The program.
        program: String,
        /// What it said.
        reason: String,
    },
    /// A comparison found series that became slower.
    #[error("{0} series slower, with confidence; see the table")]
    Regressions(usize),
    /// More instructions than the baseline has.
    #[error(
        "{0} operations take more instructions; if that is meant, or the compiler or AWS-LC \
         changed, write the baseline anew: `cargo xtask tables instructions`"
    )]
    MoreInstructions(usize),
    /// Two records have nothing in common.
    #[error("the two records have no series in common: compare records of the same command")]
    NothingInCommon,
    /// None of the chosen engines can run any of the chosen scenarios.
    #[error("nothing was measured: none of the chosen engines supports what was chosen")]
    NothingMeasured,
    /// The results could not be written.
    #[error("cannot write the results: {0}")]
    Output(#[from] std::io::Error),
}

impl BenchError {
    /// The exit code of a program that ends with it: 3 for regressions, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Regressions(_) | Self::MoreInstructions(_) => 3,
            _ => 1,
        }
    }

    /// Whether the provider said that it does not have the algorithm at all.
    pub(crate) fn is_unsupported(&self) -> bool {
        matches!(
            self,
            Self::Crypto(
                CryptoError::UnsupportedSignatureScheme
                    | CryptoError::UnsupportedAeadAlgorithm
                    | CryptoError::UnsupportedKdf
                    | CryptoError::UnsupportedHashAlgorithm
                    | CryptoError::UnsupportedCiphersuite
            )
        )
    }
}

/// Turns OpenMLS's many error types into ours, naming the step that failed.
pub(crate) trait Step<T> {
    /// The value, or [`BenchError::OpenMls`] with the step "failed to `step`".
    fn step(self, step: &'static str) -> Result<T, BenchError>;
}

impl<T, E: Display> Step<T> for Result<T, E> {
    fn step(self, step: &'static str) -> Result<T, BenchError> {
        self.map_err(|error| BenchError::OpenMls {
            step,
            reason: error.to_string(),
        })
    }
}

/// Turns the error types of the libraries of curves into ours.
pub(crate) trait FromLibrary<T> {
    /// The value, or [`BenchError::Library`] with the library's own words.
    fn of_library(self) -> Result<T, BenchError>;
}

impl<T, E: Display> FromLibrary<T> for Result<T, E> {
    fn of_library(self) -> Result<T, BenchError> {
        self.map_err(|error| BenchError::Library(error.to_string()))
    }
}

/// `Ok` if `holds`, else [`BenchError::WrongResult`] saying `otherwise`.
pub(crate) fn ensure(holds: bool, otherwise: &'static str) -> Result<(), BenchError> {
    if holds {
        Ok(())
    } else {
        Err(BenchError::WrongResult(otherwise))
    }
}
