//! `ceremony prepare`, `ceremony perform`, `ceremony verify`.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mls_hsm_signer::keys::ceremony::{
    CeremonyError, ModuleIdentity, Plan, SignedReport, perform as perform_plan,
};
use mls_hsm_signer::keys::generation;
use mls_hsm_signer::{Error, KeySelector, KeySpec, Scheme, Token, keys};
use serde_json::json;

use super::Outcome;
use super::connection::{TokenArguments, scheme_parser};
use super::voice::{Failure, Voice, columns};

/// No plan or report comes near this length in bytes.
const MAX_LENGTH: u64 = 1024 * 1024;

#[derive(Subcommand)]
pub enum Command {
    /// First step: write down which keys are to be made, and where; makes none
    Prepare(PrepareArguments),
    /// Second step: make the keys of a plan, and a report that they sign
    Perform(PerformArguments),
    /// Check a report, without token and module
    Verify(VerifyArguments),
}

#[derive(Args)]
pub struct PrepareArguments {
    #[command(flatten)]
    token: TokenArguments,
    /// A scheme to make a key for, as often as needed [default: the four of Wire's server]
    #[arg(long, value_parser = scheme_parser())]
    scheme: Vec<&'static Scheme>,
    /// Make the next generation of keys that exist; else a label that exists is refused
    #[arg(long)]
    rotate: bool,
    /// Who is present, as often as needed
    #[arg(long, value_name = "NAME", required = true)]
    witness: Vec<String>,
    /// Where the plan is written; never over a file that exists
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

#[derive(Args)]
pub struct PerformArguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The plan
    #[arg(long, value_name = "PATH")]
    plan: PathBuf,
    /// The plan's fingerprint, which all who are present have compared
    #[arg(long, value_name = "HEX")]
    confirm: String,
    /// Where the report is written; never over a file that exists
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

#[derive(Args)]
pub struct VerifyArguments {
    /// The report
    report: PathBuf,
}

pub fn run(command: Command, voice: &Voice) -> Outcome {
    match command {
        Command::Prepare(arguments) => prepare(&arguments, voice),
        Command::Perform(arguments) => perform(&arguments, voice),
        Command::Verify(arguments) => verify(&arguments, voice),
    }
}

fn prepare(arguments: &PrepareArguments, voice: &Voice) -> Outcome {
    let (module, token) = arguments.token.open_here()?;
    let specs = specs(arguments, token.as_ref())?;
    let module = ModuleIdentity::of(&module)?;
    let plan = Plan::new(module, token.identity(), &specs, &arguments.witness)?;
    let mut file = new_file(&arguments.out)?;
    write(&mut file, &arguments.out, &plan.to_json()?)?;
    let fingerprint = plan.fingerprint()?;
    let labels: Vec<_> = plan.keys.iter().map(|key| key.label.as_str()).collect();
    let text = columns(&[
        ("token", token.identity().to_string()),
        ("module", plan.module.description.clone()),
        ("keys", labels.join(", ")),
        ("witnesses", plan.witnesses.join(", ")),
        ("fingerprint", fingerprint.clone()),
    ]);
    let value = json!({ "fingerprint": fingerprint, "plan": plan });
    voice.result(
        &value,
        &format!("nothing was made yet; compare, then: ceremony perform\n{text}"),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The keys that are to be made, none of which may exist.
fn specs(arguments: &PrepareArguments, token: &dyn Token) -> Result<Vec<KeySpec>, Error> {
    let all: Vec<&'static Scheme> = Scheme::all_of_wire().collect();
    let schemes = match arguments.scheme.as_slice() {
        [] => &all,
        some => some,
    };
    let spec = |scheme: &&'static Scheme| {
        if arguments.rotate {
            return generation::next(token, scheme);
        }
        let label = scheme.default_label();
        let wanted = KeySelector::label(label.as_str());
        if !keys::list(token, &wanted)?.is_empty() {
            let wanted = wanted.to_string();
            return Err(Error::KeyExists { wanted });
        }
        KeySpec::with_random_id(scheme, &label)
    };
    schemes.iter().map(spec).collect()
}

fn perform(arguments: &PerformArguments, voice: &Voice) -> Outcome {
    let plan = Plan::from_json(&read(&arguments.plan)?)?;
    let (module, token) = arguments.token.open_here()?;
    let module = ModuleIdentity::of(&module)?;
    // The file before the keys: a report that cannot be written must not cost keys.
    let mut file = new_file(&arguments.out)?;
    let keep = |report: &SignedReport| write(&mut file, &arguments.out, &report.to_json()?);
    let performed = perform_plan(&token, &module, &plan, &arguments.confirm, keep);
    let report = performed.inspect_err(|_| {
        // Ours, and empty or worthless: the keys that it names are gone.
        let _ = std::fs::remove_file(&arguments.out);
    })?;
    say_verified(&report, &arguments.out, voice)
}

fn verify(arguments: &VerifyArguments, voice: &Voice) -> Outcome {
    let report = SignedReport::from_json(&read(&arguments.report)?)?;
    report.verify()?;
    say_verified(&report, &arguments.report, voice)
}

fn say_verified(report: &SignedReport, path: &Path, voice: &Voice) -> Outcome {
    let made = &report.report;
    let token = &made.plan.token;
    let mut rows = vec![
        ("performed", made.performed.clone()),
        (
            "token",
            format!("{:?} (serial {})", token.label, token.serial),
        ),
        ("module", made.plan.module.description.clone()),
        ("witnesses", made.plan.witnesses.join(", ")),
        ("plan", made.plan_fingerprint.clone()),
    ];
    for key in &made.keys {
        let protection = key.attributes.protection();
        rows.push(("key", format!("{} ({protection})", key.label)));
        rows.push(("public key", key.public_key.clone()));
        rows.push(("fingerprint", key.fingerprint.clone()));
    }
    let text = format!(
        "{}: each key has signed it\n{}",
        path.display(),
        columns(&rows)
    );
    voice.result(&json!({ "verified": true, "report": made }), &text)?;
    Ok(ExitCode::SUCCESS)
}

fn file_error(path: &Path, error: &std::io::Error) -> CeremonyError {
    CeremonyError::File {
        path: path.into(),
        reason: error.to_string(),
    }
}

fn new_file(path: &Path) -> Result<File, Failure> {
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    Ok(opened.map_err(|error| file_error(path, &error))?)
}

fn write(file: &mut File, path: &Path, text: &str) -> Result<(), CeremonyError> {
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| file_error(path, &error))
}

fn read(path: &Path) -> Result<String, CeremonyError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_LENGTH).read_to_string(&mut text))
        .map_err(|error| file_error(path, &error))?;
    Ok(text)
}
