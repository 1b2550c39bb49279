//! Instructions instead of time: what stays the same on a busy machine.
//!
//! Valgrind's callgrind runs the program on a CPU of its own making, which has AES-NI
//! and AVX2 but neither SHA-NI nor AVX-512, whatever the machine has, and counts. The
//! counts are of the timed part of a scenario alone. They are no measure of speed: they
//! tell when code does more than it did.
//!
//! What valgrind's CPU offers follows the machine's in a few features, AVX2 for one, and
//! libraries choose their code by it. So every count comes with the [`Footing`] it was
//! taken on, and is held against a baseline of the same footing or none.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use openmls_hw_crypto::HwCrypto;
use openmls_traits::{random::OpenMlsRand, types::CryptoError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{BenchError, cpu::Cpu, engines, measure::Pool, scenario::Case, suite};

/// The function whose instructions are counted, as callgrind is to find it.
pub const TIMED_FUNCTION: &str = "*timed_part*";

/// The argument that makes the program run one operation for callgrind.
pub const ARGUMENT: &str = "repeat";

/// RDRAND and RDSEED (CPUID leaf 1, ECX bit 30; leaf 7, EBX bit 18), which valgrind passes
/// on from the machine, are kept from AWS-LC: it draws random bytes by them where it can.
const WITHOUT_RDRAND: (&str, &str) = ("OPENSSL_ia32cap", "~0x4000000000000000:~0x40000");

/// What is counted.
struct Counted {
    scenario: &'static str,
    engine: &'static str,
    suites: &'static [u16],
    /// The members of its group or batch, where it has one.
    members: usize,
    iterations: u64,
}

const fn call(scenario: &'static str, suites: &'static [u16], iterations: u64) -> Counted {
    Counted {
        scenario,
        engine: "hw",
        suites,
        members: 8,
        iterations,
    }
}

const fn many(scenario: &'static str, suites: &'static [u16], members: usize) -> Counted {
    Counted {
        scenario,
        engine: "hw-batch",
        suites,
        members,
        iterations: 2,
    }
}

/// The operations counted: single calls, a group, and batches that fill the lanes.
static COUNTED: &[Counted] = &[
    call("hkdf-expand", &[0x0001], 64),
    call("aead-encrypt", &[0x0001, 0x0003], 64),
    call("sign", &[0x0001, 0x0002], 32),
    call("verify", &[0x0001, 0x0002], 32),
    call("hpke-seal", &[0x0001, 0x0002, 0x0007], 16),
    call("hpke-open", &[0x0001, 0x0002], 16),
    call("key-package", &[0x0001], 16),
    call("key-package-validate", &[0x0001], 16),
    call("commit", &[0x0001], 4),
    call("process", &[0x0001], 4),
    many("seal-many", &[0x0001, 0x0002], 64),
    many("commit", &[0x0001], 32),
];

/// What decides how many instructions the same work takes: two counts of one footing
/// can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Footing {
    /// The instruction set, as Rust names it.
    pub architecture: String,
    /// The names of the [`FEATURES`](crate::cpu::FEATURES) that valgrind's CPU offers.
    pub features: Vec<String>,
    /// The instruction set that the lanes run on there.
    pub lanes: String,
    /// `dev` or `release`: whether the build has debug assertions.
    pub build: String,
}

impl Footing {
    /// That of this process.
    fn here() -> Self {
        let cpu = Cpu::detect();
        let build = if cfg!(debug_assertions) {
            "dev"
        } else {
            "release"
        };
        Self {
            architecture: cpu.architecture,
            features: cpu.features,
            lanes: cpu.lanes,
            build: build.to_owned(),
        }
    }

    /// The baseline of this footing in `folder`.
    pub fn baseline_in(&self, folder: &Path) -> PathBuf {
        let Self {
            architecture,
            lanes,
            build,
            ..
        } = self;
        folder.join(format!("{architecture}-{lanes}-{build}.json"))
    }
}

/// Instructions for one operation, by scenario, suite and engine.
pub type Counts = BTreeMap<String, u64>;

/// The counts that are held against new ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// What they were counted on.
    pub footing: Footing,
    /// The share by which a count may exceed its own: keys and nonces are random, and
    /// with them the path through variable-time code, the points of a verification for
    /// one; compilers and AWS-LC change too.
    pub tolerance: f64,
    /// The counts.
    pub counts: Counts,
}

/// A count beside its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// The scenario, the suite and the engine.
    pub name: String,
    /// Instructions for one operation.
    pub now: u64,
    /// Those of the baseline, `None` if it lacks the operation.
    pub baseline: Option<u64>,
    /// Whether it is more than the tolerance allows.
    pub is_regression: bool,
}

/// What valgrind's CPU offers on this machine.
///
/// # Errors
///
/// [`BenchError::Guest`] if valgrind is missing, or refuses.
pub fn footing() -> Result<Footing, BenchError> {
    let output = valgrind("none", &[])?.arg(ARGUMENT).output();
    let output = output.map_err(|error| not_run(&error))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|_| failed(String::from_utf8_lossy(&output.stderr).trim()))
}

/// Counts every operation, by running this program under valgrind, once for each and as
/// many at a time as there are cores.
///
/// # Errors
///
/// [`BenchError::Guest`] if valgrind is missing, or refuses.
pub fn count() -> Result<Counts, BenchError> {
    let of_row = |row: &'static Counted| row.suites.iter().map(move |&suite| (row, suite));
    let all: Vec<(&Counted, u16)> = COUNTED.iter().flat_map(of_row).collect();
    all.par_iter()
        .map(|&(row, suite)| Ok((row.name(suite), row.count(suite)?)))
        .collect()
}

