//! The tenants: each with an engine of its own.

use mls_signer_audit::{SignerFailure, StatementSigner};
use mls_signer_message::scheme::Scheme;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::config::{Config, SourceFile, TenantConfig};
use mls_signer_engine::EngineSigner;
use mls_signer_engine::{Engine, EngineConfig, EngineError, KeyChoice, SourceConfig};
use mls_signer_token::KeySelector;
use mls_signer_token::Pin;
use mls_signer_token::error::Error;
use mls_signer_token::isolation::Worker;

/// How long the signature of a checkpoint may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose keys there are.
pub struct Tenant {
    pub name: Arc<str>,
    pub engine: Arc<Engine>,
    auditor: Option<Arc<Engine>>,
}

pub type Tenants = HashMap<String, Arc<Tenant>>;

/// Opens the tokens of all tenants, each PIN tried once.
pub fn start(config: &Config) -> Result<Tenants, Error> {
    let opened: Vec<Result<Tenant, EngineError>> = std::thread::scope(|scope| {
        let threads: Vec<_> = config
            .tenants
            .iter()
            .map(|tenant| scope.spawn(|| Tenant::start(tenant, config.limits.waiting)))
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|opened| opened.unwrap_or(Err(EngineError::Stopped)))
            .collect()
    });
    let mut tenants = Tenants::new();
    for (opened, config) in opened.into_iter().zip(&config.tenants) {
        let tenant =
            opened.map_err(|error| Error::Setup(format!("tenant {:?}: {error}", config.name)))?;
        tenants.insert(config.name.clone(), Arc::new(tenant));
    }
    Ok(tenants)
}

impl Tenant {
    fn start(config: &TenantConfig, waiting: usize) -> Result<Self, EngineError> {
        let sources = config
            .tokens
            .iter()
            .map(source)
            .collect::<Result<_, Error>>()?;
        let mut engine = engine_config(sources)?;
        engine.capacity = waiting;
        engine.pins = config
            .pins()
            .map_err(|error| Error::Setup(error.to_string()))?;
        let engine = Arc::new(Engine::start(engine)?);
        Ok(Self {
            name: config.name.as_str().into(),
            engine,
            auditor: auditor(config)?,
        })
    }

    /// What signs the checkpoints of the tenant's audit log: the key that the configuration
    /// names for it, else a removal key. What it signs begins unlike anything of MLS.
    pub fn statement_signer(&self) -> Result<CheckpointSigner, EngineError> {
        let engine = self.auditor.as_ref().unwrap_or(&self.engine);
        let key = engine.keys().into_iter().next_back();
        let key = key.ok_or_else(|| EngineError::KeyUnknown {
            wanted: "key for checkpoints".into(),
            present: "none".into(),
        })?;
        Ok(CheckpointSigner(engine.signer(&key, PATIENCE)))
    }
}

/// An engine for the audit key alone, which must not sign removals.
fn auditor(config: &TenantConfig) -> Result<Option<Arc<Engine>>, EngineError> {
    let (Some(label), Some(token)) = (&config.audit_key_label, config.tokens.first()) else {
        return Ok(None);
    };
    let token = SourceFile {
        sessions: 1,
        name: format!("{} (audit)", token.name),
        ..token.clone()
    };
    let mut engine = engine_config(vec![source(&token)?])?;
    engine.keys = KeyChoice::Named(vec![KeySelector::label(label.clone())]);
    Engine::start(engine).map(|engine| Some(Arc::new(engine)))
}

fn source(token: &SourceFile) -> Result<SourceConfig, Error> {
    let pin = Pin::from_file(&token.pin_file)?;
    let source = SourceConfig::isolated(token.setup()?, Worker::this_program()?, pin);
    Ok(source.named(token.name.clone()))
}

fn engine_config(sources: Vec<SourceConfig>) -> Result<EngineConfig, Error> {
    let mut sources = sources.into_iter();
    let none = || Error::Setup("a tenant needs a token".into());
    let mut engine = EngineConfig::new(sources.next().ok_or_else(none)?);
    engine.sources.extend(sources);
    Ok(engine)
}

/// Signs what the HSM says of the audit log.
pub struct CheckpointSigner(EngineSigner);

impl StatementSigner for CheckpointSigner {
    fn public_key(&self) -> &[u8] {
        self.0.public_key()
    }

    fn scheme(&self) -> &'static Scheme {
        self.0.scheme()
    }

    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerFailure> {
        Ok(self.0.sign_message(input)?)
    }
}
