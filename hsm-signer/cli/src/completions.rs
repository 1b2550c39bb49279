//! `completions`: a shell's completions of this command line.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use serde_json::json;

use crate::Outcome;
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let mut command = crate::Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, name, &mut script);
    let script = String::from_utf8_lossy(&script);
    let shell = arguments.shell.to_string();
    output.result(&json!({ "shell": shell, "script": script }), &script)
}
