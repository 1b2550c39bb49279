//! What is right and wrong with a module, a token and its keys, step by step.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use crate::error::Error;
use crate::isolation::ModuleSetup;
use crate::keys::HsmSigner;
use crate::keys::{self, KeyEntry};
use crate::pin::Pin;
use crate::pkcs11_scheme::Pkcs11Scheme;
use crate::quirks::{Quirks, SigningPlan};
use crate::removal_label::{is_put_away, scheme_of_label};
use crate::token::{
    Access, KeyClass, KeyObject, KeyRules, KeySelector, KeySpec, Module, Pkcs11Token, Protection,
    Token,
};
use mls_signer_message::encoding::hex;
use mls_signer_message::scheme::{SCHEMES, Scheme};

use Verdict::{Bad, Good, Notice};

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and an operator should know.
    Notice,
    /// It does not work or is not safe.
    Bad,
}

/// One check and what it found.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
}

/// Every check, in the order in which they were made.
#[derive(Debug, Default)]
pub struct Diagnosis {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// Whether no check ended badly.
    pub fn healthy(&self) -> bool {
        self.checks.iter().all(|check| check.verdict != Bad)
    }

    fn add(&mut self, name: impl Into<String>, verdict: Verdict, detail: impl Into<String>) {
        self.checks.push(Check {
            name: name.into(),
            verdict,
            detail: detail.into(),
        });
    }

    /// Records `result`; its value, if it is one, serves the checks that follow.
    fn step<T>(
        &mut self,
        name: &str,
        result: Result<T, Error>,
        say: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                self.add(name, Good, say(&value));
                Some(value)
            }
            Err(error) => {
                self.add(name, Bad, error.to_string());
                None
            }
        }
    }
}

/// Examines what FIPS 140-3 says of this program, the module that `setup` names, the token, its
/// mechanisms and each key that `keys` describes: attributes, public key, and a signature
/// made and verified. A check that fails ends the checks that depend on it. The PIN is tried
/// once.
pub fn examine(setup: &ModuleSetup, pin: &Pin, keys: &KeySelector, rules: &KeyRules) -> Diagnosis {
    let mut report = Diagnosis::default();
    examine_fips(&mut report);
    if let Some(token) = examine_token(&mut report, setup, pin) {
        let token: Arc<dyn Token> = Arc::new(token.with_rules(rules.clone()));
        examine_keys(&mut report, &token, keys);
    }
    report
}

/// What FIPS 140-3 says of the AWS-LC that verifies here: the lowest status of its parts, and
/// the words that may be used. That it cannot be in FIPS mode is bad only where that is required.
fn examine_fips(report: &mut Diagnosis) {
    let status = mls_fips::status();
    let (verdict, detail) = match status.refusal {
        None => (Good, status.claim.to_string()),
        Some(refusal) if status.requirement != mls_fips::Requirement::None => {
            (Bad, refusal.to_string())
        }
        Some(refusal) => (
            Good,
            format!("FIPS mode is not required, and not to be had: {refusal}"),
        ),
    };
    report.add("fips", verdict, format!("{:?}; {detail}", status.status));
}

fn examine_token(report: &mut Diagnosis, setup: &ModuleSetup, pin: &Pin) -> Option<Pkcs11Token> {
    let selector = &setup.token;
    let module = Module::load_with(&setup.module, setup.parameters.as_deref());
    let module = module.and_then(|module| Ok((module.description()?, module)));
    let (_, module) = report.step("module", module, |(description, _)| description.clone())?;
    let identity = module.tokens().and_then(|tokens| selector.choose(tokens));
    let identity = report.step("token", identity, ToString::to_string)?;
    if let Some(unread) = &identity.unread {
        let detail = format!("not all of it can be read: {unread}");
        report.add("token description", Notice, detail);
    }
    let quirks = Quirks::of(&identity);
    report.add("quirks", Good, format!("{}: {}", quirks.name, quirks.note));
    let login = if pin.is_empty() {
        "the token needs none"
    } else {
        "logged in as the token's user"
    };
    let token = Pkcs11Token::open(&module, selector, pin);
    let token = report.step("login", token, |_| login.into())?;
    examine_mechanisms(report, &token);
    Some(token)
}

