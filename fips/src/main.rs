//! `mls-fips`: the status and the tests of the FIPS module that this program is linked with.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mls_fips::{FipsStatus, Status, self_test, status};

/// What FIPS 140-3 says of the AWS-LC that this program is linked with
///
/// Exit codes: 0 good, 1 this program cannot be in FIPS mode or a test failed, 2 wrong
/// arguments.
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
    match Arguments::parse().command {
        Command::Status { json, at_least } => report(json, at_least.map(FipsStatus::from)),
        Command::SelfTest => test(),
    }
}

fn report(json: bool, at_least: Option<FipsStatus>) -> ExitCode {
    let status = status();
    match json.then(|| serde_json::to_string_pretty(&status)) {
        None => print(&status),
        Some(Ok(text)) => println!("{text}"),
        Some(Err(error)) => {
            eprintln!(
                "the status cannot be written in JSON ({error}); report it as a fault of mls-fips"
            );
            return ExitCode::FAILURE;
        }
    }
    let low = at_least.is_some_and(|least| status.status < least);
    exit_code(status.refusal.is_none() && !low)
}

fn print(status: &Status) {
    let version = status.module.version.as_deref().unwrap_or("none");
    println!("status       {:?}", status.status);
    println!("claim        {}", status.claim);
    println!("module       AWS-LC FIPS: {version}");
    match status.certificate {
        Some(row) => println!("certificate  {:?}; {}", row.status, row.source),
        None => println!("certificate  none"),
    }
    println!(
        "environment  {}, {}; on the certificate: {:?}",
        status.environment.os, status.environment.processor, status.environment.tested
    );
    println!("integrity    {:?}", status.self_test.integrity);
    println!("self-test    {:?}", status.self_test.known_answers);
    println!("entropy      {:?}", status.entropy);
    println!("required     {:?}", status.requirement);
    for suite in &status.suites {
        match &suite.refusal {
            None if suite.enabled => {
                println!("enabled      {:#06x} {}", suite.code_point, suite.name)
            }
            None => println!("disabled     {:#06x} {}", suite.code_point, suite.name),
            Some(refusal) => println!("refused      {refusal}"),
        }
    }
    if let Some(refusal) = &status.refusal {
        eprintln!("mls-fips: {refusal}");
    }
}

fn test() -> ExitCode {
    let test = self_test();
    println!("integrity    {:?}", test.integrity);
    println!("self-test    {:?}", test.known_answers);
    let error = test.error();
    if let Some(error) = &error {
        eprintln!("mls-fips: {error}");
    }
    exit_code(error.is_none())
}

fn exit_code(good: bool) -> ExitCode {
    match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
