//! The service's configuration: one TOML file, read strictly.
//!
//! `docs/configuration.md` explains every key; a test holds the two together.

mod access;
mod listen;
mod tenants;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use mls_fips::Requirement;
use mls_signer_audit::store::StoreConfig;
use mls_signer_message::secret_file::{SecretFileError, read_secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sink::CheckpointSink;

pub use access::{CallerConfig, Permission, San};
pub use listen::{Listen, ServiceLimits, Tls, Unix};
pub use tenants::{SourceFile, TenantConfig};

/// The longest configuration that is read, in bytes.
const MAX_LENGTH: usize = 1024 * 1024;

/// The whole file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How the process runs.
    #[serde(default)]
    pub process: ProcessConfig,
    /// Where callers connect.
    pub listen: Listen,
    /// What bounds the work and the memory.
    #[serde(default)]
    pub limits: ServiceLimits,
    /// The database of answers and audit records.
    pub store: StoreConfig,
    /// The audit log.
    #[serde(default)]
    pub audit: Audit,
    /// Whose keys there are.
    pub tenants: Vec<TenantConfig>,
    /// Who may ask for what.
    pub callers: Vec<CallerConfig>,
}

/// How the process runs.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessConfig {
    /// Whether the service may run as root, which it refuses otherwise.
    pub allow_root: bool,
    /// What is required under FIPS 140-3 of all the process computes; its environment may
    /// require more.
    pub fips: Requirement,
    /// Who affirms that the FIPS module does in this operating environment what it did in those on
    /// its certificate; nobody if it is absent.
    pub fips_affirmed_by: Option<String>,
    /// Threads that serve connections; 0 for one for each core.
    pub threads: usize,
    /// Where it is kept over restarts that a token refused the PIN. If it is absent, the
    /// directory of the SQLite database, or the first that systemd names (`STATE_DIRECTORY`).
    pub state_directory: Option<PathBuf>,
}

/// The audit log.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Seconds between two checkpoints of a tenant's log, where there is something new.
    pub checkpoint_seconds: u64,
    /// Days after which answers and records are removed; 0 for never.
    pub retention_days: u32,
    /// Where each checkpoint goes beside the database and the log.
    pub checkpoint_sink: Option<CheckpointSink>,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            checkpoint_seconds: 60,
            retention_days: 0,
            checkpoint_sink: None,
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read, or every user may read it.
    #[error("the configuration: {0}")]
    File(#[from] SecretFileError),
    /// The file with this path is not TOML, a key is unknown or missing, or a value has the
    /// wrong type; the parser says where.
    #[error("the configuration {0}: {1}")]
    Syntax(PathBuf, String),
    /// The values do not fit together.
    #[error("the configuration: {0}")]
    Invalid(String),
}

