//! `keys import`: keys from outside into the token, from a PKCS#8 file or from the Helm
//! values of Wire's server.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;
use mls_hsm_signer::encoding::EncodingError;
use mls_hsm_signer::keys::{self, generation};
use mls_hsm_signer::message::printable::printable;
use mls_hsm_signer::message::secret_file::read_key;
use mls_hsm_signer::{Error, KeySpec, PrivateKey, Scheme, Token};
use serde_json::json;
use zeroize::Zeroizing;

use super::description::{self, of_signer};
use super::generate::spec;
use super::wire_values::{WireKey, WireKeys, removal_keys};
use crate::Outcome;
use crate::connection::{Bytes, TokenArguments, hexadecimal};
use crate::failure::Failure;
use crate::output::Output;
use crate::passphrase::Passphrase;

/// No key, and no file of Helm values, comes near this length in bytes.
const MAX_LENGTH: usize = 4 * 1024 * 1024;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    #[command(flatten)]
    file: KeyFile,
    /// A file with the key's passphrase, closed to other users [default: ask]
    #[arg(long, value_name = "PATH", conflicts_with = "wire_values")]
    passphrase_file: Option<PathBuf>,
    /// Leave out keys of schemes that the token does not have
    #[arg(long, requires = "wire_values")]
    allow_missing: bool,
    /// The key's label [default: mls-removal-SCHEME]
    #[arg(long, conflicts_with = "wire_values", allow_hyphen_values = true)]
    label: Option<String>,
    /// The key's id in hexadecimal [default: random]
    #[arg(long, value_name = "HEX", value_parser = hexadecimal, conflicts_with = "wire_values")]
    id: Option<Bytes>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct KeyFile {
    /// A key as `openssl genpkey` writes it: PKCS#8 in PEM or DER, encrypted or not
    #[arg(long, value_name = "PATH")]
    pkcs8: Option<PathBuf>,
    /// A file of Helm values of Wire's server, with the four keys at
    /// galley.secrets.mlsPrivateKeys.removal; all are imported, or none, unless --allow-missing
    #[arg(long, value_name = "PATH")]
    wire_values: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    match (&arguments.file.pkcs8, &arguments.file.wire_values) {
        (_, Some(values)) => from_values(arguments, values, output),
        (path, None) => from_pkcs8(arguments, path.as_deref().unwrap_or(Path::new("")), output),
    }
}

fn from_pkcs8(arguments: &Arguments, path: &Path, output: &Output) -> Outcome {
    note_open_file(path, output);
    let key = private_key(path, arguments.passphrase_file.as_deref())?;
    let label = arguments.label.as_deref();
    let spec = spec(key.scheme(), label, arguments.id.as_ref())?;
    let token = arguments.token.open(output)?;
    let signer = keys::import(&token, &spec, &key);
    let signer = signer.map_err(|error| with_label(error, token.as_ref(), key.scheme()))?;
    note_place(token.as_ref(), &spec, output)?;
    let entry = of_signer(&signer);
    let mut value = description::value(&entry);
    value["delete"] = json!([path.display().to_string()]);
    let reminder = format!(
        "the token has signed with it; now destroy {} and every other copy",
        path.display()
    );
    let text = description::text(&entry);
    let next = description::what_is_next(&entry.object.label);
    output.result(&value, &format!("{text}\n{reminder}\n{next}"))
}

/// Where the name is another key's, a key from outside has the label that would be the next one's.
fn with_label(error: Error, token: &dyn Token, scheme: &'static Scheme) -> Failure {
    let next = generation::next(token, scheme);
    match (error, next) {
        (Error::KeyExists(wanted), Ok(next)) => format!(
            "nothing was imported: the token already has a key {wanted}, or half of one. As the scheme's \
             newest, which new groups get, this key would be: --label {}",
            next.label()
        )
        .into(),
        (error, _) => error.into(),
    }
}

/// What new groups get, where it is not this key; and that it is none of removals, where it is not.
fn note_place(token: &dyn Token, spec: &KeySpec, output: &Output) -> Result<(), Failure> {
    let newest = generation::newest_used(token, spec.scheme())?;
    match generation::number_of(spec.label(), spec.scheme()) {
        None => output.note(
            "the label is none of a removal key's, which the service finds by it: this key signs no removals",
        ),
        Some(number) if number < newest => output.note(&format!(
            "the token has had generation {newest} of the scheme; new groups get the newest, and not this key"
        )),
        Some(_) => {}
    }
    Ok(())
}

/// A passphrase is asked for only where the key needs one.
fn private_key(path: &Path, passphrase: Option<&Path>) -> Result<PrivateKey, Failure> {
    let content = read(path)?;
    let given = passphrase.map(Passphrase::from_file).transpose()?;
    let bytes = given.as_ref().map(Passphrase::bytes);
    match PrivateKey::from_file(&content, bytes) {
        Err(EncodingError::Encrypted) => {
            let question = format!("passphrase of {}", path.display());
            let typed = Passphrase::from_terminal(&question)?;
            Ok(PrivateKey::from_file(&content, Some(typed.bytes()))?)
        }
        other => Ok(other?),
    }
}

