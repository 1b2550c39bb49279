//! `mls-fips`: the status and the tests of the FIPS module that this program is linked with.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mls_fips::{EnabledSuite, FipsStatus, Status, self_test, status};

/// What FIPS 140-3 says of the AWS-LC that this program is linked with
///
/// Exit codes: 0 good; 1 this program cannot be in FIPS mode, its status is below what was
/// asked for, a test failed, or the result could not be written; 2 wrong arguments.
#[derive(Parser)]
#[command(name = "mls-fips", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what is linked, which certificate it has, and what FIPS mode enables
    Status {
        /// Print everything, as JSON
        #[arg(long)]
        json: bool,
        /// Succeed only if the status is no lower than this
        #[arg(long, value_name = "STATUS")]
        at_least: Option<Least>,
    },
    /// Run the module's integrity and known-answer tests
    SelfTest,
}

/// A status that can be asked for.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Least {
    Pending,
    Affirmed,
    Certified,
}

impl From<Least> for FipsStatus {
    fn from(least: Least) -> Self {
        match least {
            Least::Pending => Self::Pending,
            Least::Affirmed => Self::Affirmed,
            Least::Certified => Self::Certified,
        }
    }
}

fn main() -> ExitCode {
    let verdict = match Arguments::parse().command {
        Command::Status { json, at_least } => report(json, at_least.map(FipsStatus::from)),
        Command::SelfTest => test(),
    };
    match verdict {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            warn(&format!("the result cannot be written: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether this program can be in FIPS mode, with no lower a status than was asked for.
fn report(json: bool, at_least: Option<FipsStatus>) -> io::Result<bool> {
    let status = status();
    say(&match json {
        true => serde_json::to_string_pretty(&status)?,
        false => text(&status),
    })?;
    if let Some(refusal) = status.refusal.as_deref().filter(|_| !json) {
        warn(refusal);
    }
    let low = at_least.is_some_and(|least| status.status < least);
    Ok(status.refusal.is_none() && !low)
}

fn text(status: &Status) -> String {
    let mut lines = vec![
        format!("status       {:?}", status.status),
        format!("claim        {}", status.claim),
        format!(
            "module       AWS-LC FIPS: {}",
            status.module.version.as_deref().unwrap_or("none")
        ),
        match status.certificate.map(|row| (row.entry, row.source)) {
            Some((Some(entry), source)) => format!(
                "certificate  #{}, level {}, validated {}, sunset {}; {source}",
                entry.number, entry.level, entry.validated, entry.sunset
            ),
            Some((None, source)) => format!("certificate  none; {source}"),
            None => "certificate  none".into(),
        },
        format!(
            "environment  {}, {}; on the certificate: {:?}; affirmed by: {}",
            status.environment.os,
            status.environment.processor,
            status.environment.tested,
            status.environment.affirmed_by.unwrap_or("nobody")
        ),
        format!("integrity    {:?}", status.self_test.integrity),
        format!("self-test    {:?}", status.self_test.known_answers),
        match status.entropy {
            Some(entropy) => format!("entropy      {entropy:?}"),
            None => "entropy      none".into(),
        },
        format!("required     {:?}", status.requirement),
    ];
    let because = status.because.iter();
    lines.extend(because.map(|cause| format!("because      {cause}")));
    lines.extend(status.suites.iter().map(suite));
    lines.join("\n")
}

fn suite(suite: &EnabledSuite) -> String {
    match &suite.refusal {
        None if suite.enabled => format!("enabled      {:#06x} {}", suite.code_point, suite.name),
        None => format!("disabled     {:#06x} {}", suite.code_point, suite.name),
        Some(refusal) => format!("refused      {refusal}"),
    }
}

/// Whether the module's tests passed.
fn test() -> io::Result<bool> {
    let test = self_test();
    say(&format!(
        "integrity    {:?}\nself-test    {:?}",
        test.integrity, test.known_answers
    ))?;
    let error = test.error();
    if let Some(error) = &error {
        warn(&error.to_string());
    }
    Ok(error.is_none())
}

/// Writes a result. A reader that goes away has read what it wanted, and the exit code still
/// says the rest.
fn say(text: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes why not. Where standard error is closed there is nobody to tell.
fn warn(text: &str) {
    let _ = writeln!(io::stderr().lock(), "mls-fips: {text}");
}
