//! `keys`: generate, import, list, public.

mod description;
mod generate;
mod import;
mod list;
mod public;

use clap::Subcommand;

use super::Outcome;
use super::voice::Voice;

#[derive(Subcommand)]
pub enum Command {
    /// Generate keys in the token; they can never leave it
    Generate(generate::Arguments),
    /// Copy a PKCS#8 key from a PEM file into the token
    Import(import::Arguments),
    /// List the token's private keys and how they are protected
    List(list::Arguments),
    /// Print public keys, for groups and for Wire's GET /mls/public-keys
    Public(public::Arguments),
}

pub fn run(command: Command, voice: &Voice) -> Outcome {
    match command {
        Command::Generate(arguments) => generate::run(&arguments, voice),
        Command::Import(arguments) => import::run(&arguments, voice),
        Command::List(arguments) => list::run(&arguments, voice),
        Command::Public(arguments) => public::run(&arguments, voice),
    }
}
