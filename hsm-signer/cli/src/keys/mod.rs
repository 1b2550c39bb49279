//! `keys`: generate, import, list, public, rotate, retire, destroy.

mod description;
mod generate;
mod import;
mod list;
mod old_key;
mod public;
mod rotate;
mod wire_values;

use clap::Subcommand;
use mls_hsm_signer::keys::generation;

use crate::Outcome;
use crate::output::Output;

#[derive(Subcommand)]
pub enum Command {
    /// Generate keys in the token; they can never leave it
    Generate(generate::Arguments),
    /// Copy keys from a PKCS#8 file or Wire's Helm values into the token
    Import(import::Arguments),
    /// List the token's private keys and how they are protected; that there are none is no failure
    List(list::Arguments),
    /// Print public keys, for groups and for Wire's GET /mls/public-keys
    Public(public::Arguments),
    /// Generate the next key of a scheme, for new groups; old groups keep theirs
    Rotate(rotate::Arguments),
    /// Take an old key out of use; it stays in the token
    Retire(old_key::OldKeyArguments),
    /// Destroy a retired key for ever
    Destroy(old_key::OldKeyArguments),
}

impl Command {
    /// Whether it changes what is in the token.
    pub fn makes_something(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Public(_))
    }
}

pub fn run(command: Command, output: &Output) -> Outcome {
    match command {
        Command::Generate(arguments) => generate::run(&arguments, output),
        Command::Import(arguments) => import::run(&arguments, output),
        Command::List(arguments) => list::run(&arguments, output),
        Command::Public(arguments) => public::run(&arguments, output),
        Command::Rotate(arguments) => rotate::run(&arguments, output),
        Command::Retire(arguments) => {
            old_key::run(&arguments, generation::retire_key, "retired", output)
        }
        Command::Destroy(arguments) => {
            old_key::run(&arguments, generation::destroy_key, "destroyed", output)
        }
    }
}
