//! Engines over SoftHSM, with the fault module in between where a test wants it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_fault_module::{Faults, library};
use mls_hsm_signer::engine::{
    Engine, EngineConfig, EngineError, Health, Key, Phase, SignRequest, Signature, SourceConfig,
    Timing,
};
use mls_hsm_signer::isolation::{ModuleSetup, Worker};
use mls_hsm_signer::token::{Access, KeyClass, SessionLimits};
use mls_hsm_signer::{KeySelector, KeySpec, Pin, PrivateKey, Scheme, keys};

use super::{PIN, TestToken, module_path, verified};

/// The program that holds modules.
pub fn worker() -> Worker {
    Worker::program(env!("CARGO_BIN_EXE_mls-hsm-signer"))
}

pub fn pin() -> Pin {
    Pin::new(PIN).unwrap()
}

/// A change of an engine's health shows within it, on a machine that does much else.
pub const SOON: Duration = Duration::from_secs(60);

/// Enough for anything that is to succeed, on a machine that does much else.
pub fn patience() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// As short as a loaded test machine allows.
pub fn quick() -> Timing {
    Timing {
        call_limit: Duration::from_millis(1500),
        probe_interval: Duration::from_millis(200),
        probe_limit: Duration::from_millis(1500),
        reinitialise_interval: Duration::from_millis(100),
        first_pause: Duration::from_millis(50),
        longest_pause: Duration::from_millis(400),
    }
}

/// A SoftHSM token with a removal key of each scheme, reached through a copy of the fault
/// module.
pub struct FaultyToken {
    pub token: TestToken,
    pub faults: Faults,
    _directory: tempfile::TempDir,
}

impl FaultyToken {
    pub fn new() -> Self {
        Self::over(TestToken::with_keys())
    }

    /// A token with this key as the removal key of its scheme.
    pub fn importing(key: &PrivateKey) -> Self {
        let token = TestToken::new();
        imported(&token, key);
        Self::over(token)
    }

    fn over(token: TestToken) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let faults = Faults::install(&library().unwrap(), directory.path(), module_path()).unwrap();
        Self {
            token,
            faults,
            _directory: directory,
        }
    }

    pub fn set(&self, rules: &[&str]) {
        self.faults.set(rules).unwrap();
    }

    /// The module with its faults, and the token.
    pub fn setup(&self, sessions: usize) -> ModuleSetup {
        ModuleSetup {
            module: self.faults.module(),
            ..setup(&self.token, sessions)
        }
    }

    /// The engine over this token alone, in a child process.
    pub fn engine(&self, sessions: usize) -> Engine {
        let source = SourceConfig::isolated(self.setup(sessions), worker(), pin());
        start(vec![source])
    }
}

/// SoftHSM itself, and the token.
pub fn setup(token: &TestToken, sessions: usize) -> ModuleSetup {
    ModuleSetup {
        limits: SessionLimits {
            sessions,
            ..SessionLimits::default()
        },
        ..ModuleSetup::new(module_path(), token.selector())
    }
}

/// The engine over SoftHSM itself, in a child process.
pub fn isolated(token: &TestToken) -> Engine {
    start(vec![SourceConfig::isolated(
        setup(token, 3),
        worker(),
        pin(),
    )])
}

/// Destroys both halves of the removal key of `scheme`.
pub fn destroy(token: &TestToken, scheme: &Scheme) {
    let open = token.open();
    let session = open.session(Access::Manage).unwrap();
    let name = KeySelector::label(scheme.default_label());
    for class in [KeyClass::Private, KeyClass::Public] {
        let key = session.find(class, &name).unwrap()[0];
        session.destroy(key).unwrap();
    }
}

/// Imports `key` as the removal key of its scheme.
pub fn imported(token: &TestToken, key: &PrivateKey) {
    let label = key.scheme().default_label();
    let spec = KeySpec::with_random_id(key.scheme(), &label).unwrap();
    keys::import(&token.open(), &spec, key).unwrap();
}

pub fn configured(sources: Vec<SourceConfig>) -> EngineConfig {
    let mut sources = sources.into_iter();
    let mut config = EngineConfig::new(sources.next().unwrap());
    config.sources.extend(sources);
    config.timing = quick();
    config
}

pub fn start(sources: Vec<SourceConfig>) -> Engine {
    Engine::start(configured(sources)).unwrap()
}

/// A private key outside of any token, made by openssl.
pub fn new_private_key(scheme: &Scheme) -> PrivateKey {
    PrivateKey::from_pem(&openssl_key(scheme)).unwrap()
}

/// The same in PEM.
pub fn openssl_key(scheme: &Scheme) -> String {
    let mut command = super::programs::openssl();
    command.arg("genpkey").arg("-algorithm");
    match scheme.title.strip_prefix("ECDSA ") {
        None => command.arg(scheme.name),
        Some(curve) => command
            .args(["ec", "-pkeyopt"])
            .arg(format!("ec_paramgen_curve:{curve}")),
    };
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// `count` different messages for each key.
pub fn requests(keys: &[Arc<Key>], count: usize) -> Vec<SignRequest> {
    let message = |number: usize, key: &Arc<Key>| SignRequest {
        key: Arc::clone(key),
        message: format!("message {number}").into_bytes(),
    };
    (0..count)
        .flat_map(|number| keys.iter().map(move |key| message(number, key)))
        .collect()
}

/// Checks each result that is a signature with an independent judge, and counts.
pub fn count_valid(requests: &[SignRequest], results: &[Result<Signature, EngineError>]) -> usize {
    assert_eq!(requests.len(), results.len());
    let valid = |request: &SignRequest, signature: &[u8]| {
        let key = &request.key;
        verified(key.scheme(), key.public_key(), &request.message, signature)
    };
    let signed = requests
        .iter()
        .zip(results)
        .filter_map(|(request, result)| {
            let signature = result.as_ref().ok()?;
            assert!(
                valid(request, &signature.bytes),
                "a wrong signature was released"
            );
            Some(())
        });
    signed.count()
}

/// Signs `count` messages with each key, and asserts that none is lost.
pub fn sign_all(engine: &Engine, count: usize) {
    let requests = requests(&engine.keys(), count);
    let results = engine.sign_batch(requests.clone(), patience());
    let failures: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
    assert!(failures.is_empty(), "{failures:?} {:?}", engine.health());
    assert_eq!(count_valid(&requests, &results), requests.len());
}

/// Waits until the health report is as wanted, at most for `limit`.
pub fn wait_for(engine: &Engine, limit: Duration, wanted: impl Fn(&Health) -> bool) -> Health {
    let until = Instant::now() + limit;
    loop {
        let health = engine.health();
        if wanted(&health) {
            return health;
        }
        assert!(Instant::now() < until, "{health:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn phase(health: &Health) -> Phase {
    health.sources[0].phase
}

/// How often a step of recovery was taken.
pub fn steps(engine: &Engine, step: mls_hsm_signer::failure::RecoveryStep) -> u64 {
    let health = engine.health();
    let steps = health.sources.iter().flat_map(|source| &source.steps);
    steps
        .filter(|(taken, _)| *taken == step)
        .map(|(_, n)| n)
        .sum()
}
