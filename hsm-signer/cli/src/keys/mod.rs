//! `keys`: generate, import, list, public, rotate, retire, destroy.

mod description;
mod generate;
mod import;
mod lifetime;
mod list;
mod public;
mod wire_values;

pub use wire_values::WireValuesError;

use clap::Subcommand;

use super::Outcome;
use super::voice::Voice;

#[derive(Subcommand)]
pub enum Command {
    /// Generate keys in the token; they can never leave it
    Generate(generate::Arguments),
    /// Copy keys from a PKCS#8 file or Wire's Helm values into the token
    Import(import::Arguments),
    /// List the token's private keys and how they are protected
    List(list::Arguments),
    /// Print public keys, for groups and for Wire's GET /mls/public-keys
    Public(public::Arguments),
    /// Generate the next key of a scheme, for new groups; old groups keep theirs
    Rotate(lifetime::RotateArguments),
    /// Take an old key out of use; it stays in the token
    Retire(lifetime::KeyArguments),
    /// Destroy a retired key for ever
    Destroy(lifetime::KeyArguments),
}

pub fn run(command: Command, voice: &Voice) -> Outcome {
    match command {
        Command::Generate(arguments) => generate::run(&arguments, voice),
        Command::Import(arguments) => import::run(&arguments, voice),
        Command::List(arguments) => list::run(&arguments, voice),
        Command::Public(arguments) => public::run(&arguments, voice),
        Command::Rotate(arguments) => lifetime::rotate(&arguments, voice),
        Command::Retire(arguments) => lifetime::retire(&arguments, voice),
        Command::Destroy(arguments) => lifetime::destroy(&arguments, voice),
    }
}
