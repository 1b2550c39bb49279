//! What is right and wrong with a module, a token and its keys, step by step.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use crate::error::Error;
use crate::isolation::ModuleSetup;
use crate::keys::HsmSigner;
use crate::keys::{self, KeyEntry};
use crate::pin::Pin;
use crate::quirks::{Quirks, SigningPlan};
use crate::token::{KeyObject, KeySelector, Module, Pkcs11Token, Protection, Token};
use mls_signer_message::scheme::SCHEMES;

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
pub fn examine(setup: &ModuleSetup, pin: &Pin, keys: &KeySelector) -> Diagnosis {
    let mut report = Diagnosis::default();
    examine_fips(&mut report);
    if let Some(token) = examine_token(&mut report, setup, pin) {
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

fn examine_token(report: &mut Diagnosis, setup: &ModuleSetup, pin: &Pin) -> Option<Arc<dyn Token>> {
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
    let token = Pkcs11Token::open(&module, selector, pin);
    let token = report.step("login", token, |_| "logged in as the token's user".into())?;
    examine_mechanisms(report, &token);
    Some(Arc::new(token))
}

fn examine_mechanisms(report: &mut Diagnosis, token: &dyn Token) {
    let quirks = Quirks::of(token.identity());
    for scheme in SCHEMES {
        let name = format!("mechanism for {}", scheme.title);
        let (verdict, detail) = match SigningPlan::choose(scheme, token.mechanisms(), quirks) {
            Ok(SigningPlan::Message(kind)) => {
                (Good, format!("{kind}, the token takes the message"))
            }
            Ok(SigningPlan::Digest(_, kind)) => (Good, format!("{kind}, the signer hashes")),
            Err(error) => (Notice, error.to_string()),
        };
        report.add(name, verdict, detail);
    }
}

fn examine_keys(report: &mut Diagnosis, token: &Arc<dyn Token>, selector: &KeySelector) {
    let counted = |entries: &Vec<KeyEntry>| format!("{} private keys {selector}", entries.len());
    let Some(entries) = report.step("keys", keys::list(token.as_ref(), selector), counted) else {
        return;
    };
    if entries.is_empty() {
        let advice = "nothing to sign with; see: mls-hsm-signer keys generate";
        report.add("keys", Bad, advice);
    }
    for entry in &entries {
        examine_key(report, token, entry);
    }
}

fn examine_key(report: &mut Diagnosis, token: &Arc<dyn Token>, entry: &KeyEntry) {
    let name = |what: &str| format!("{what} of {:?}", entry.object.label);
    let protection = entry.object.protection();
    let verdict = match protection {
        Protection::MadeInToken => Good,
        Protection::Imported => Notice,
        Protection::Faulty(_) => Bad,
    };
    report.add(name("protection"), verdict, protection.to_string());
    match &entry.key {
        Err(error) => report.add(name("public key"), Bad, error.to_string()),
        Ok((scheme, key)) => {
            let found = format!("{}, {} bytes", scheme.title, key.len());
            report.add(name("public key"), Good, found);
            let signed = sign_once(token, &entry.object);
            report.step(&name("signature"), signed, |ms| {
                format!("made and verified in {ms:.2} ms")
            });
        }
    }
}

/// Opens the key as a server does, then times one signature with its verification.
fn sign_once(token: &Arc<dyn Token>, object: &KeyObject) -> Result<f64, Error> {
    let signer = HsmSigner::open(Arc::clone(token), &object.names())?;
    let start = Instant::now();
    signer.self_test()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}