fn from_values(arguments: &Arguments, path: &Path, output: &Output) -> Outcome {
    note_open_file(path, output);
    let WireKeys {
        keys: found,
        others,
    } = wire_keys(path)?;
    for other in others {
        output.note(&format!("left out: {other}"));
    }
    let token = arguments.token.open(output)?;
    let found = without_those_there(token.as_ref(), found, output)?;
    let (found, lacking) = split(token.as_ref(), found, arguments.allow_missing)?;
    for (key, error) in &lacking {
        output.note(&format!("not imported: {}: {error}", key.path));
    }
    let missing: Vec<_> = lacking
        .iter()
        .map(|(key, _)| key.key.scheme().name)
        .collect();
    let mut specs = Vec::new();
    for found in &found {
        specs.push((spec(found.key.scheme(), None, None)?, &found.key));
    }
    let signers = keys::import_all(&token, &specs).map_err(in_the_place)?;
    let (keys, text) = description::all(signers.iter().map(of_signer));
    let delete: Vec<_> = found.iter().map(|found| found.path.as_str()).collect();
    let value = json!({
        "keys": keys,
        "token": token.identity().serial,
        "missing": missing,
        "file": path.display().to_string(),
        "delete": delete,
    });
    let text = format!(
        "{text}\neach has signed in token {} under its old public key. Now delete from {} and from \
         every copy of it, the backups, the version control and the cluster's secrets:\n  {}",
        token.identity(),
        path.display(),
        delete.join("\n  "),
    );
    output.result(&value, &format!("{text}\n{}", description::RELOAD))
}

/// Those that the token has not got yet, under whatever label; an error where it has all.
fn without_those_there(
    token: &dyn Token,
    found: Vec<WireKey>,
    output: &Output,
) -> Result<Vec<WireKey>, Failure> {
    let public_keys: Vec<_> = found.iter().map(|found| found.key.public_key()).collect();
    let there = keys::already_there(token, &public_keys)?;
    let (mut wanted, mut names) = (Vec::new(), Vec::new());
    for (key, there) in found.into_iter().zip(there) {
        match there {
            None => wanted.push(key),
            Some(object) => {
                let label = printable(&object.label);
                names.push(format!(
                    "{}: the token has this very key already, as {label}",
                    key.path
                ));
            }
        }
    }
    if wanted.is_empty() {
        return Err(format!(
            "nothing was imported, and nothing is to be done but to delete the keys from the file: {}",
            names.join("; ")
        )
        .into());
    }
    for name in names {
        output.note(&format!("left out: {name}"));
    }
    Ok(wanted)
}

/// That another key has the name of one of the file, which cannot be chosen for several at once.
fn in_the_place(error: Error) -> Failure {
    match error {
        Error::KeyExists(wanted) => format!(
            "nothing was imported: the token has another key {wanted} than the file, or half of one. To have \
             both, copy that key of the file to a file of its own, and import it by itself under a label \
             that is free: keys import --pkcs8 FILE --label LABEL (mls-removal-SCHEME-g2 and so on; new \
             groups get the newest)"
        )
        .into(),
        other => other.into(),
    }
}

/// It may be elsewhere already.
fn note_open_file(path: &Path, output: &Output) {
    const OTHERS: u32 = 0o007;
    let metadata = fs::metadata(path).ok();
    let Some(metadata) = metadata.filter(fs::Metadata::is_file) else {
        return;
    };
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS != 0 {
        let path = path.display();
        output.note(&format!(
            "{path} is open to every user of this machine (mode {mode:04o}): the keys in it may be known to \
             others, and rotating them helps (mls-hsm-signer keys rotate). Until it is destroyed: chmod o= {path}"
        ));
    }
}

/// The keys that the token can sign with, and the others with the reason.
type Split = (Vec<WireKey>, Vec<(WireKey, Error)>);

/// All, or only those that fit where some may be missing.
fn split(token: &dyn Token, found: Vec<WireKey>, allow_missing: bool) -> Result<Split, Failure> {
    let (mut fitting, mut lacking) = (Vec::new(), Vec::new());
    for key in found {
        match token.signing_plan(key.key.scheme()) {
            Ok(_) => fitting.push(key),
            Err(error) => lacking.push((key, error)),
        }
    }
    match lacking.first() {
        Some((key, error)) if fitting.is_empty() => {
            Err(format!("nothing was imported: {}: {error}", key.path).into())
        }
        Some((key, error)) if !allow_missing => Err(format!(
            "nothing was imported: {}: {error}; --allow-missing imports the others",
            key.path
        )
        .into()),
        _ => Ok((fitting, lacking)),
    }
}

fn wire_keys(path: &Path) -> Result<WireKeys, Failure> {
    let content = read(path)?;
    let yaml = text(&content);
    let yaml = yaml.ok_or_else(|| format!("{} is no text in UTF-8 or UTF-16", path.display()))?;
    removal_keys(&yaml)
}

/// A text, in UTF-16 if its byte order mark says so, as YAML may be (YAML 1.2.2, section 5.2).
fn text(content: &[u8]) -> Option<Zeroizing<String>> {
    let (halves, unit): (_, fn([u8; 2]) -> u16) = match content {
        [0xff, 0xfe, halves @ ..] => (halves, u16::from_le_bytes),
        [0xfe, 0xff, halves @ ..] => (halves, u16::from_be_bytes),
        _ => return Some(Zeroizing::new(str::from_utf8(content).ok()?.into())),
    };
    let (halves, []) = halves.as_chunks() else {
        return None;
    };
    let units = halves.iter().map(|half| unit(*half));
    // No unit is more than three bytes of UTF-8: the text is not moved by growing.
    let mut text = Zeroizing::new(String::with_capacity(3 * halves.len()));
    for character in char::decode_utf16(units) {
        text.push(character.ok()?);
    }
    Some(text)
}

/// Reads a file or a pipe into memory that is overwritten afterwards.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let content = read_key(path, MAX_LENGTH);
    let content = content.map_err(|error| error.to_string())?;
    if content.len() > MAX_LENGTH {
        let path = path.display();
        return Err(format!("{path} is longer than any file of keys: {MAX_LENGTH} bytes").into());
    }
    Ok(content)
}
