//! The tenants: each with an engine of its own.

use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_audit::{SignerFailure, StatementSigner, VerifyingKey};
use mls_signer_engine::{
    Engine, EngineConfig, EngineError, Key, KeyChoice, PinMarker, SourceConfig,
};
use mls_signer_message::encoding::hex;
use mls_signer_message::hash::sha256;
use mls_signer_token::error::Error;
use mls_signer_token::isolation::Worker;
use mls_signer_token::{KeySelector, Pin};

use crate::config::{Config, SourceFile, TenantConfig};
use crate::log_limit::LogLimit;
use crate::serve_error::ServeError;

/// How long the signature of a checkpoint may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose keys there are.
pub struct Tenant {
    pub name: Arc<str>,
    pub engine: Arc<Engine>,
    /// Up to when checkpoints are not held against its log: milliseconds since 1 January 1970,
    /// UTC.
    pub accepted_loss: u64,
    auditor: Option<Arc<Engine>>,
    /// By the tokens' names.
    pin_files: HashMap<String, PathBuf>,
    /// Bounds what is logged of removals that are not signed.
    pub refusals: LogLimit,
    /// Held while its keys are looked for again.
    pub refreshing: tokio::sync::Mutex<()>,
}

pub type Tenants = HashMap<String, Arc<Tenant>>;

/// The PINs by their files, each read once: a pipe has it no second time.
pub struct Pins(HashMap<PathBuf, Result<Pin, Error>>);

impl Pins {
    fn read<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Self {
        let files: HashSet<&PathBuf> = files.collect();
        let read = |file: &PathBuf| (file.clone(), Pin::from_file(file).map_err(Error::from));
        // At once: what writes to several pipes writes in its own order.
        std::thread::scope(|scope| {
            let reading = files
                .into_iter()
                .map(|file| scope.spawn(move || read(file)));
            let reading: Vec<_> = reading.collect();
            Self(reading.into_iter().flat_map(|one| one.join()).collect())
        })
    }

    /// Those of these tenants, read again.
    pub fn read_again(tenants: &Tenants) -> Self {
        let tenants = tenants.values();
        Self::read(tenants.flat_map(|tenant| tenant.pin_files.values()))
    }

    fn of(&self, file: &Path) -> Result<Pin, Error> {
        match self.0.get(file) {
            Some(Ok(pin)) => Ok(pin.duplicate()),
            Some(Err(error)) => Err(Error::Setup(error.to_string())),
            None => Err(Error::Setup(format!("{} was not read", file.display()))),
        }
    }
}

/// Opens the tokens of all tenants, each PIN tried once.
pub fn start(config: &Config) -> Result<Tenants, ServeError> {
    let tokens = config.tenants.iter().flat_map(|tenant| &tenant.tokens);
    let pins = &Pins::read(tokens.map(|token| &token.pin_file));
    let markers = config.state_directory();
    let markers = markers.map_err(|error| Error::Setup(error.to_string()))?;
    std::thread::scope(|scope| {
        let mut starting = Vec::new();
        for tenant in &config.tenants {
            let (markers, waiting) = (markers.as_path(), config.limits.waiting);
            let span = tracing::info_span!("tokens", tenant = tenant.name);
            let start = move || span.in_scope(|| Tenant::start(tenant, markers, pins, waiting));
            let thread = scope.spawn(start);
            starting.push((&tenant.name, thread));
        }
        let mut tenants = Tenants::new();
        for (name, thread) in starting {
            let started = thread.join().unwrap_or(Err(EngineError::Stopped));
            let failed = |error| ServeError::Tenant {
                tenant: name.clone(),
                error,
            };
            tenants.insert(name.clone(), Arc::new(started.map_err(failed)?));
        }
        Ok(tenants)
    })
}

impl Tenant {
    fn start(
        config: &TenantConfig,
        markers: &Path,
        pins: &Pins,
        waiting: usize,
    ) -> Result<Self, EngineError> {
        if config.accepted_loss > 0 {
            tracing::warn!(
                accepted_loss = config.accepted_loss,
                "the checkpoints up to accepted_loss are not held against the audit log"
            );
        }
        let mut engine = engine_config(&config.tokens, markers, pins)?;
        engine.capacity = waiting;
        let pinned = config.pins();
        engine.pins = pinned.map_err(|error| Error::Setup(error.to_string()))?;
        let engine = Arc::new(Engine::start(engine)?);
        Ok(Self {
            name: config.name.as_str().into(),
            engine,
            accepted_loss: config.accepted_loss,
            auditor: auditor(config, markers, pins)?,
            pin_files: pin_files(config),
            refusals: LogLimit::default(),
            refreshing: tokio::sync::Mutex::default(),
        })
    }

