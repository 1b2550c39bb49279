//! What a group takes of memory for each of its members.

use serde::{Deserialize, Serialize};

use crate::{BenchError, engines::EngineRow, scenario::Case, suite};

/// The memory of one member's group, for each member in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryPerMember {
    /// The ciphersuite, such as `0x0001`.
    pub suite: String,
    /// The members of the group.
    pub members: usize,
    /// Bytes of the process's resident memory for each member, of the founder and one
    /// other member's view of the group together, what was prepared for one commit
    /// included.
    pub bytes: f64,
}

/// Measures it, on `engine`: the growth of the process's resident memory while the
/// scenario `commit` is prepared, by the number of members. `None` where the system does
/// not tell (it does on Linux), and where the engine lacks the suite.
///
/// # Errors
///
/// What the engine refused.
pub fn measure(engine: &EngineRow, case: &Case) -> Result<Option<MemoryPerMember>, BenchError> {
    let Some(before) = resident_bytes() else {
        return Ok(None);
    };
    let Some(trial) = engine.prepare("commit", case)? else {
        return Ok(None);
    };
    let grown = resident_bytes().unwrap_or(before).saturating_sub(before);
    drop(trial);
    Ok(Some(MemoryPerMember {
        suite: suite::number(case.suite),
        members: case.members,
        bytes: (grown as f64 / case.members as f64).round(),
    }))
}

/// The resident memory of this process (proc(5), `VmRSS`).
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
