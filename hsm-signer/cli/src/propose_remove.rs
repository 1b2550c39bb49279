//! `propose-remove`: External Remove proposals of one group, signed in a token or by a service.

use crate::exit_code::ExitCode;
use std::fs;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgGroup, ArgMatches, Args, Command, FromArgMatches};
use indicatif::ProgressBar;
use mls_hsm_signer::api::{RemovalItem, RemovalResult, RemovalsRequest};
use mls_hsm_signer::client::{ClientError, SignerClient};
use mls_hsm_signer::encoding::{self, hex};
use mls_hsm_signer::keys::generation;
use mls_hsm_signer::{HsmSigner, KeySelector, Scheme};
use serde_json::json;

use crate::Outcome;
use crate::connection::{
    Bytes, IN_PROCESS, KeyArguments, TokenArguments, base64, hexadecimal, scheme_parser,
};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::bar;
use crate::runtime::wait;
use crate::server::ServerArguments;

/// Removals in one request to a service.
const BATCH: usize = 100;

/// The groups of arguments that say which token is meant, and where its PIN is.
const TOKEN_GROUPS: [&str; 2] = ["TokenChoice", "PinArguments"];

/// What names a token or is for one, and is nothing to a service.
const OF_A_TOKEN: [&str; 9] = [
    "module",
    "module_parameters",
    "token_label",
    "token_serial",
    "slot",
    "pin_file",
    "pin_env",
    IN_PROCESS,
    "admit_use",
];

/// What is needed of the arguments that say who signs.
const NEEDED: &str = "who signs? A token: --module PATH, with --token-label, --token-serial or --slot, and \
                      with --pin-file or --pin-env; or a service: --server PLACE\n";