impl Config {
    /// Reads and checks the file, which users outside its group must not be able to open.
    ///
    /// # Errors
    /// [`ConfigError`] with the place in the file and what to do.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let bytes = read_secret(path, MAX_LENGTH)?;
        let syntax = |reason: String| ConfigError::Syntax(path.into(), reason);
        let text = std::str::from_utf8(&bytes).map_err(|_| syntax("it is not UTF-8".into()))?;
        let mut config: Self = toml::from_str(text).map_err(|error| syntax(error.to_string()))?;
        must_have_tables(text, &config).map_err(syntax)?;
        config.check()?;
        config.store.max_claims = config.limits.waiting.saturating_mul(config.tenants.len());
        Ok(config)
    }

    /// The files that decide who may ask, which may change while the service runs.
    pub fn access_files(&self) -> Vec<&Path> {
        let own = self.listen.tls.iter().flat_map(|tls| {
            let lists = tls.revocation_lists.iter();
            lists.chain([&tls.certificate, &tls.key, &tls.client_roots])
        });
        let roots = self
            .callers
            .iter()
            .filter_map(|caller| caller.client_root.as_ref());
        own.chain(roots).map(PathBuf::as_path).collect()
    }

    /// The files of the service that begins with the configuration at `path`, and whose each is.
    pub(crate) fn files(&self, path: &Path) -> Vec<(PathBuf, &'static str)> {
        let mut files = vec![(path.to_owned(), "the configuration's")];
        if let Some(database) = self.store.url.strip_prefix("sqlite:") {
            for ending in ["", "-wal", "-shm", ".lock"] {
                files.push((format!("{database}{ending}").into(), "the database's"));
            }
        }
        for token in self.tenants.iter().flat_map(|tenant| &tenant.tokens) {
            files.push((token.pin_file.clone(), "a PIN's"));
        }
        files
    }

    /// Where what outlives the process is kept, beside the database.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] when nothing says where.
    pub(crate) fn state_directory(&self) -> Result<PathBuf, ConfigError> {
        let sqlite = || Path::new(self.store.url.strip_prefix("sqlite:")?).parent();
        let systemd = || std::env::var("STATE_DIRECTORY").ok();
        let named = self.process.state_directory.clone();
        let named = named.filter(|path| !path.as_os_str().is_empty());
        let directory = named
            .or_else(|| sqlite().map(Path::to_owned))
            .or_else(|| Some(systemd()?.split(':').find(|path| !path.is_empty())?.into()));
        directory.map_or_else(
            || {
                invalid(
                    "process.state_directory is needed, a directory that outlives a restart: there it is kept \
                     that a token refused the PIN, or each start would try it again. A SQLite database has it \
                     beside it, and systemd's StateDirectory is taken too",
                )
            },
            Ok,
        )
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.state_directory()?;
        self.listen.check()?;
        self.limits.check()?;
        if self.audit.checkpoint_seconds == 0 {
            return invalid("audit.checkpoint_seconds must not be 0");
        }
        if self.store.patience_ms == 0 {
            return invalid("store.patience_ms must not be 0");
        }
        if self.audit.retention_days > 0 && self.audit.checkpoint_seconds > 3600 {
            return invalid(
                "audit.checkpoint_seconds must be at most 3600 where audit.retention_days is set: \
                 ages are measured by checkpoints",
            );
        }
        // What the program was built without is said when it starts.
        #[cfg(feature = "postgres")]
        self.store
            .check()
            .or_else(|error| invalid(error.to_string()))?;
        let tenants = names(self.tenants.iter().map(|tenant| &tenant.name), "tenant")?;
        names(self.callers.iter().map(|caller| &caller.name), "caller")?;
        for tenant in &self.tenants {
            tenant.check()?;
        }
        for caller in &self.callers {
            caller.check(&tenants)?;
        }
        self.check_identities()?;
        self.check_development()
    }

    /// Each user id belongs to one caller, and each name under one root.
    fn check_identities(&self) -> Result<(), ConfigError> {
        let mut seen = HashSet::new();
        for caller in &self.callers {
            let uids = caller.unix_uids.iter().map(|uid| format!("uid {uid}"));
            let root = &caller.client_root;
            let root = root
                .as_ref()
                .map(|path| format!(" under {}", path.display()));
            let root = root.unwrap_or_default();
            let sans = caller.sans.iter().map(|san| format!("{san}{root}"));
            for identity in uids.chain(sans) {
                if !seen.insert(identity.clone()) {
                    return invalid(format!("{identity} belongs to two callers"));
                }
            }
        }
        Ok(())
    }

    fn check_development(&self) -> Result<(), ConfigError> {
        let Some(plain) = &self.listen.plain else {
            return Ok(());
        };
        let name = &plain.caller;
        if self.callers.iter().any(|caller| caller.name == *name) {
            return Ok(());
        }
        invalid(format!("listen.plain.caller names no caller: {name:?}"))
    }
}

/// Refuses an array in a table's place, which serde reads as the table's values in their order.
fn must_have_tables(text: &str, config: &Config) -> Result<(), String> {
    let written: Value = toml::from_str(text).map_err(|error| error.to_string())?;
    let read = serde_json::to_value(config).map_err(|error| error.to_string())?;
    array_for_table(&written, &read, "").map_or(Ok(()), |key| {
        Err(format!(
            "{key} must be a table with named keys, not an array"
        ))
    })
}

/// The first key at which an array was written and a table was read.
fn array_for_table(written: &Value, read: &Value, key: &str) -> Option<String> {
    match (written, read) {
        (Value::Object(written), Value::Object(read)) => {
            written.iter().find_map(|(name, value)| {
                let key = format!("{key}.{name}");
                array_for_table(value, read.get(name)?, key.trim_start_matches('.'))
            })
        }
        (Value::Array(written), Value::Array(read)) => {
            let mut items = written.iter().zip(read);
            items.find_map(|(written, read)| array_for_table(written, read, key))
        }
        (Value::Array(_), Value::Object(_)) => Some(key.into()),
        _ => None,
    }
}

/// The names, which must differ and be fit for logs and labels.
fn names<'a>(
    names: impl Iterator<Item = &'a String>,
    what: &str,
) -> Result<HashSet<&'a str>, ConfigError> {
    let mut seen = HashSet::new();
    for name in names {
        let fit = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(fit) {
            return invalid(format!(
                "the {what} name {name:?} must be 1 to 64 letters, digits, dots, hyphens and \
                 underscores"
            ));
        }
        if !seen.insert(name.as_str()) {
            return invalid(format!("two {what}s are called {name:?}"));
        }
    }
    if seen.is_empty() {
        return invalid(format!("there is no {what}; add [[{what}s]]"));
    }
    Ok(seen)
}

fn invalid<T>(reason: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError::Invalid(reason.into()))
}
