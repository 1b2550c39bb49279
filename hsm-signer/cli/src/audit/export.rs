//! `audit export`: the log as JSON lines.

use crate::exit_code::ExitCode;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use mls_hsm_signer::audit::{Line, LineError};
use serde_json::json;

use super::{StoreArguments, chains, each_record, progress};
use crate::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::runtime::wait;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
    /// Write to this file, which must not exist, instead of standard output
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let mut out: Box<dyn Write> = match &arguments.out {
        Some(path) => {
            let file = File::create_new(path);
            let file = file.map_err(|error| Failure::cannot_write(path, &error))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let Exported {
        records,
        unreadable,
    } = wait(write_export(&arguments.store, &mut out))?;
    for row in &unreadable {
        output.note(&format!("left out: {row}"));
    }
    if let Some(path) = &arguments.out {
        let value = json!({ "records": records, "unreadable": unreadable, "file": path });
        output.result(&value, &format!("{records} records in {}", path.display()))?;
    }
    match unreadable.len() {
        0 => Ok(ExitCode::SUCCESS),
        rows => Err(format!(
            "{rows} rows of the log cannot be read, and are not in the export; what is wrong with \
             them: mls-hsm-signer audit verify"
        )
        .into()),
    }
}

/// What was written, and which rows could not be.
#[derive(Default)]
struct Exported {
    records: u64,
    unreadable: Vec<String>,
}

async fn write_export(
    arguments: &StoreArguments,
    out: &mut dyn Write,
) -> Result<Exported, Failure> {
    let mut exported = Exported::default();
    let log = arguments.open()?;
    let chains = chains(&log, arguments.tenant.as_deref()).await?;
    if chains.is_empty()
        && let Some(tenant) = &arguments.tenant
    {
        return Err(format!("there is no log of {tenant:?}").into());
    }
    for (chain, statements) in chains {
        let tenant = &chain.tenant;
        put(out, &Line::Chain(chain.clone()))?;
        for row in statements {
            match row.signed {
                Some(signed) => put(out, &Line::Statement(signed))?,
                None => exported.unreadable.push(format!(
                    "tenant {tenant:?}: what is kept as a statement about record {} is none",
                    row.sequence
                )),
            }
        }
        each_record(&log, &chain, &progress(&chain, "exported"), |record| {
            let sequence = record.sequence;
            match put(out, &Line::Record(Box::new(record))) {
                Err(Unwritten::Line(LineError::Record(_))) => exported.unreadable.push(format!(
                    "tenant {tenant:?}: what is kept as record {sequence} is none"
                )),
                written => {
                    written?;
                    exported.records += 1;
                }
            }
            Ok(())
        })
        .await?;
    }
    out.flush().map_err(cannot_write)?;
    Ok(exported)
}

/// Why a line was not written.
enum Unwritten {
    Line(LineError),
    Output(io::Error),
}

fn put(out: &mut dyn Write, line: &Line) -> Result<(), Unwritten> {
    let line = line.write().map_err(Unwritten::Line)?;
    writeln!(out, "{line}").map_err(Unwritten::Output)
}

impl From<Unwritten> for Failure {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Line(error) => error.into(),
            Unwritten::Output(error) => cannot_write(error),
        }
    }
}

fn cannot_write(error: io::Error) -> Failure {
    format!("cannot write: {error}").into()
}
