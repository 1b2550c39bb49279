//! On paper: commits in groups too large to measure, from measured costs.
//!
//! A commit whose update path is encrypted to every member does, for each of them, one
//! HPKE encryption, which goes over the cores, and work of OpenMLS on the tree, which
//! does not. The first is measured alone (`seal-many` on one thread); the second is what
//! a measured commit takes beyond it. Both grow with the members, and memory is taken to
//! be there. A tree in use has inner nodes with keys: then a commit is encrypted to the
//! logarithm of these numbers.

use crate::{record::Record, statistics::median};

/// The cost of a commit for each member of the group, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerMember {
    /// The part that goes over the cores.
    pub parallel_us: f64,
    /// The part that does not.
    pub serial_us: f64,
}

impl PerMember {
    /// What `record` says of the suite, from its largest group measured; `None` if it
    /// lacks the series.
    pub fn of(record: &Record, suite: &str) -> Option<Self> {
        let of_suite = |scenario: &'static str| {
            record.series.iter().filter(move |series| {
                series.scenario == scenario
                    && series.suite.as_deref() == Some(suite)
                    && series.engine == "hw-batch"
                    && series.masked.is_none()
            })
        };
        let seals = of_suite("seal-many").find(|series| series.threads == Some(1))?;
        let commit = of_suite("commit").max_by_key(|series| series.size)?;
        let (members, cores) = (commit.size? as f64, record.cpu.cores as f64);
        let parallel_us = median(&seals.samples_us)?;
        let each = median(&commit.samples_us)? / members;
        Some(Self {
            parallel_us,
            serial_us: (each - parallel_us / cores).max(0.0),
        })
    }

    /// A commit in a group of `members` on `cores`, in microseconds.
    pub fn commit_us(self, members: usize, cores: usize) -> f64 {
        members as f64 * (self.parallel_us / cores as f64 + self.serial_us)
    }
}

/// The sizes of group that the projection shows.
pub const MEMBERS: [usize; 2] = [100_000, 1_000_000];

/// The numbers of cores.
pub const CORES: [usize; 4] = [1, 4, 16, 64];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{series, tests::record};

    #[test]
    fn what_a_commit_takes_beyond_its_seals_does_not_go_over_the_cores() {
        let mut record = record();
        record.cpu.cores = 2;
        let mut seals = series("seal-many", "hw-batch", &[8.0]);
        (seals.threads, seals.size) = (Some(1), Some(1024));
        let mut commit = series("commit", "hw-batch", &[7000.0]);
        commit.size = Some(1000);
        record.series = vec![seals, commit];
        let cost = PerMember::of(&record, "0x0001").unwrap();
        assert_eq!(
            cost,
            PerMember {
                parallel_us: 8.0,
                serial_us: 3.0
            }
        );
        assert_eq!(cost.commit_us(1000, 2), 7000.0);
        assert_eq!(cost.commit_us(100_000, 8), 400_000.0);
        assert_eq!(PerMember::of(&record, "0x0002"), None);
    }
}
