//! Prints the backends of this CPU, best first, and the one that is selected.
//!
//! With the environment variable `MLS_LANES_BACKEND` the selected one is the one
//! named there; a name that cannot be used ends the program with an error.

use std::process::ExitCode;

use mls_lanes::Backend;

fn main() -> ExitCode {
    let names: Vec<_> = Backend::available().iter().map(|b| b.name()).collect();
    println!("available: {}", names.join(" "));
    match Backend::selected() {
        Ok(backend) => {
            println!("selected: {backend}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
