//! What is logged, beside what the commands themselves print.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::Command;
use crate::output::Output;

/// What is logged by a command that does not serve: what a PKCS#11 module prints.
const BY_COMMANDS: &str = "off,mls_signer_token::isolation=warn";

/// Logs to standard error, as JSON where a program reads. `RUST_LOG` chooses what; where it does
/// not, a service logs what tells of it. In colours on a terminal, unless `NO_COLOR` has a value.
pub fn start(command: &Command, output: &Output) {
    let level = match command {
        Command::Serve(serve) if !serve.check => "info",
        _ => BY_COMMANDS,
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let log = log.with_ansi(io::stderr().is_terminal() && !plain);
    let log = log.with_writer(match output.supervisor.clone() {
        Some(supervisor) => BoxMakeWriter::new(move || supervisor.clone()),
        None => BoxMakeWriter::new(io::stderr),
    });
    if output.json {
        log.json().init();
    } else {
        log.init();
    }
}
