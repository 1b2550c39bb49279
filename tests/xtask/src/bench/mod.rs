//! Measurements: a file for each that takes more than a line.

mod batch;
mod pq;
pub mod report;

use clap::Subcommand;

use crate::command::{cargo, script};
use crate::packages::Purpose;
use crate::selection::{BENCHES, SIGNER_BENCH};
use crate::task::Task;

/// What is measured.
#[derive(Clone, Debug, Subcommand)]
pub enum Benchmark {
    /// Which suite on this CPU: a table and advice, in under two minutes
    Answer,
    /// Everything on every engine, as a page: bench-report.html
    Report {
        /// In FIPS mode too: CMake, Go and minutes
        #[arg(long)]
        fips: bool,
    },
    /// What is done for many at once, and prepared, against the others
    Batch,
    /// The post-quantum suites against the others that have them: 15 minutes
    Pq,
    /// What FIPS mode costs: against the same module without it, and the plain build
    Fips {
        /// `operations`, `start-up`, `batch`, `commit`, or `build` for the programs only
        part: Option<String>,
    },
    /// The signer over SoftHSM against SoftHSM itself
    Hsm,
    /// The signer's service under load against the bare module
    Service,
}

/// Measures one thing, or every operation.
pub fn task(what: Option<Benchmark>) -> Task {
    match what {
        None => operations(),
        Some(Benchmark::Answer) => answer(),
        Some(Benchmark::Report { fips }) => report::task(fips),
        Some(Benchmark::Batch) => batch::task(),
        Some(Benchmark::Pq) => pq::task(),
        Some(Benchmark::Fips { part }) => fips(part),
        Some(Benchmark::Hsm) => signer(Purpose::Run, "engine --json"),
        Some(Benchmark::Service) => signer(Purpose::Test, "service --json"),
    }
}

/// Every operation of every suite, by the project's own program and by criterion.
fn operations() -> Task {
    Task {
        purpose: Purpose::Test,
        commands: vec![
            cargo("run --release", "--bin mls-bench")
                .packages(&[BENCHES])
                .words("-- measure all --suite all"),
            cargo("bench", "").packages(&[BENCHES]),
        ],
    }
}

fn answer() -> Task {
    Task {
        purpose: Purpose::Bench,
        commands: vec![report::mls_bench("")],
    }
}

/// Two C libraries must not be in one process: a script has programs take turns.
fn fips(part: Option<String>) -> Task {
    let measure = script("benches/fips.sh");
    Task {
        purpose: Purpose::Fips,
        commands: vec![
            part.into_iter()
                .fold(measure, |measure, part| measure.argument(part)),
        ],
    }
}

/// The signer from outside, beside the bare module.
fn signer(purpose: Purpose, words: &str) -> Task {
    let measure = cargo("run --release", "").packages(&[SIGNER_BENCH]);
    Task {
        purpose,
        commands: vec![measure.words("--").words(words)],
    }
}
