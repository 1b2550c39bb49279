//! What is said in tasks and in documents is what there is.

use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::Arguments;
use crate::command::cargo;
use crate::runner::Runner;
use crate::task::Task;
use crate::{bench, sbom, selection, soak, tables, test, workspace};

/// Lets clap read the name of a command as a user would write it.
#[derive(Parser)]
struct Named<T: Subcommand> {
    #[command(subcommand)]
    what: T,
}

/// Every command of a group.
fn every<T: Subcommand>() -> Vec<T> {
    let group = T::augment_subcommands(clap::Command::new("group"));
    let names = group.get_subcommands().map(clap::Command::get_name);
    names
        .map(|name| Named::parse_from(["group", name]).what)
        .collect()
}

fn every_task() -> Vec<Task> {
    let mut tasks = vec![sbom::task(), soak::task(&[]), bench::task(None)];
    tasks.extend(test::tasks(None));
    let suites = every::<test::Suite>().into_iter().map(Some);
    tasks.extend(suites.flat_map(test::tasks));
    let benchmarks = every::<bench::Benchmark>().into_iter().map(Some);
    tasks.extend(benchmarks.map(bench::task));
    tasks.extend(every::<tables::Table>().into_iter().map(tables::task));
    tasks
}

/// The packages and targets that a command of Cargo in this workspace names.
fn named(command: &str) -> Vec<String> {
    const OPTIONS: [&str; 5] = ["--package", "--test", "--bin", "--example", "--bench"];
    let words: Vec<_> = command
        .split_whitespace()
        .take_while(|word| *word != "--")
        .collect();
    if !words.contains(&"cargo") || words.contains(&"--manifest-path") {
        return Vec::new();
    }
    let pairs = words.windows(2);
    let named = pairs.filter(|pair| OPTIONS.contains(&pair[0]));
    named.map(|pair| pair[1].to_owned()).collect()
}

#[test]
fn every_task_names_packages_and_targets_that_there_are() {
    let metadata = cargo("metadata", "--no-deps --format-version 1");
    let metadata = Runner::new(false).printed_by(&metadata).unwrap();
    let mut checked = 0;
    for command in every_task().iter().flat_map(|task| &task.commands) {
        let command = command.to_string();
        for name in named(&command) {
            assert!(
                metadata.contains(&format!("\"name\":\"{name}\"")),
                "there is no {name}: {command}"
            );
            checked += 1;
        }
    }
    println!("{checked} names");
    assert!(checked > 80);
}

#[test]
fn the_other_workspaces_are_those_that_this_one_leaves_out() {
    let manifest = fs::read_to_string(workspace::root().join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("exclude = [").unwrap();
    let excluded: Vec<_> = rest.split(']').next().unwrap().split('"').collect();
    let mut excluded: Vec<_> = excluded.into_iter().skip(1).step_by(2).collect();
    let mut ours = selection::OTHER_WORKSPACES.to_vec();
    excluded.sort_unstable();
    ours.sort_unstable();
    assert_eq!(ours, excluded);
}

#[test]
fn the_command_line_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn documents_name_commands_that_there_are() {
    let mut found = 0;
    for path in documents(workspace::root()) {
        let text = fs::read_to_string(&path).unwrap();
        for command in commands(&text) {
            let words = command.split_whitespace().skip(1);
            if let Err(error) = Arguments::try_parse_from(words) {
                let is_help = error.kind() == ErrorKind::DisplayHelp;
                assert!(is_help, "{}: {command}: {error}", path.display());
            }
            found += 1;
        }
    }
    println!("{found} commands");
    assert!(found > 20);
}

/// The Markdown of the repository.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            match path.is_dir() {
                true if name == "target" || name.starts_with('.') => Vec::new(),
                true => documents(&path),
                false if name.ends_with(".md") => vec![path],
                false => Vec::new(),
            }
        })
        .collect()
}

/// What a document tells its readers to run: lines of its examples, and code within a sentence.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for (number, block) in text.split("```").enumerate() {
        let code: Vec<String> = match number % 2 {
            1 => block.lines().map(str::to_owned).collect(),
            _ => block
                .split('`')
                .skip(1)
                .step_by(2)
                .map(in_one_line)
                .collect(),
        };
        let ours = code.iter().filter(|line| line.starts_with("cargo xtask "));
        let without_comment = |line: &String| line.split('#').next().unwrap().to_owned();
        commands.extend(ours.map(without_comment));
    }
    commands
}

fn in_one_line(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}