    fn engines(&self) -> impl Iterator<Item = &Arc<Engine>> {
        [&self.engine].into_iter().chain(&self.auditor)
    }

    /// Takes the PINs that were read again. A token that refused one can be tried once more, for a person
    /// says that it is mended; one that signs takes its PIN for the next login.
    ///
    /// # Errors
    /// Why one is not taken.
    pub fn renew_pins(&self, pins: &Pins) -> Result<(), EngineError> {
        let mut outcome = Ok(());
        for engine in self.engines() {
            let renewed = engine.renew_pins(|token| {
                let file = self.pin_files.get(token).map(PathBuf::as_path);
                pins.of(file.unwrap_or(Path::new("")))
            });
            outcome = outcome.and(renewed);
        }
        outcome
    }

    /// Tries the PINs that were read again.
    ///
    /// # Errors
    /// Why a token still refuses.
    pub fn retry_refused(&self) -> Result<(), EngineError> {
        let retried = self.engines().map(|engine| engine.retry_refused());
        // Each is tried, whatever becomes of those before it.
        retried.collect::<Vec<_>>().into_iter().collect()
    }

    /// Looks whether the audit key is the one of the start; none where the configuration names none.
    /// No other is taken over while the service runs.
    ///
    /// # Errors
    /// Why it signs no checkpoints, and what helps.
    pub fn look_for_audit_key(&self) -> Option<Result<(), EngineError>> {
        let auditor = self.auditor.as_ref()?;
        let looked = auditor.refresh_keys();
        Some(
            match auditor.keys().is_empty() || looked.as_ref().is_err_and(is_lost) {
                true => Err(lost_audit_key(auditor).into()),
                false => looked,
            },
        )
    }

    fn attesting(&self) -> &Arc<Engine> {
        self.auditor.as_ref().unwrap_or(&self.engine)
    }

    /// The keys that may have signed the checkpoints of the tenant's audit log: before a key was
    /// named for them, the removal keys did.
    pub fn statement_keys(&self) -> Vec<VerifyingKey> {
        let engines = self.auditor.iter().chain([&self.engine]);
        let keys = engines.flat_map(|engine| engine.keys());
        keys.map(|key| verifying(&key)).collect()
    }

    /// What signs the checkpoints of the tenant's audit log: the key that the configuration
    /// names for it, else a removal key. What it signs begins unlike anything of MLS.
    pub fn statement_signer(&self) -> Result<CheckpointSigner, EngineError> {
        let engine = self.attesting();
        let key = engine.keys().into_iter().next_back();
        let key = key.ok_or_else(|| match &self.auditor {
            Some(auditor) => lost_audit_key(auditor).into(),
            None => EngineError::KeyUnknown {
                wanted: "key for checkpoints".into(),
                present: "none".into(),
            },
        })?;
        Ok(CheckpointSigner {
            engine: Arc::clone(engine),
            key,
            is_auditor: self.auditor.is_some(),
        })
    }
}

/// Whether the error says that the key is not there, or is none that can be used.
fn is_lost(error: &EngineError) -> bool {
    matches!(
        error.token(),
        Some(Error::KeyNotFound { .. } | Error::KeyMismatch { .. } | Error::KeySetAside { .. })
    )
}

/// That the audit key of the start signs no more, and what helps.
fn lost_audit_key(auditor: &Engine) -> Error {
    let label = auditor.known_labels().join(", ");
    Error::Setup(format!(
        "the key of audit_key_label, {label:?}, is gone, was replaced or fails, and no checkpoint is signed. Bring it \
         back, or make another of that label (mls-hsm-signer keys generate --label) if there is none, and \
         restart the service: a reload takes no other over. Then audit verify needs --checkpoint-key for each"
    ))
}

/// The name of a token for the audit key alone.
fn auditing(token: &str) -> String {
    format!("{token} (audit)")
}

