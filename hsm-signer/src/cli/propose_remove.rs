//! `propose-remove`: one External Remove proposal, signed in a token or by a service.

use std::path::PathBuf;
use std::process::ExitCode;

use base64ct::{Base64, Encoding};
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use mls_hsm_signer::api::{self, RemovalItem, RemovalResult, RemovalsRequest};
use mls_hsm_signer::client::ClientError;
use mls_hsm_signer::encoding::hex;
use mls_hsm_signer::keys::generation;
use mls_hsm_signer::{HsmSigner, KeySelector, Scheme};
use serde_json::json;

use super::Outcome;
use super::connection::{Bytes, KeyArguments, TokenArguments, base64, hexadecimal, scheme_parser};
use super::server::{ServerArguments, wait};
use super::voice::{Failure, Voice};

/// The groups of arguments that say which token is meant, and where its PIN is.
const TOKEN_GROUPS: [&str; 2] = ["Which", "PinArguments"];

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    way: Way,
    #[command(flatten)]
    key: KeyArguments,
    /// The service's tenant, where this caller has several
    #[arg(long, value_name = "NAME", requires = "server")]
    tenant: Option<String>,
    /// Use the key with this scheme's default label, mls-removal-SCHEME; a service's current
    /// key of the scheme
    #[arg(long, value_parser = scheme_parser(), conflicts_with_all = ["label", "id", "public_key"],
          required_unless_present_any = ["label", "id", "public_key"])]
    scheme: Option<&'static Scheme>,
    /// Use the key with this public key, in base64: the one that the group names, of
    /// whatever generation
    #[arg(long, value_name = "BASE64", value_parser = base64, conflicts_with_all = ["label", "id"])]
    public_key: Option<Bytes>,
    /// The group's id, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    group_id: Bytes,
    /// The group's epoch
    #[arg(long, value_name = "NUMBER")]
    epoch: u64,
    /// The leaf of the member to remove
    #[arg(long, value_name = "NUMBER")]
    leaf_index: u32,
    /// The key's place in the group's external_senders extension
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    sender_index: u32,
    /// Write the MLSMessage to this file instead of printing it in base64
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

/// Who signs: a token, or a service for which no token is named.
enum Way {
    Token(Box<TokenArguments>),
    Server(Box<ServerArguments>),
}

impl Args for Way {
    fn augment_args(command: Command) -> Command {
        let command = TokenArguments::augment_args(command);
        let command = ServerArguments::augment_args(command);
        TOKEN_GROUPS
            .iter()
            .fold(command, |command, group| {
                command.mut_group(group, |group| group.required(false))
            })
            .mut_arg("module", |argument| {
                argument.required(false).required_unless_present("server")
            })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Way {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.contains_id("server") {
            let server = ServerArguments::from_arg_matches(matches)?;
            return Ok(Self::Server(Box::new(server)));
        }
        if TOKEN_GROUPS.iter().any(|group| !matches.contains_id(group)) {
            let what = "a token and its PIN, or --server, are needed\n";
            return Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, what));
        }
        Ok(Self::Token(Box::new(TokenArguments::from_arg_matches(
            matches,
        )?)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub fn run(arguments: Arguments, voice: &Voice) -> Outcome {
    let (message, scheme, public_key) = match &arguments.way {
        Way::Token(token) => by_token(&arguments, token)?,
        Way::Server(server) => by_server(&arguments, server)?,
    };
    match &arguments.out {
        Some(path) => write(path, &message)?,
        None => say(&arguments, scheme, &public_key, &message, voice)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The message, the scheme and the public key.
type Proposed = (Vec<u8>, &'static Scheme, Vec<u8>);

fn by_token(arguments: &Arguments, token: &TokenArguments) -> Result<Proposed, Failure> {
    let token = token.open()?;
    let selector = match &arguments.public_key {
        Some(key) => generation::find(token.as_ref(), &key.0)?.selector(),
        None => selector(arguments),
    };
    let signer = HsmSigner::open(token, &selector)?;
    let message = signer.propose_remove(
        &arguments.group_id.0,
        arguments.epoch,
        arguments.leaf_index,
        arguments.sender_index,
    )?;
    Ok((message, signer.scheme(), signer.public_key().to_vec()))
}

fn by_server(arguments: &Arguments, server: &ServerArguments) -> Result<Proposed, Failure> {
    if arguments.key.selector().is_some() {
        let reason = "a service finds keys by --scheme or --public-key";
        return Err(Failure::Message(reason.into()));
    }
    let request = RemovalsRequest {
        tenant: arguments.tenant.clone(),
        timeout_ms: None,
        removals: vec![RemovalItem {
            group_id: api::base64(&arguments.group_id.0),
            epoch: arguments.epoch,
            leaf_index: arguments.leaf_index,
            sender_index: arguments.sender_index,
            signature_scheme: arguments.scheme.map(|scheme| scheme.name.into()),
            ciphersuite: None,
            sender_public_key: arguments.public_key.as_ref().map(|key| api::base64(&key.0)),
        }],
    };
    let client = server.client()?;
    let response = wait(client.propose_removals(request))?;
    match response.results.into_iter().next() {
        Some(RemovalResult::Signed(signed)) => {
            let scheme = Scheme::by_name(&signed.signature_scheme);
            let parts = api::bytes(&signed.message).zip(api::bytes(&signed.public_key));
            let ((message, key), scheme) = parts.zip(scheme).ok_or_else(senseless)?;
            Ok((message, scheme, key))
        }
        Some(RemovalResult::Refused { problem }) => {
            Err(Failure::Client(ClientError::Refused(Box::new(problem))))
        }
        None => Err(senseless()),
    }
}

fn senseless() -> Failure {
    Failure::Client(ClientError::Answer("it has no proposal".into()))
}

/// clap sees to it that there is either a scheme or a label or id.
fn selector(arguments: &Arguments) -> KeySelector {
    let by_scheme = arguments
        .scheme
        .map(|scheme| KeySelector::label(scheme.default_label()));
    by_scheme
        .or_else(|| arguments.key.selector())
        .unwrap_or_else(KeySelector::any)
}

fn say(
    arguments: &Arguments,
    scheme: &Scheme,
    public_key: &[u8],
    message: &[u8],
    voice: &Voice,
) -> Result<(), Failure> {
    let encoded = Base64::encode_string(message);
    let value = json!({
        "message": encoded,
        "group_id": hex(&arguments.group_id.0),
        "epoch": arguments.epoch,
        "leaf_index": arguments.leaf_index,
        "sender_index": arguments.sender_index,
        "scheme": scheme.name,
        "public_key": Base64::encode_string(public_key),
    });
    voice.result(&value, &encoded)
}

fn write(path: &PathBuf, message: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, message)
        .map_err(|error| Failure::Message(format!("cannot write {}: {error}", path.display())))
}
