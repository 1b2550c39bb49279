//! The command line.

use clap::{Command as Group, Parser, Subcommand};

use crate::runner::{Failure, Runner};
use crate::{
    bench, ci, demo, deny, lint, mutants, package, packages, record, sbom, soak, tables, test,
};

/// Everything that is done with this workspace beside `cargo build`
///
/// Each command installs the Debian packages that it needs, by apt-get and sudo where something is
/// missing.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true, after_help = inside())]
pub struct Arguments {
    /// Print the packages and the commands, and run nothing
    #[arg(long, global = true)]
    dry_run: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What a change has to pass: lint, then every test
    Ci,
    /// The main job on SoftHSM: removals from groups, a large commit, the signer as a service
    Run,
    /// That service, kept running
    Serve,
    /// Tests; without a name every test that CI runs
    Test {
        #[command(subcommand)]
        suite: Option<test::Suite>,
    },
    /// Formatting, clippy and docs with warnings denied, packages, and lock files
    Lint,
    /// Licences, sources, bans and duplicates, by cargo-deny: built first where it is missing
    Deny,
    /// Measurements; without a name every operation of every suite against the other providers
    Bench {
        #[command(subcommand)]
        what: Option<bench::Benchmark>,
    },
    /// Everything on every engine, added to the records of this CPU, and shown by the README
    Record {
        /// In FIPS mode too: CMake, Go and minutes
        #[arg(long)]
        fips: bool,
    },
    /// Documents written anew from what the code does
    Tables {
        #[command(subcommand)]
        table: tables::Table,
    },
    /// The crates as a registry would get them, in target/packages/
    Package {
        /// Build each from its package alone: minutes
        #[arg(long)]
        build: bool,
    },
    /// The bill of materials of the signer with the FIPS module, in target/
    Sbom,
    /// The lanes against AWS-LC on random elements, without end
    Soak {
        /// What the program is told; `--help` after `--` says what there is
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Bugs planted into the lanes, one after the other, for the proofs to catch
    Mutants {
        /// Only those in files whose name contains this, such as `avx2/gf25519`
        #[arg(default_value = "")]
        only: String,
    },
    /// Only the Debian packages that something needs
    Install {
        /// For what
        #[arg(value_enum)]
        purpose: packages::Purpose,
    },
}

/// What is inside of the commands that have others, for whoever asks for the whole.
fn inside() -> String {
    let groups = [
        ("test", test::Suite::augment_subcommands(Group::new(""))),
        (
            "bench",
            bench::Benchmark::augment_subcommands(Group::new("")),
        ),
        ("tables", tables::Table::augment_subcommands(Group::new(""))),
    ];
    let mut text = String::new();
    for (name, group) in groups {
        text += &format!("`cargo xtask {name}`:\n");
        for row in group.get_subcommands() {
            let about = row.get_about().map(ToString::to_string);
            text += &format!("  {:15} {}\n", row.get_name(), about.unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

impl Arguments {
    /// Does what was asked for.
    ///
    /// # Errors
    /// The first command that cannot be run, or fails.
    pub fn run(self) -> Result<(), Failure> {
        let runner = Runner::new(self.dry_run);
        match self.command {
            Command::Ci => ci::run(&runner),
            Command::Run => demo::run(&runner),
            Command::Serve => demo::serve(&runner),
            Command::Test { suite } => test::tasks(suite)
                .into_iter()
                .try_for_each(|task| runner.carry_out(task)),
            Command::Lint => lint::run(&runner),
            Command::Deny => deny::run(&runner),
            Command::Bench { what } => runner.carry_out(bench::task(what)),
            Command::Record { fips } => record::run(&runner, fips),
            Command::Tables { table } => runner.carry_out(tables::task(table)),
            Command::Package { build } => runner.carry_out(package::task(build)),
            Command::Sbom => runner.carry_out(sbom::task()),
            Command::Soak { arguments } => runner.carry_out(soak::task(&arguments)),
            Command::Mutants { only } => mutants::run(&runner, &only),
            Command::Install { purpose } => runner.install(purpose.packages()),
        }
    }
}