/// `counts` against `baseline`.
pub fn against(counts: &Counts, baseline: &Baseline) -> Vec<Count> {
    let one = |(name, &now): (&String, &u64)| {
        let before = baseline.counts.get(name).copied();
        let allowed = before.map(|before| before as f64 * (1.0 + baseline.tolerance));
        Count {
            name: name.clone(),
            now,
            baseline: before,
            is_regression: allowed.is_some_and(|allowed| now as f64 > allowed),
        }
    };
    counts.iter().map(one).collect()
}

/// Reads a baseline; `None` if there is none.
///
/// # Errors
///
/// [`BenchError::BadRecord`] if the file is something else.
pub fn read(path: &Path) -> Result<Option<Baseline>, BenchError> {
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path)?;
    let baseline = serde_json::from_str(&text).map_err(|error| BenchError::BadRecord {
        path: path.display().to_string(),
        reason: error.to_string(),
    })?;
    Ok(Some(baseline))
}

/// What callgrind watches: runs row `row` of the operations counted on the suite, or
/// without a row says on which footing it would.
///
/// # Errors
///
/// What the engine refused.
pub fn repeat(row: Option<(usize, u16)>) -> Result<(), BenchError> {
    let Some((row, suite)) = row else {
        let footing = serde_json::to_string(&Footing::here()).map_err(std::io::Error::from)?;
        println!("{footing}");
        return Ok(());
    };
    COUNTED
        .get(row)
        .ok_or(BenchError::NothingMeasured)?
        .run(suite)
}

impl Counted {
    fn name(&self, suite: u16) -> String {
        format!("{} {suite:#06x} {}", self.scenario, self.engine)
    }

    /// The place in [`COUNTED`], by which another process finds it.
    fn index(&self) -> usize {
        COUNTED
            .iter()
            .position(|row| std::ptr::eq(row, self))
            .unwrap_or_default()
    }

    fn count(&self, suite: u16) -> Result<u64, BenchError> {
        let toggle = format!("--toggle-collect={TIMED_FUNCTION}");
        let mut command = valgrind("callgrind", &["--callgrind-out-file=/dev/null", &toggle])?;
        command.args([ARGUMENT, &self.index().to_string(), &suite.to_string()]);
        let output = command.output().map_err(|error| not_run(&error))?;
        Ok(collected(&output)? / self.iterations)
    }

    /// In a pool of one thread, and all of it there: callgrind turns its counting on and
    /// off for a thread by itself.
    fn run(&self, suite: u16) -> Result<(), BenchError> {
        let case = Case {
            suite: suite::by_number(suite)?,
            members: self.members,
        };
        let pool = Pool::of(NonZeroUsize::MIN)?;
        pool.install(|| {
            // AWS-LC gathers a thread's entropy at its first random byte, with millions of
            // instructions.
            HwCrypto::default()
                .random_vec(1)
                .map_err(|_| CryptoError::InsufficientRandomness)?;
            let trial = engines::find(self.engine)?.prepare(self.scenario, &case)?;
            let mut trial = trial.ok_or(BenchError::NothingMeasured)?;
            trial.run(self.iterations).map(drop)
        })
    }
}

/// This program under valgrind's `tool`.
fn valgrind(tool: &str, options: &[&str]) -> Result<Command, BenchError> {
    let mut command = Command::new("valgrind");
    command
        .arg(format!("--tool={tool}"))
        .args(options)
        .arg(std::env::current_exe()?)
        .env(WITHOUT_RDRAND.0, WITHOUT_RDRAND.1)
        .env_remove("MLS_LANES_BACKEND");
    Ok(command)
}

/// What callgrind says that it collected.
fn collected(output: &Output) -> Result<u64, BenchError> {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("Collected :"));
    let count = line.and_then(|(_, count)| count.trim().parse().ok());
    match count {
        Some(count) if count > 0 && output.status.success() => Ok(count),
        _ => Err(failed(said.trim())),
    }
}

fn not_run(error: &std::io::Error) -> BenchError {
    failed(&format!("{error} (on Debian: apt-get install valgrind)"))
}

fn failed(reason: &str) -> BenchError {
    BenchError::Guest {
        program: "valgrind".to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_exists_and_runs() {
        let mut ran = 0;
        for (index, row) in COUNTED.iter().enumerate() {
            assert_eq!(row.index(), index);
            for &suite in row.suites {
                repeat(Some((index, suite))).unwrap();
                ran += 1;
            }
        }
        assert_eq!(ran, 19);
    }

    #[test]
    fn more_than_the_tolerance_is_a_regression() {
        let counts = |sign| BTreeMap::from([("sign".to_owned(), sign)]);
        let baseline = Baseline {
            footing: Footing::here(),
            tolerance: 0.1,
            counts: counts(1000),
        };
        let judged = |now| against(&counts(now), &baseline)[0].is_regression;
        assert_eq!([900, 1100, 1101].map(judged), [false, false, true]);
        let unknown = against(&BTreeMap::from([("new".to_owned(), 5)]), &baseline);
        assert_eq!(
            (unknown[0].baseline, unknown[0].is_regression),
            (None, false)
        );
    }
}
