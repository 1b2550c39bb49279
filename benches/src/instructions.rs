//! Instructions instead of time: what stays the same on a busy machine.
//!
//! Valgrind's callgrind runs the program on a CPU of its own making, which has AES-NI
//! and AVX2 but neither SHA-NI nor AVX-512, whatever the machine has, and counts. The
//! counts are of the timed part of a scenario alone. They are no measure of speed: they
//! tell when code does more than it did.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output},
};

use openmls_hw_crypto::HwCrypto;
use openmls_traits::{
    random::OpenMlsRand,
    types::{Ciphersuite, CryptoError},
};
use serde::{Deserialize, Serialize};

use crate::{
    BenchError,
    engine::{self, REFERENCE},
    scenario::Case,
    suite,
};

/// The function whose instructions are counted, as callgrind is to find it.
pub const TIMED_FUNCTION: &str = "*timed_part*";

/// The argument that makes the program run one operation for callgrind.
pub const ARGUMENT: &str = "repeat";

/// The operations counted: a scenario, the suites' numbers, how often.
const COUNTED: &[(&str, &[u16], u64)] = &[
    ("hkdf-expand", &[0x0001], 64),
    ("aead-encrypt", &[0x0001, 0x0003], 64),
    ("sign", &[0x0001, 0x0002], 32),
    ("verify", &[0x0001, 0x0002], 32),
    ("hpke-seal", &[0x0001, 0x0002, 0x0007], 16),
    ("hpke-open", &[0x0001, 0x0002], 16),
    ("key-package", &[0x0001], 16),
    ("key-package-validate", &[0x0001], 16),
    ("commit", &[0x0001], 4),
    ("process", &[0x0001], 4),
];

/// The members of the groups.
const MEMBERS: usize = 8;

/// The counts that are held against new ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The share by which a count may exceed its own: keys and nonces are random, and
    /// with them the path through variable-time code, the points of a verification for
    /// one; compilers and AWS-LC change too.
    pub tolerance: f64,
    /// Instructions for one operation, by scenario and suite.
    pub counts: BTreeMap<String, u64>,
}

/// A count beside its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// The scenario and the suite.
    pub name: String,
    /// Instructions for one operation.
    pub now: u64,
    /// Those of the baseline, `None` if it lacks the operation.
    pub baseline: Option<u64>,
    /// Whether it is more than the tolerance allows.
    pub is_regression: bool,
}

/// Counts every operation, by running this program under valgrind.
///
/// # Errors
///
/// [`BenchError::Guest`] if valgrind is missing, or refuses.
pub fn count() -> Result<BTreeMap<String, u64>, BenchError> {
    let mut counts = BTreeMap::new();
    for &(scenario, suites, iterations) in COUNTED {
        for &suite in suites {
            let suite = suite::by_number(suite)?;
            let collected = collected(&under_valgrind(scenario, suite, iterations)?)?;
            let name = format!("{scenario} {}", suite::number(suite));
            counts.insert(name, collected / iterations);
        }
    }
    Ok(counts)
}

/// `counts` against `baseline`.
pub fn against(counts: &BTreeMap<String, u64>, baseline: &Baseline) -> Vec<Count> {
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

/// Reads a baseline.
///
/// # Errors
///
/// [`BenchError::BadRecord`] if the file is none.
pub fn read(path: &Path) -> Result<Baseline, BenchError> {
    let text = std::fs::read_to_string(path)?;
    serde_json::from_str(&text).map_err(|error| BenchError::BadRecord {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

/// Runs `scenario` on this project's provider `iterations` times: what callgrind watches.
///
/// # Errors
///
/// What the engine refused.
pub fn repeat(scenario: &str, suite: u16, iterations: u64) -> Result<(), BenchError> {
    let case = Case {
        suite: suite::by_number(suite)?,
        members: MEMBERS,
    };
    // AWS-LC gathers its entropy at the first random byte, with millions of instructions.
    HwCrypto::default()
        .random_vec(1)
        .map_err(|_| CryptoError::InsufficientRandomness)?;
    let trial = engine::find(REFERENCE)?.prepare(scenario, &case)?;
    trial.ok_or(BenchError::NothingMeasured)?.run(iterations)?;
    Ok(())
}

fn under_valgrind(
    scenario: &str,
    suite: Ciphersuite,
    iterations: u64,
) -> Result<Output, BenchError> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect={TIMED_FUNCTION}"))
        .arg(std::env::current_exe()?)
        .args([
            ARGUMENT,
            scenario,
            &suite::number(suite),
            &iterations.to_string(),
        ])
        // One thread: the instructions of a pool that waits are nobody's.
        .env("RAYON_NUM_THREADS", "1")
        .output();
    output.map_err(|error| failed(&error.to_string()))
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

fn failed(reason: &str) -> BenchError {
    BenchError::Guest {
        program: "valgrind --tool=callgrind".to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn what_is_counted_exists_and_runs() {
        for (name, suites, _) in COUNTED {
            assert!(scenario::find(name).is_ok());
            for &suite in *suites {
                repeat(name, suite, 1).unwrap();
            }
        }
    }

    #[test]
    fn more_than_the_tolerance_is_a_regression() {
        let counts = |sign| BTreeMap::from([("sign".to_owned(), sign)]);
        let baseline = Baseline {
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