fn pin_files(config: &TenantConfig) -> HashMap<String, PathBuf> {
    let mut files = HashMap::new();
    for token in &config.tokens {
        for name in [token.name.clone(), auditing(&token.name)] {
            files.insert(name, token.pin_file.clone());
        }
    }
    files
}

/// An engine for the audit key alone, which must not sign removals.
fn auditor(
    config: &TenantConfig,
    markers: &Path,
    pins: &Pins,
) -> Result<Option<Arc<Engine>>, EngineError> {
    let (Some(label), Some(token)) = (&config.audit_key_label, config.tokens.first()) else {
        return Ok(None);
    };
    let token = SourceFile {
        sessions: 1,
        name: auditing(&token.name),
        ..token.clone()
    };
    let mut engine = engine_config(&[token], markers, pins)?;
    engine.keys = KeyChoice::Named(vec![KeySelector::label(label.clone())]);
    Engine::start(engine).map(|engine| Some(Arc::new(engine)))
}

fn source(token: &SourceFile, markers: &Path, pins: &Pins) -> Result<SourceConfig, Error> {
    let pin = pins.of(&token.pin_file)?;
    let source = SourceConfig::isolated(token.setup()?, Worker::this_program()?, pin);
    Ok(SourceConfig {
        name: token.name.as_str().into(),
        pin_marker: Some(pin_marker(token, markers)),
        ..source
    })
}

/// One for each path of a PIN file, as it is written: links may lead elsewhere after an update of the
/// module or of a secret that is mounted, with the same PIN for the same token, which may be named by
/// its label here and by its slot there.
pub(crate) fn pin_marker(token: &SourceFile, markers: &Path) -> PinMarker {
    let SourceFile {
        module, pin_file, ..
    } = token;
    let name: PathBuf = std::path::absolute(pin_file).unwrap_or_else(|_| pin_file.clone());
    let digest = sha256(name.as_os_str().as_bytes());
    // Tokens of two tenants may have one name.
    let selector = token.selector();
    let named = selector.map_or_else(|error| error.to_string(), |token| token.to_string());
    PinMarker {
        path: markers.join(format!("pin-refused-{}", hex(&digest[..8]))),
        pin_file: pin_file.clone(),
        token: format!("{:?} ({named}) of {}", token.name, module.display()),
    }
}

fn engine_config(
    tokens: &[SourceFile],
    markers: &Path,
    pins: &Pins,
) -> Result<EngineConfig, Error> {
    let [first, others @ ..] = tokens else {
        return Err(Error::Setup("a tenant needs a token".into()));
    };
    let mut engine = EngineConfig::new(source(first, markers, pins)?);
    for other in others {
        engine.sources.push(source(other, markers, pins)?);
    }
    Ok(engine)
}

/// Under which a key's signatures are checked.
pub fn verifying(key: &Key) -> VerifyingKey {
    VerifyingKey {
        scheme: key.scheme().signature_scheme,
        public_key: key.public_key().to_vec(),
    }
}

/// Signs what the HSM says of the audit log.
pub struct CheckpointSigner {
    engine: Arc<Engine>,
    key: Arc<Key>,
    /// Whether the key signs nothing else.
    is_auditor: bool,
}

impl StatementSigner for CheckpointSigner {
    fn key(&self) -> VerifyingKey {
        verifying(&self.key)
    }

    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerFailure> {
        let deadline = Instant::now() + PATIENCE;
        let signed = self.engine.sign(&self.key, input, deadline);
        Ok(
            signed.map_err(|error| match self.is_auditor && is_lost(&error) {
                true => lost_audit_key(&self.engine).into(),
                false => error,
            })?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That one token takes a PIN says nothing of another's, which may have its name in another tenant.
    #[test]
    fn tokens_that_share_a_pin_file_are_told_apart() {
        let token = |label: &str| -> SourceFile {
            let text = format!(
                "name = \"hsm\"\nmodule = \"/lib/p11.so\"\ntoken_label = {label:?}\npin_file = \"/pin\""
            );
            toml::from_str(&text).unwrap()
        };
        let marker = |label| pin_marker(&token(label), Path::new("/state"));
        let (one, other) = (marker("first"), marker("second"));
        assert_eq!(one.path, other.path);
        assert_ne!(one.token, other.token);
    }
}
