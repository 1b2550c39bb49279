//! `man`: a manual page for each command.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use serde_json::json;

use crate::Outcome;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    /// A directory, where a page for each command is written
    #[arg(long, value_name = "DIRECTORY")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let directory = &arguments.out;
    fs::create_dir_all(directory).map_err(|error| Failure::cannot_write(directory, &error))?;
    let mut command = crate::Arguments::command();
    command.build();
    let mut written = Vec::new();
    write_pages(&command, command.get_name(), directory, &mut written)?;
    output.result(&json!({ "written": written }), &written.join("\n"))
}

/// Writes the page of `command`, which is called `name`, and those of the commands under it.
fn write_pages(
    command: &Command,
    name: &str,
    directory: &Path,
    written: &mut Vec<String>,
) -> Result<(), Failure> {
    let page = directory.join(format!("{name}.1"));
    let mut text = Vec::new();
    Man::new(command.clone())
        .title(name)
        .render(&mut text)
        .and_then(|()| fs::write(&page, text))
        .map_err(|error| Failure::cannot_write(&page, &error))?;
    written.push(page.display().to_string());
    for below in command.get_subcommands() {
        if !below.is_hide_set() && below.get_name() != "help" {
            let name = format!("{name}-{}", below.get_name());
            write_pages(below, &name, directory, written)?;
        }
    }
    Ok(())
}
