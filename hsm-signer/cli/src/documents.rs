//! `completions`, `man`, `openapi`: what the program knows of itself, for other programs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;

use super::voice::{Failure, Voice};
use super::{Arguments, Outcome};

#[derive(Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args)]
pub struct ManPages {
    /// A directory, where a page for each command is written
    #[arg(long, value_name = "DIRECTORY")]
    out: PathBuf,
}

/// Prints a shell's completions.
pub fn completions(arguments: &Completions, voice: &Voice) -> Outcome {
    let mut text = Vec::new();
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut text);
    let text = String::from_utf8_lossy(&text);
    let shell = arguments.shell.to_string();
    voice.result(&json!({ "shell": shell, "script": text }), &text)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the manual pages.
pub fn man_pages(arguments: &ManPages, voice: &Voice) -> Outcome {
    std::fs::create_dir_all(&arguments.out).map_err(|error| cannot(&arguments.out, &error))?;
    let mut command = Arguments::command();
    command.build();
    let mut written = Vec::new();
    let name = command.get_name().to_owned();
    write_pages(&command, &name, &arguments.out, &mut written)?;
    let value = json!({ "written": written });
    voice.result(&value, &written.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the OpenAPI document of the service.
pub fn openapi(voice: &Voice) -> Outcome {
    voice.print(&mls_hsm_signer::server::openapi())?;
    Ok(ExitCode::SUCCESS)
}

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
        .and_then(|()| std::fs::write(&page, text))
        .map_err(|error| cannot(&page, &error))?;
    written.push(page.display().to_string());
    let visible = command.get_subcommands().filter(|one| !one.is_hide_set());
    for one in visible.filter(|one| one.get_name() != "help") {
        write_pages(
            one,
            &format!("{name}-{}", one.get_name()),
            directory,
            written,
        )?;
    }
    Ok(())
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Message(format!("cannot write {}: {error}", path.display()))
}
