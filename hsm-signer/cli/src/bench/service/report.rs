//! What is said of each contest.

use serde_json::json;

use super::super::contender::Contest;
use super::super::timing::Samples;
use super::load::{Fairness, Stages};
use crate::voice::{Failure, Voice};

/// The service's rate as a part of the bare module's best.
pub fn ratio(
    contest: &Contest<'_>,
    bare: &[Samples],
    service: &Samples,
    voice: &Voice,
) -> Result<(), Failure> {
    let best = bare.iter().map(Samples::rate).fold(0.0, f64::max);
    let rate = service.rate();
    let (name, scheme) = (contest.module, contest.scheme.name);
    let value = json!({
        "contest": name,
        "scheme": scheme,
        "bare_per_s": best.round(),
        "service_per_s": rate.round(),
        "ratio_to_bare": (rate / best * 1000.0).round() / 1000.0,
    });
    let text = format!(
        "{name:9}  {scheme:22}  bare {best:7.0}/s  service over mutual TLS {rate:7.0}/s  {:.2} of bare",
        rate / best
    );
    voice.result(&value, &text)
}

/// Batches of one caller, singles of another. Times in milliseconds.
pub fn fairness(times: &Fairness, voice: &Voice) -> Result<(), Failure> {
    let [b50, b99] = [50, 99].map(|percent| percentile(&times.batches, percent));
    let [s50, s99] = [50, 99].map(|percent| percentile(&times.singles, percent));
    let value = json!({
        "contest": "fairness",
        "batches": times.batches.len(), "batch_p50_ms": b50, "batch_p99_ms": b99,
        "singles": times.singles.len(), "single_p50_ms": s50, "single_p99_ms": s99,
    });
    let text = format!(
        "fairness   {} batches: p50 {b50:.1} ms, p99 {b99:.1} ms; {} singles beside them: p50 {s50:.1} \
         ms, p99 {s99:.1} ms",
        times.batches.len(),
        times.singles.len()
    );
    voice.result(&value, &text)
}

/// The median of each stage of a single removal, in microseconds.
pub fn stages(stages: &Stages, voice: &Voice) -> Result<(), Failure> {
    let median = |times: &Vec<f64>| (percentile(times, 50) * 1e3).round();
    let of_service = median(&stages.beyond);
    let named: serde_json::Map<_, _> = stages
        .by_name
        .iter()
        .map(|(name, times)| (name.clone(), json!(median(times))))
        .collect();
    let parts: Vec<_> = named
        .iter()
        .map(|(name, time)| format!("{name} {time}"))
        .collect();
    let value = json!({
        "contest": "single",
        "median_us_beyond_engine_and_record": of_service,
        "median_us_by_stage": named,
    });
    let text = format!(
        "single     {of_service} us beyond engine and record (medians in us: {})",
        parts.join(", ")
    );
    voice.result(&value, &text)
}

/// A percentile, in the unit of the values.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or(0.0)
}
