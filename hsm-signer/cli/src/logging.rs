//! What is logged, beside what the commands themselves print.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Logs to standard error, as JSON where a program reads. `RUST_LOG` chooses what; where it does
/// not, everything from `level` on. In colours on a terminal, unless `NO_COLOR` has a value.
pub fn start(level: &str, json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let log = log.with_ansi(io::stderr().is_terminal() && !plain);
    let log = log.with_writer(io::stderr);
    if json {
        log.json().init();
    } else {
        log.init();
    }
}