fn examine_mechanisms(report: &mut Diagnosis, token: &dyn Token) {
    let quirks = Quirks::of(token.identity());
    for scheme in SCHEMES {
        let name = format!("mechanism for {}", scheme.title);
        let (verdict, detail) = match SigningPlan::choose(scheme, token.mechanisms(), quirks) {
            // It lists CKM_EDDSA, by which it may mean Ed25519 alone: a key tells.
            Ok(plan) if shares_mechanism(scheme) => match try_scheme(token, scheme) {
                Ok(()) => (
                    Good,
                    format!(
                        "{}, by which a key made for this trial has signed",
                        plan.mechanism()
                    ),
                ),
                Err(error) => (
                    Notice,
                    format!(
                        "the mechanism list has one for {} and others, and a key made for this trial \
                         does not sign: {error}",
                        scheme.title
                    ),
                ),
            },
            Ok(SigningPlan::Message(kind)) => {
                (Good, format!("{kind}, the token takes the message"))
            }
            Ok(SigningPlan::Digest(_, kind)) => (Good, format!("{kind}, the signer hashes")),
            Err(error) => (Notice, error.to_string()),
        };
        report.add(name, verdict, detail);
    }
}

/// The label of a key that is made for a trial, and gone with its session.
const TRIAL: &str = "mls-hsm-signer-trial";

/// Makes a key of the scheme in a session, has it sign, verifies that, and destroys it.
fn try_scheme(token: &dyn Token, scheme: &'static Scheme) -> Result<(), Error> {
    let session = token.session(Access::Manage)?;
    let spec = KeySpec::with_random_id(scheme, TRIAL)?.for_session();
    let pair = session.generate(&spec)?;
    let names = KeySelector::label_and_id(spec.label(), spec.id());
    let found = keys::locate(token, session.as_ref(), &names);
    let proven = found.and_then(|found| keys::prove_in(session.as_ref(), &found));
    // Where one is not let go of, the session's end does it.
    let destroyed = [pair.private, pair.public].map(|half| session.destroy(half));
    proven?;
    destroyed.into_iter().collect()
}

/// Whether the scheme's mechanism is that of one of Wire's too, so that its being there says nothing
/// of this one.
fn shares_mechanism(scheme: &Scheme) -> bool {
    let mechanism = |scheme: &Scheme| Pkcs11Scheme::of(scheme).ok().map(|row| row.sign.kind());
    let of_wire = Scheme::all_of_wire().map(mechanism);
    !scheme.of_wire && of_wire.into_iter().any(|other| other == mechanism(scheme))
}

/// Without names, the keys that are named as removal keys: whatever else a token is used for is
/// no fault.
fn examine_keys(report: &mut Diagnosis, token: &Arc<dyn Token>, selector: &KeySelector) {
    let named = *selector != KeySelector::any();
    let entries = if named {
        keys::list(token.as_ref(), selector)
    } else {
        keys::list_removal_keys(token.as_ref())
    };
    let count = |entries: &Vec<KeyEntry>| match named {
        true => format!("{} private keys {selector}", entries.len()),
        false => {
            let retired = entries.iter().filter(|entry| is_retired(entry)).count();
            let in_use = entries.len() - retired;
            format!("{in_use} that are named as removal keys, and {retired} retired")
        }
    };
    let Some(entries) = report.step("keys", entries, count) else {
        return;
    };
    match named {
        true if entries.is_empty() => {
            let missing = Error::KeyNotFound {
                class: KeyClass::Private.title(),
                wanted: selector.to_string(),
            };
            report.add("keys", Bad, missing.to_string());
        }
        true => {}
        false => {
            examine_others(report, token.as_ref(), entries.len());
            examine_whole(report, &entries);
        }
    }
    for entry in &entries {
        examine_key(report, token, entry);
    }
    examine_left_halves(report, token.as_ref(), selector);
}

