//! Whose keys there are, and in which tokens.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use mls_signer_message::encoding::from_base64;
use mls_signer_token::error::Error;
use mls_signer_token::isolation::ModuleSetup;
use mls_signer_token::{KeyRules, KeyUse, SessionLimits, TokenSelector};
use serde::{Deserialize, Serialize};

use super::{ConfigError, invalid, names};

/// One owner of removal keys, such as a domain of a federation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// Its name in requests, the audit log, logs and metrics.
    pub name: String,
    /// The public keys that its removal keys must have, in base64 as MLS carries them. If there
    /// are none, those that the tokens show at the start.
    #[serde(default)]
    pub pinned_public_keys: Vec<String>,
    /// Its tokens, each with the same keys.
    pub tokens: Vec<SourceFile>,
    /// The label of a key that signs the checkpoints of its audit log and nothing else, in the
    /// first token. If it is absent, a removal key signs them.
    #[serde(default)]
    pub audit_key_label: Option<String>,
    /// Checkpoints up to this time are not held against the audit log: milliseconds since 1
    /// January 1970, UTC. The message that refuses the log has it.
    #[serde(default)]
    pub accepted_loss: u64,
}

/// A token of a tenant.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Its name in logs and metrics.
    pub name: String,
    /// The HSM's PKCS#11 library.
    pub module: PathBuf,
    /// What the library is given when it is initialised.
    #[serde(default)]
    pub module_parameters: Option<String>,
    /// The token's label, or its serial number, or its slot: one of the three.
    pub token_label: Option<String>,
    pub token_serial: Option<String>,
    pub slot: Option<u64>,
    /// A file with the user's PIN, closed to other users.
    pub pin_file: PathBuf,
    /// What its removal keys may do beside signing: `decrypt`, `unwrap`, `derive`.
    #[serde(default)]
    pub admit_key_uses: Vec<AdmittedUse>,
    /// Sessions, each of which signs one message at a time.
    #[serde(default = "eight")]
    pub sessions: usize,
}

/// A word of `admit_key_uses`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AdmittedUse {
    /// CKA_DECRYPT may be true.
    Decrypt,
    /// CKA_UNWRAP may be true.
    Unwrap,
    /// CKA_DERIVE may be true.
    Derive,
}

impl From<AdmittedUse> for KeyUse {
    fn from(admitted: AdmittedUse) -> Self {
        match admitted {
            AdmittedUse::Decrypt => Self::Decrypt,
            AdmittedUse::Unwrap => Self::Unwrap,
            AdmittedUse::Derive => Self::Derive,
        }
    }
}

fn eight() -> usize {
    8
}

impl TenantConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        names(self.tokens.iter().map(|token| &token.name), "token")?;
        let label = self.audit_key_label.as_deref().unwrap_or_default();
        if label.starts_with("mls-removal-") {
            let name = &self.name;
            return invalid(format!(
                "tenant {name:?}: audit_key_label must be no removal key's"
            ));
        }
        let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
        if u128::from(self.accepted_loss) > now {
            let name = &self.name;
            return invalid(format!(
                "tenant {name:?}: accepted_loss is in the future, and would accept losses to come; \
                 take the time from the message that refuses the log"
            ));
        }
        for token in &self.tokens {
            token.selector()?;
            if token.sessions == 0 || token.sessions > 1_000 {
                let name = &token.name;
                return invalid(format!("token {name:?}: sessions must be 1 to 1000"));
            }
        }
        self.pins().map(drop)
    }

    pub(crate) fn pins(&self) -> Result<Vec<Vec<u8>>, ConfigError> {
        let mut pins = Vec::new();
        for key in &self.pinned_public_keys {
            let Some(pin) = from_base64(key) else {
                let name = &self.name;
                return invalid(format!("tenant {name:?}: {key:?} is not base64"));
            };
            pins.push(pin);
        }
        Ok(pins)
    }
}

impl SourceFile {
    pub(crate) fn selector(&self) -> Result<TokenSelector, ConfigError> {
        let label = self.token_label.clone().map(TokenSelector::Label);
        let serial = self.token_serial.clone().map(TokenSelector::Serial);
        let slot = self.slot.map(TokenSelector::Slot);
        let mut given = [label, serial, slot].into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(selector), None) => Ok(selector),
            _ => invalid(format!(
                "token {:?}: give token_label, token_serial or slot, and only one of them",
                self.name
            )),
        }
    }

    pub(crate) fn setup(&self) -> Result<ModuleSetup, Error> {
        let selector = self
            .selector()
            .map_err(|error| Error::Setup(error.to_string()))?;
        Ok(ModuleSetup {
            parameters: self.module_parameters.clone(),
            rules: KeyRules::admitting(self.admit_key_uses.iter().copied().map(KeyUse::from)),
            limits: SessionLimits {
                sessions: self.sessions,
                ..SessionLimits::default()
            },
            ..ModuleSetup::new(&self.module, selector)
        })
    }
}
