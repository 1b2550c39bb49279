//! Contenders that take turns, and the rows that say how they did.

use std::thread;
use std::time::{Duration, Instant};

use mls_hsm_signer::Scheme;
use serde_json::json;

use crate::Failure;
use crate::sandbox::Module;
use crate::statistics::{Summary, median, microseconds_each};
use crate::verification::{PublicKey, Signed};

/// What is compared, and for how long.
pub struct Contest {
    pub module: Module,
    pub scheme: &'static Scheme,
    /// The signer's sessions.
    pub sessions: usize,
    /// Those with which the bare module is tried; its best rate counts.
    pub bare_sessions: &'static [usize],
    /// Messages that the signer is given at once.
    pub batch: usize,
    pub turn: Duration,
    pub rounds: u32,
}

/// Something that signs.
pub struct Contender {
    pub name: &'static str,
    pub sessions: usize,
    /// Messages in a call.
    pub batch: usize,
    /// How many call at a time, each in a thread.
    pub callers: usize,
    /// What the caller with this number is answered.
    pub call: Call,
}

pub type Call = Box<dyn Fn(usize) -> Result<Vec<Signed>, Failure> + Sync>;

/// What one contender did in all its turns.
#[derive(Default)]
struct Samples {
    verified: u64,
    /// Microseconds for each signature, by turn.
    turns: Vec<f64>,
    /// Microseconds of each call.
    calls: Vec<f64>,
}

impl Contender {
    /// Calls for about `time`.
    fn take_turn(&self, time: Duration) -> Result<Vec<(Duration, Vec<Signed>)>, Failure> {
        let until = Instant::now() + time;
        let calls = |caller| {
            let mut calls = Vec::new();
            while Instant::now() < until {
                let began = Instant::now();
                let signed = (self.call)(caller)?;
                calls.push((began.elapsed(), signed));
            }
            Ok::<_, Failure>(calls)
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.callers)
                .map(|caller| scope.spawn(move || calls(caller)))
                .collect();
            let mut all = Vec::new();
            for thread in threads {
                all.extend(thread.join().map_err(|_| "a caller panicked")??);
            }
            Ok(all)
        })
    }
}

impl Samples {
    /// A turn; what is signed in it is verified after the clock has stopped.
    fn add(
        &mut self,
        contender: &Contender,
        key: &PublicKey,
        time: Duration,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        let calls = contender.take_turn(time)?;
        let took = began.elapsed();
        let mut verified = 0;
        for (time, signed) in &calls {
            for signed in signed {
                key.verify(signed)?;
                verified += 1;
            }
            self.calls.push(microseconds_each(*time, 1));
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
    /// Has the contenders take turns; those named `bare` are what all are compared with. A row for
    /// each contender, for a person or as JSON.
    pub fn hold(
        &self,
        contenders: &[Contender],
        key: &PublicKey,
        json: bool,
    ) -> Result<Vec<String>, Failure> {
        let mut samples: Vec<Samples> = contenders.iter().map(|_| Samples::default()).collect();
        for contender in contenders {
            // Connections, sessions and caches are made; this does not count.
            contender.take_turn(self.turn / 4)?;
        }
        for _ in 0..self.rounds {
            for (contender, samples) in contenders.iter().zip(&mut samples) {
                samples.add(contender, key, self.turn)?;
            }
        }
        let each = contenders.iter().zip(&samples);
        let best = each
            .clone()
            .filter(|(contender, _)| contender.name == "bare")
            .map(|(_, samples)| samples)
            .min_by(|one, other| one.typical().total_cmp(&other.typical()))
            .ok_or("there is no bare module")?;
        each.map(|(contender, samples)| self.row(contender, samples, best, json))
            .collect()
    }

    fn row(
        &self,
        contender: &Contender,
        ours: &Samples,
        best: &Samples,
        json: bool,
    ) -> Result<String, Failure> {
        let turns = Summary::of(&ours.turns).ok_or("there was no turn")?;
        let calls = Summary::of(&ours.calls).ok_or("there was no call")?;
        let p99 = percentile(&ours.calls, 99);
        // Round by round, so that what slows both down does not count.
        let ratios = best
            .turns
            .iter()
            .zip(&ours.turns)
            .map(|(best, ours)| best / ours);
        let ratios: Vec<f64> = ratios.collect();
        let ratio = median(&ratios).ok_or("there was no turn")?;
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = ratios.iter().copied().fold(0.0, f64::max);
        let Contender {
            name,
            sessions,
            batch,
            ..
        } = contender;
        let (module, scheme, rate) = (self.module.name(), self.scheme.name, 1e6 / turns.median_us);
        if !json {
            return Ok(format!(
                "{module:9}  {scheme:22}  {name:10}  sessions {sessions:2}  batch {batch:4}  \
                 {rate:7.0}/s  {ratio:.2} of bare ({least:.2} to {greatest:.2})  a call {:.0} us, \
                 p99 {p99:.0} us",
                calls.median_us
            ));
        }
        let row = json!({
            "module": module,
            "scheme": scheme,
            "contender": name,
            "sessions": sessions,
            "batch": batch,
            "rounds": turns.runs,
            "verified": ours.verified,
            "signatures_per_s": rate,
            "ratio_to_bare": ratio,
            "least_ratio": least,
            "greatest_ratio": greatest,
            "call_median_us": calls.median_us,
            "call_deviation_us": calls.mad_us,
            "call_least_us": calls.min_us,
            "call_p99_us": p99,
        });
        Ok(row.to_string())
    }
}

/// The smallest value that `percent` of all do not exceed.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