#[derive(Args)]
#[command(group = ArgGroup::new("removal_key").args(["label", "id", "scheme", "public_key"]).required(true).multiple(true))]
pub struct Arguments {
    #[command(flatten)]
    signer: SignerArguments,
    #[command(flatten)]
    key: KeyArguments,
    /// The service's tenant, where this caller has several
    #[arg(long, value_name = "NAME", requires = "server")]
    tenant: Option<String>,
    /// Use the current key of this scheme: the newest that can sign
    #[arg(long, value_parser = scheme_parser(), conflicts_with_all = ["label", "id", "public_key"])]
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
    /// The leaf of a member to remove, as often as needed
    #[arg(long, value_name = "NUMBER", required = true)]
    leaf_index: Vec<u32>,
    /// The key's place in the group's external_senders extension
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    sender_index: u32,
    /// Write the one MLSMessage to this file instead of printing it in base64
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

/// Who signs: a token, or a service for which no token is named.
enum SignerArguments {
    Token(Box<TokenArguments>),
    Server(Box<ServerArguments>),
}

impl Args for SignerArguments {
    fn augment_args(command: Command) -> Command {
        let command = TokenArguments::augment_args(command);
        let command = ServerArguments::augment_args(command);
        TOKEN_GROUPS
            .iter()
            .fold(command, |command, group| {
                command.mut_group(group, |group| group.required(false))
            })
            .mut_arg("module", |argument| argument.required(false))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SignerArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.contains_id("server") {
            // A variable that is there for other commands is no choice.
            let is_given = |id: &&str| matches.value_source(id) == Some(ValueSource::CommandLine);
            if let Some(id) = OF_A_TOKEN.into_iter().find(is_given) {
                let name = id.replace('_', "-");
                let what =
                    format!("--{name} is for a token and --server names a service; give one\n");
                return Err(clap::Error::raw(ErrorKind::ArgumentConflict, what));
            }
            let server = ServerArguments::from_arg_matches(matches)?;
            return Ok(Self::Server(Box::new(server)));
        }
        let mut needed = TOKEN_GROUPS.into_iter().chain(["module"]);
        if needed.any(|id| !matches.contains_id(id)) {
            return Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, NEEDED));
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

pub fn run(arguments: Arguments, output: &Output) -> Outcome {
    if arguments.out.is_some() && arguments.leaf_index.len() > 1 {
        return Err(Failure::Usage(
            "--out takes one proposal; print several".into(),
        ));
    }
    let all = match &arguments.signer {
        SignerArguments::Token(token) => by_token(&arguments, token, output)?,
        SignerArguments::Server(server) => by_server(&arguments, server)?,
    };
    for proposed in &all {
        say(&arguments, proposed, output)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A proposal, and what signed it.
struct Proposed {
    leaf_index: u32,
    message: Vec<u8>,
    scheme: &'static Scheme,
    public_key: Vec<u8>,
}

fn progress(arguments: &Arguments) -> ProgressBar {
    bar("proposals signed", arguments.leaf_index.len() as u64)
}

fn by_token(
    arguments: &Arguments,
    token: &TokenArguments,
    output: &Output,
) -> Result<Vec<Proposed>, Failure> {
    if let Some(label) = arguments.key.label() {
        generation::check_label(label).map_err(Failure::of_name)?;
    }
    let token = token.open(output)?;
    let selector = match (&arguments.public_key, arguments.scheme) {
        (Some(key), _) => generation::find(token.as_ref(), key)?.selector(),
        (None, Some(scheme)) => generation::removal_keys(token.as_ref())?
            .current(scheme)?
            .selector(),
        // clap sees to it that there is a label or an id.
        (None, None) => arguments.key.selector().unwrap_or_else(KeySelector::any),
    };
    let signer = HsmSigner::open(token, &selector)?;
    generation::check_in_use(&signer.object().label)?;
    let progress = progress(arguments);
    let propose = |leaf_index: &u32| {
        let group_id = &arguments.group_id;
        let (epoch, sender) = (arguments.epoch, arguments.sender_index);
        let message = signer.propose_remove(group_id, epoch, *leaf_index, sender)?;
        progress.inc(1);
        output.module_answered();
        Ok(Proposed {
            leaf_index: *leaf_index,
            message,
            scheme: signer.scheme(),
            public_key: signer.public_key().to_vec(),
        })
    };
    arguments.leaf_index.iter().map(propose).collect()
}

/// All, or an error: asked again, the service answers what it has signed with the same bytes.
fn by_server(arguments: &Arguments, server: &ServerArguments) -> Result<Vec<Proposed>, Failure> {
    if arguments.key.selector().is_some() {
        return Err(Failure::Usage(
            "a service finds keys by --scheme or --public-key".into(),
        ));
    }
    let results = wait(ask(arguments, server.client()?))?;
    let all = arguments.leaf_index.iter().zip(results);
    all.map(|(leaf, result)| proposed(*leaf, result)).collect()
}

async fn ask(
    arguments: &Arguments,
    client: SignerClient,
) -> Result<Vec<RemovalResult>, ClientError> {
    let progress = progress(arguments);
    let mut results = Vec::with_capacity(arguments.leaf_index.len());
    for leaves in arguments.leaf_index.chunks(BATCH) {
        let request = RemovalsRequest {
            tenant: arguments.tenant.clone(),
            timeout_ms: None,
            removals: leaves.iter().map(|leaf| item(arguments, *leaf)).collect(),
        };
        let answer = client.propose_removals(request).await?.results;
        if answer.len() != leaves.len() {
            return Err(senseless());
        }
        results.extend(answer);
        progress.inc(leaves.len() as u64);
    }
    Ok(results)
}

fn item(arguments: &Arguments, leaf_index: u32) -> RemovalItem {
    let public_key = arguments.public_key.as_ref();
    RemovalItem {
        group_id: encoding::base64(&arguments.group_id),
        epoch: arguments.epoch,
        leaf_index,
        sender_index: arguments.sender_index,
        signature_scheme: arguments.scheme.map(|scheme| scheme.name.into()),
        ciphersuite: None,
        sender_public_key: public_key.map(|key| encoding::base64(key)),
    }
}

fn proposed(leaf_index: u32, result: RemovalResult) -> Result<Proposed, Failure> {
    let signed = match result {
        RemovalResult::Signed(signed) => signed,
        RemovalResult::Refused { problem } => {
            return Err(ClientError::Refused(Box::new(problem)).into());
        }
    };
    let scheme = Scheme::by_name(&signed.signature_scheme);
    Ok(Proposed {
        leaf_index,
        message: encoding::from_base64(&signed.message).ok_or_else(senseless)?,
        scheme: scheme.ok_or_else(senseless)?,
        public_key: encoding::from_base64(&signed.public_key).ok_or_else(senseless)?,
    })
}

fn senseless() -> ClientError {
    ClientError::Answer("it has not the proposals".into())
}

fn say(arguments: &Arguments, proposed: &Proposed, output: &Output) -> Outcome {
    let encoded = encoding::base64(&proposed.message);
    let mut value = json!({
        "group_id": hex(&arguments.group_id),
        "epoch": arguments.epoch,
        "leaf_index": proposed.leaf_index,
        "sender_index": arguments.sender_index,
        "scheme": proposed.scheme.name,
        "public_key": encoding::base64(&proposed.public_key),
    });
    match &arguments.out {
        Some(path) => {
            fs::write(path, &proposed.message)
                .map_err(|error| Failure::cannot_write(path, &error))?;
            value["file"] = path.display().to_string().into();
            output.result(&value, &format!("the proposal in {}", path.display()))
        }
        None => {
            value["message"] = encoded.as_str().into();
            output.result(&value, &encoded)
        }
    }
}