fn is_retired(entry: &KeyEntry) -> bool {
    is_put_away(&entry.object.label)
}

/// Whether there is anything to sign with, and for each scheme of Wire's. A retired key signs
/// nothing; what a token had and has no more, it does not know.
fn examine_whole(report: &mut Diagnosis, entries: &[KeyEntry]) {
    let in_use = || entries.iter().filter(|entry| !is_retired(entry));
    if in_use().next().is_none() {
        let advice = "nothing to sign with; see: mls-hsm-signer keys generate, or keys rotate where there \
                      are retired ones";
        return report.add("keys", Bad, advice);
    }
    let has = |scheme: &Scheme| {
        let of_label = |entry: &KeyEntry| scheme_of_label(&entry.object.label);
        let mut labelled = in_use().filter_map(of_label);
        labelled.any(|other| other.name == scheme.name)
    };
    let lacking = Scheme::all_of_wire().filter(|scheme| !has(scheme));
    let lacking: Vec<_> = lacking.map(|scheme| scheme.title).collect();
    if !lacking.is_empty() {
        let detail = format!(
            "there is none for {}. If there was one, it is gone: a service that has used it names it \
             under refused of GET /v1/keys",
            lacking.join(", ")
        );
        report.add("schemes without a key", Notice, detail);
    }
}

/// Of keys that are not named as removal keys.
fn examine_others(report: &mut Diagnosis, token: &dyn Token, own: usize) {
    report.step("other keys", keys::count(token), |all| {
        let others = all.saturating_sub(own);
        format!("{others}, which are left alone; name one by --label or --id to examine it")
    });
}

/// Of keys of which the token has the public half alone.
fn examine_left_halves(report: &mut Diagnosis, token: &dyn Token, selector: &KeySelector) {
    match keys::left_halves(token, selector) {
        Ok(left) => {
            for half in left {
                let detail = "its private half is gone, and nothing signs under the public half that is \
                              left. Bring the key back from a backup of the token; if there is none, make the \
                              next one (mls-hsm-signer keys rotate), and destroy this half with the HSM's own \
                              tool";
                add_unusable(report, &half, detail);
            }
        }
        Err(error) => report.add("public keys", Bad, error.to_string()),
    }
}

/// Of a retired key nobody needs more.
fn add_unusable(report: &mut Diagnosis, object: &KeyObject, why: impl fmt::Display) {
    let id = match object.id.as_slice() {
        [] => "without an id".into(),
        id => format!("id {}", hex(id)),
    };
    let (verdict, state) = match is_put_away(&object.label) {
        true => (Notice, "retired"),
        false => (Bad, "not used"),
    };
    let name = format!("key {:?}, {id}", object.label);
    report.add(name, verdict, format!("{state}: {why}"));
}

fn examine_key(report: &mut Diagnosis, token: &Arc<dyn Token>, entry: &KeyEntry) {
    let object = &entry.object;
    if let Some(refusal) = &entry.refusal {
        return add_unusable(report, object, refusal);
    }
    let name = |what: &str| format!("{what} of {:?}", object.label);
    let (verdict, kept) = match object.protection() {
        Protection::Faulty(admitted) => (Notice, format!("admitted: {}", admitted.join("; "))),
        Protection::Imported => (Notice, Protection::Imported.to_string()),
        Protection::MadeInToken => (Good, Protection::MadeInToken.to_string()),
    };
    report.add(name("protection"), verdict, kept);
    if let Some((scheme, key)) = &entry.key {
        let found = format!("{}, {} bytes", scheme.title, key.len());
        report.add(name("public key"), Good, found);
    }
    let signed = sign_once(token, object);
    report.step(&name("signature"), signed, |ms| {
        format!("made and verified in {ms:.2} ms")
    });
}

/// Opens the key as a server does, then times one signature with its verification.
fn sign_once(token: &Arc<dyn Token>, object: &KeyObject) -> Result<f64, Error> {
    let signer = HsmSigner::open(Arc::clone(token), &object.names())?;
    let start = Instant::now();
    signer.self_test()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}
