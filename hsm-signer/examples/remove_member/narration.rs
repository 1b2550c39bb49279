//! What the run prints: headings, and one line for each step: time, actor, outcome.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mls_hsm_signer::TokenIdentity;

/// Says what will be shown.
pub fn title() {
    println!("A server removes members from MLS groups, with keys that never leave an HSM.");
    println!("It knows of each group an id, an epoch and a leaf number, and none of its secrets.");
    println!(
        "Alice and Charlie compute with AWS-LC; Bob, where it has the suite, with RustCrypto."
    );
}

/// Says which token serves, and where it is kept.
pub fn token(token: &TokenIdentity, place: &Path) {
    println!(
        "\nThe HSM: {}, token {:?}, serial {}",
        token.model, token.label, token.serial
    );
    println!(
        "         a software token, made anew at each run in {}",
        place.display()
    );
}

/// Begins a part.
pub fn heading(text: &str) {
    println!("\n{text}");
}

/// A step that is being timed.
pub struct Step {
    start: Instant,
}

impl Step {
    /// Starts the clock.
    pub fn begin() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Says how long it took, who acted, and what came of it.
    pub fn end(self, who: &str, what: &str) {
        println!(
            "  {:>10}  {who:<11}  {what}",
            milliseconds(self.start.elapsed())
        );
    }
}

/// Says what holds for all that went before.
pub fn remark(text: &str) {
    println!("  {:>10}  {text}", "");
}

/// Says that all went well.
pub fn end(groups: usize, time: Duration) {
    let time = milliseconds(time);
    println!(
        "\nDone in {time}: Charlie is out of {groups} groups of {groups}, and nothing was off."
    );
}

/// Says what went wrong.
pub fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("\nFAILED: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
