//! `audit export`: the log as JSON lines.

use crate::exit_code::ExitCode;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use mls_hsm_signer::audit::Line;
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
    let records = wait(write_export(&arguments.store, &mut out))?;
    let Some(path) = &arguments.out else {
        return Ok(ExitCode::SUCCESS);
    };
    let value = json!({ "records": records, "file": path });
    output.result(&value, &format!("{records} records in {}", path.display()))
}

async fn write_export(arguments: &StoreArguments, out: &mut dyn Write) -> Result<u64, Failure> {
    let mut put = |line: Line| -> Result<(), Failure> {
        let line = line.write()?;
        writeln!(out, "{line}").map_err(cannot_write)
    };
    let log = arguments.open()?;
    let mut records = 0;
    let chains = chains(&log, arguments.tenant.as_deref()).await?;
    if chains.is_empty()
        && let Some(tenant) = &arguments.tenant
    {
        return Err(format!("there is no log of {tenant:?}").into());
    }
    for (chain, statements) in chains {
        put(Line::Chain(chain.clone()))?;
        for row in statements {
            let none = || format!("what is kept about record {} is no statement", row.sequence);
            put(Line::Statement(row.signed.ok_or_else(none)?))?;
        }
        each_record(&log, &chain, &progress(&chain, "exported"), |record| {
            records += 1;
            put(Line::Record(Box::new(record)))
        })
        .await?;
    }
    out.flush().map_err(cannot_write)?;
    Ok(records)
}

fn cannot_write(error: io::Error) -> Failure {
    format!("cannot write: {error}").into()
}
