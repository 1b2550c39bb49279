//! Contenders that take turns, and the rows that say how they did.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Failure;
use crate::sandbox::Module;
use crate::scheme::Scheme;
use crate::statistics::{Summary, median, microseconds_each};
use crate::verification::{PublicKey, Signed};

/// What is compared.
pub struct Contest {
    pub module: Module,
    pub scheme: &'static Scheme,
    /// The signer's sessions.
    pub sessions: usize,
    /// Those with which the bare module is tried; its best rate counts.
    pub bare_sessions: &'static [usize],
    /// Messages that the signer is given at once.
    pub batch: usize,
}

/// Something that signs.
pub struct Contender {
    pub name: &'static str,
    pub sessions: usize,
    /// Messages in a call.
    pub batch: usize,
    /// Begins calls until this instant, and waits for the last of them.
    pub sign: Box<dyn FnMut(Instant) -> Result<Vec<Call>, Failure>>,
}

/// A call and what it was answered.
pub struct Call {
    pub time: Duration,
    pub signed: Vec<Signed>,
}

/// Calls, one after the other.
pub fn calls_until(
    until: Instant,
    mut call: impl FnMut() -> Result<Vec<Signed>, Failure>,
) -> Result<Vec<Call>, Failure> {
    let mut calls = Vec::new();
    while Instant::now() < until {
        let began = Instant::now();
        let signed = call()?;
        let time = began.elapsed();
        calls.push(Call { time, signed });
    }
    Ok(calls)
}

/// What one contender did in all its turns.
#[derive(Default)]
struct Samples {
    verified: u64,
    /// Microseconds for each signature, by turn.
    turns: Vec<f64>,
    /// Microseconds of each call.
    calls: Vec<f64>,
}

/// How one contender did.
#[derive(Serialize)]
pub struct Row {
    module: &'static str,
    scheme: &'static str,
    contender: &'static str,
    sessions: usize,
    batch: usize,
    rounds: usize,
    /// The signatures that were made, each of which was verified.
    verified: u64,
    /// Of the median turn.
    signatures_per_s: f64,
    /// The rate as a part of the bare module's best, round by round: the median.
    ratio_to_bare: f64,
    least_ratio: f64,
    greatest_ratio: f64,
    /// A call: one signature, or a batch.
    call_median_us: f64,
    /// The median distance from the median.
    call_deviation_us: f64,
    call_least_us: f64,
    call_p99_us: f64,
}

impl Samples {
    /// Takes a turn; what it signs is verified after the clock has stopped.
    fn turn(
        &mut self,
        contender: &mut Contender,
        key: &PublicKey<'_>,
        turn: Duration,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        let calls = (contender.sign)(began + turn)?;
        let took = began.elapsed();
        let mut verified = 0;
        for call in &calls {
            for signed in &call.signed {
                key.verify(signed)?;
                verified += 1;
            }
            self.calls.push(microseconds_each(call.time, 1));
        }
        self.turns.push(microseconds_each(took, verified));
        self.verified += verified;
        Ok(())
    }

    fn typical(&self) -> f64 {
        median(&self.turns).unwrap_or(f64::INFINITY)
    }
}

impl Contest {
    /// Has the contenders take turns; those named `bare` are what all are compared with.
    pub fn hold(
        &self,
        contenders: &mut [Contender],
        key: &PublicKey<'_>,
        turn: Duration,
        rounds: u32,
    ) -> Result<Vec<Row>, Failure> {
        let mut samples: Vec<Samples> = contenders.iter().map(|_| Samples::default()).collect();
        for contender in contenders.iter_mut() {
            // Connections, sessions and caches are made; this does not count.
            (contender.sign)(Instant::now() + turn / 4)?;
        }
        for _ in 0..rounds {
            for (contender, samples) in contenders.iter_mut().zip(&mut samples) {
                samples.turn(contender, key, turn)?;
            }
        }
        let rows = contenders.iter().zip(&samples);
        let bare = rows
            .clone()
            .filter(|(contender, _)| contender.name == "bare");
        let best = bare
            .map(|(_, samples)| samples)
            .min_by(|one, other| one.typical().total_cmp(&other.typical()))
            .ok_or("there is no bare module")?;
        rows.map(|(contender, samples)| self.row(contender, samples, best))
            .collect()
    }

    fn row(&self, contender: &Contender, ours: &Samples, best: &Samples) -> Result<Row, Failure> {
        let turns = Summary::of(&ours.turns).ok_or("no turn was measured")?;
        let calls = Summary::of(&ours.calls).ok_or("no call was measured")?;
        let rounds = best.turns.iter().zip(&ours.turns);
        let ratios: Vec<f64> = rounds.map(|(best, ours)| best / ours).collect();
        Ok(Row {
            module: self.module.name(),
            scheme: self.scheme.name,
            contender: contender.name,
            sessions: contender.sessions,
            batch: contender.batch,
            rounds: turns.runs,
            verified: ours.verified,
            signatures_per_s: 1e6 / turns.median_us,
            ratio_to_bare: median(&ratios).ok_or("no turn was measured")?,
            least_ratio: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            greatest_ratio: ratios.iter().copied().fold(0.0, f64::max),
            call_median_us: calls.median_us,
            call_deviation_us: calls.mad_us,
            call_least_us: calls.min_us,
            call_p99_us: percentile(&ours.calls, 99),
        })
    }
}

impl Row {
    /// For a program, or for a person.
    pub fn line(&self, json: bool) -> Result<String, Failure> {
        if json {
            return Ok(serde_json::to_string(self)?);
        }
        let signed = format!(
            "{:9}  {:22}  {:10}  sessions {:2}  batch {:4}  {:7.0}/s",
            self.module,
            self.scheme,
            self.contender,
            self.sessions,
            self.batch,
            self.signatures_per_s,
        );
        Ok(format!(
            "{signed}  {:.2} of bare ({:.2} to {:.2})  a call {:.0} us, p99 {:.0} us",
            self.ratio_to_bare,
            self.least_ratio,
            self.greatest_ratio,
            self.call_median_us,
            self.call_p99_us,
        ))
    }
}

/// The smallest value that `percent` of all do not exceed.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
