//! What else the machine did meanwhile.

use std::time::Instant;

use serde::{Deserialize, Serialize};

/// The conditions of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// The share of the time of all cores, 0 to 1, that went to other work or to other
    /// guests of the same host; `None` where the system does not tell (it does on Linux).
    pub busy_with_others: Option<f64>,
    /// The one-minute load average at the beginning.
    pub load_average: Option<f64>,
}

/// Watches the machine from the beginning of a run to its end.
#[derive(Debug)]
pub struct Watch {
    start: Instant,
    load_average: Option<f64>,
    before: Option<Ticks>,
}

impl Watch {
    /// Begins.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            load_average: load_average(),
            before: Ticks::now(),
        }
    }

    /// What was seen since.
    pub fn finish(&self) -> Conditions {
        let others = |before: Ticks| Some(before.others_until(Ticks::now()?));
        Conditions {
            seconds: (self.start.elapsed().as_secs_f64() * 10.0).round() / 10.0,
            busy_with_others: self.before.and_then(others),
            load_average: self.load_average,
        }
    }
}

/// The clock ticks of all cores since the system started, and those of this process.
#[derive(Clone, Copy, Debug)]
struct Ticks {
    all: u64,
    idle: u64,
    /// This process and the children that it waited for.
    ours: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        let system = std::fs::read_to_string("/proc/stat").ok()?;
        let process = std::fs::read_to_string("/proc/self/stat").ok()?;
        Self::parse(&system, &process)
    }

    /// From `/proc/stat` and `/proc/self/stat` (proc(5)).
    fn parse(system: &str, process: &str) -> Option<Self> {
        let of_all_cores = system.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = numbers(of_all_cores);
        // The name of the program, in parentheses, may hold anything.
        let (_, of_process) = process.rsplit_once(')')?;
        let fields: Vec<&str> = of_process.split_whitespace().collect();
        let ours = fields
            .get(11..15)?
            .iter()
            .filter_map(|field| field.parse::<u64>().ok());
        Some(Self {
            // User, nice, system, idle, iowait, irq, softirq, steal; guests are in user.
            all: ticks.iter().take(8).sum(),
            idle: ticks.get(3)? + ticks.get(4)?,
            ours: ours.sum(),
        })
    }

    /// The share of the time between the two that was neither idle nor ours.
    fn others_until(self, after: Self) -> f64 {
        let all = after.all.saturating_sub(self.all);
        let idle = after.idle.saturating_sub(self.idle);
        let ours = after.ours.saturating_sub(self.ours);
        let others = all.saturating_sub(idle).saturating_sub(ours);
        let share = others as f64 / all.max(1) as f64;
        (share * 1e3).round() / 1e3
    }
}

fn numbers(text: &str) -> Vec<u64> {
    text.split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect()
}

fn load_average() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(system: &str, ours: [u64; 4]) -> Ticks {
        let [a, b, c, d] = ours;
        let process = format!("1 (mls) bench) R 2 3 4 5 6 7 8 9 10 11 {a} {b} {c} {d} 20");
        Ticks::parse(system, &process).unwrap()
    }

    #[test]
    fn what_is_neither_idle_nor_ours_went_to_others() {
        let before = ticks("cpu  100 0 50 800 50 0 0 0 7 0\ncpu0 1", [10, 5, 0, 0]);
        let after = ticks("cpu  300 0 100 900 50 0 0 50 9 0\n", [110, 55, 40, 10]);
        // 400 in all, 100 idle, 200 ours.
        assert_eq!(before.others_until(after), 0.25);
        assert_eq!(after.others_until(after), 0.0);
    }

    #[test]
    fn other_systems_tell_nothing() {
        assert!(Ticks::parse("", "").is_none());
        assert!(Ticks::parse("cpu  1 2", "1 (x) R").is_none());
    }
}
