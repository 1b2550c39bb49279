//! What a ceremony made, signed by what it made.

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::{CeremonyError, canonical, fingerprint, time};
use crate::keys::signer::HsmSigner;
use crate::token::{Attributes, Protection};
use mls_signer_message::encoding::{base64, from_base64, hex};
use mls_signer_message::scheme::Scheme;

/// What the keys sign begins so. What MLS signs begins with the length of a label (RFC
/// 9420, section 5.1.2), which this would make longer than any.
const DOMAIN: &str = "mls-hsm-signer ceremony report 1\n";
const KIND: &str = "report";

/// What a ceremony made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeremonyReport {
    /// What was to be made.
    pub plan: Plan,
    /// The plan's fingerprint, which those present compared.
    pub plan_fingerprint: String,
    /// When the keys were made: RFC 3339, UTC.
    pub performed: String,
    /// The version of this program.
    pub program: String,
    /// The keys, in the plan's order.
    pub keys: Vec<ReportedKey>,
}

/// A key that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedKey {
    /// The scheme's name.
    pub scheme: String,
    /// CKA_LABEL.
    pub label: String,
    /// CKA_ID, in hexadecimal.
    pub id: String,
    /// The public key as MLS carries it, in base64.
    pub public_key: String,
    /// SHA-256 of the public key as MLS carries it, in hexadecimal.
    pub fingerprint: String,
    /// What the token says of the private key.
    pub attributes: Attributes,
}

/// A report with a signature by each of its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedReport {
    /// What was made.
    pub report: CeremonyReport,
    /// For each key, in order: its signature of the report as MLS sends signatures, in
    /// base64.
    pub signatures: Vec<String>,
}

/// The report of what `signers` are, signed by each.
pub(super) fn signed(plan: &Plan, signers: &[HsmSigner]) -> Result<SignedReport, CeremonyError> {
    let report = CeremonyReport {
        plan: plan.clone(),
        plan_fingerprint: plan.fingerprint()?,
        performed: time::now(),
        program: env!("CARGO_PKG_VERSION").into(),
        keys: signers.iter().map(ReportedKey::of).collect(),
    };
    let message = report.message()?;
    let mut signatures = Vec::new();
    for signer in signers {
        signatures.push(base64(&signer.sign_verified(&message)?));
    }
    Ok(SignedReport { report, signatures })
}

impl CeremonyReport {
    /// What is signed: the report in JSON without blanks, its fields in order, after a
    /// line that says what it is.
    fn message(&self) -> Result<Vec<u8>, CeremonyError> {
        Ok([DOMAIN, &canonical(KIND, self)?].concat().into_bytes())
    }
}

impl ReportedKey {
    fn of(signer: &HsmSigner) -> Self {
        Self {
            scheme: signer.scheme().name.into(),
            label: signer.object().label.clone(),
            id: hex(&signer.object().id),
            public_key: base64(signer.public_key()),
            fingerprint: fingerprint(signer.public_key()),
            attributes: signer.object().attributes.clone(),
        }
    }

    /// The public key as MLS carries it, if it has the scheme's length and the fingerprint.
    fn public_key(&self, scheme: &Scheme) -> Option<Vec<u8>> {
        let key = from_base64(&self.public_key)?;
        let agrees = key.len() == scheme.public_key_length && fingerprint(&key) == self.fingerprint;
        agrees.then_some(key)
    }
}

impl SignedReport {
    /// Reads a report from JSON; it is not verified yet.
    ///
    /// # Errors
    /// [`CeremonyError::Malformed`] when it is no report.
    pub fn from_json(json: &str) -> Result<Self, CeremonyError> {
        super::read(KIND, json)
    }

    /// The report for people and programs, in JSON.
    ///
    /// # Errors
    /// [`CeremonyError::Unwritable`], which no report of [`perform`](super::perform) gives.
    pub fn to_json(&self) -> Result<String, CeremonyError> {
        super::readable(KIND, self)
    }

    /// Checks everything that can be checked without the token: that the keys are those
    /// of the plan, that each has signed the report, the fingerprints, and that the token
    /// said each was made in it and can never leave it. That the token spoke the truth it
    /// cannot know: for that the witnesses saw which token it was.
    ///
    /// # Errors
    /// [`CeremonyError::NotProven`] with what is wrong.
    pub fn verify(&self) -> Result<(), CeremonyError> {
        let CeremonyReport { plan, keys, .. } = &self.report;
        let planned = plan
            .keys
            .iter()
            .map(|key| (&key.scheme, &key.label, &key.id));
        let made = keys.iter().map(|key| (&key.scheme, &key.label, &key.id));
        if !planned.eq(made) || keys.is_empty() {
            return Err(not_proven("its keys are not those of its plan".into()));
        }
        if self.report.plan_fingerprint != plan.fingerprint()? {
            return Err(not_proven("the fingerprint is not its plan's".into()));
        }
        if self.signatures.len() != keys.len() {
            return Err(not_proven("it needs a signature by each key".into()));
        }
        let message = self.report.message()?;
        keys.iter()
            .zip(&self.signatures)
            .try_for_each(|(key, signature)| check(key, &message, signature))
    }
}

fn check(key: &ReportedKey, message: &[u8], signature: &str) -> Result<(), CeremonyError> {
    let wrong = |reason: &str| not_proven(format!("{}: {reason}", key.label));
    let scheme = Scheme::by_name(&key.scheme).ok_or_else(|| wrong("there is no such scheme"))?;
    let public_key = key
        .public_key(scheme)
        .ok_or_else(|| wrong("the public key and its fingerprint do not agree"))?;
    let protection = key.attributes.protection();
    if protection != Protection::MadeInToken {
        return Err(wrong(&protection.to_string()));
    }
    let signature = from_base64(signature).ok_or_else(|| wrong("no signature"))?;
    HwCrypto::default()
        .verify_signature(scheme.signature_scheme, message, &public_key, &signature)
        .map_err(|_| wrong("its signature of the report does not verify"))
}

fn not_proven(reason: String) -> CeremonyError {
    CeremonyError::NotProven(reason)
}
