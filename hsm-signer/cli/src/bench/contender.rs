//! The contenders: a bare module, the engine in this process, the engine isolated.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_hsm_signer::engine::{
    Engine, EngineConfig, Key, KeyChoice, SignRequest, SourceConfig, Timing,
};
use mls_hsm_signer::isolation::{ModuleSetup, Worker};
use mls_hsm_signer::quirks::SigningPlan;
use mls_hsm_signer::token::{Access, KeyClass, SessionLimits};
use mls_hsm_signer::{
    Error, HsmSigner, KeySelector, Module, ObjectHandle, Pkcs11Token, Scheme, Token,
};
use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;

use super::sandbox::Sandbox;
use super::timing::Samples;
use crate::voice::Failure;

/// As long as what is signed for an external proposal.
const MESSAGE: [u8; 150] = [0x5a; 150];

/// What is compared.
pub struct Contest<'a> {
    pub scheme: &'static Scheme,
    pub module: &'static str,
    pub path: &'a Path,
    /// The engine's sessions.
    pub sessions: usize,
    /// Those with which the bare module is tried; its best rate counts.
    pub bare_sessions: &'a [usize],
    /// Messages that the engine is given at once.
    pub batch: usize,
}

pub enum Contender {
    Bare(Bare),
    Engine(Ours),
}

/// The module as it is: threads, each with a session, that hash and sign.
pub struct Bare {
    token: Arc<dyn Token>,
    key: ObjectHandle,
    plan: SigningPlan,
    sessions: usize,
}

/// The engine: every signature verified.
pub struct Ours {
    name: &'static str,
    engine: Engine,
    key: Arc<Key>,
    sessions: usize,
    batch: usize,
}

impl Contender {
    /// The bare module, with each number of sessions.
    pub fn bare(contest: &Contest<'_>, sandbox: &Sandbox) -> Result<Vec<Self>, Failure> {
        let mut all = Vec::new();
        for sessions in contest.bare_sessions {
            all.push(Self::Bare(Bare::open(contest, sandbox, *sessions)?));
        }
        Ok(all)
    }

    /// The bare module and the engine in both ways.
    pub fn all(contest: &Contest<'_>, sandbox: &Sandbox) -> Result<Vec<Self>, Failure> {
        let mut all = Self::bare(contest, sandbox)?;
        let setup = setup(contest, sandbox, contest.sessions);
        let pin = sandbox.pin()?;
        let inside = SourceConfig::in_process(setup.clone(), pin);
        let outside = SourceConfig::isolated(setup, Worker::this_program()?, sandbox.pin()?);
        all.push(Self::Engine(Ours::open("in-process", inside, contest)?));
        all.push(Self::Engine(Ours::open("isolated", outside, contest)?));
        Ok(all)
    }

    pub fn is_bare(&self) -> bool {
        matches!(self, Self::Bare(_))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Bare(_) => "bare",
            Self::Engine(ours) => ours.name,
        }
    }

    pub fn sessions(&self) -> usize {
        match self {
            Self::Bare(bare) => bare.sessions,
            Self::Engine(ours) => ours.sessions,
        }
    }

    /// Messages in a call.
    pub fn batch(&self) -> usize {
        match self {
            Self::Bare(_) => 1,
            Self::Engine(ours) => ours.batch,
        }
    }

    /// Signs for about `time`.
    pub fn run(&self, time: Duration, samples: &mut Samples) -> Result<(), Failure> {
        let began = Instant::now();
        let calls = match self {
            Self::Bare(bare) => bare.run(began + time)?,
            Self::Engine(ours) => ours.run(began + time)?,
        };
        samples.add(calls.len() * self.batch(), began.elapsed(), calls);
        Ok(())
    }
}

fn setup(contest: &Contest<'_>, sandbox: &Sandbox, sessions: usize) -> ModuleSetup {
    ModuleSetup {
        limits: SessionLimits {
            sessions,
            ..SessionLimits::default()
        },
        ..ModuleSetup::new(contest.path, sandbox.selector())
    }
}

impl Bare {
    fn open(contest: &Contest<'_>, sandbox: &Sandbox, sessions: usize) -> Result<Self, Error> {
        let setup = setup(contest, sandbox, sessions);
        let module = Module::load(&setup.module)?;
        let token = Pkcs11Token::open_with(&module, &setup.token, &sandbox.pin()?, setup.limits)?;
        let token: Arc<dyn Token> = Arc::new(token);
        let name = KeySelector::label(contest.scheme.default_label());
        let signer = HsmSigner::open(Arc::clone(&token), &name)?;
        let found = token.session(Access::Use)?.find(KeyClass::Private, &name)?;
        let plan = signer.plan();
        let ([key], plan) = (found.as_slice(), plan) else {
            return Err(Error::Setup("the bench's key is not there".into()));
        };
        Ok(Self {
            key: *key,
            plan,
            token,
            sessions,
        })
    }

    fn run(&self, until: Instant) -> Result<Vec<u32>, Error> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.sessions)
                .map(|_| scope.spawn(|| self.run_session(until)))
                .collect();
            let joined = threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or(Err(Error::Stopped)));
            Ok(joined.collect::<Result<Vec<_>, _>>()?.concat())
        })
    }

    fn run_session(&self, until: Instant) -> Result<Vec<u32>, Error> {
        let session = self.token.session(Access::Use)?;
        let crypto = HwCrypto::default();
        let mut calls = Vec::new();
        while Instant::now() < until {
            let began = Instant::now();
            match self.plan {
                SigningPlan::Message(mechanism) => session.sign(self.key, mechanism, &MESSAGE)?,
                SigningPlan::Digest(hash, mechanism) => {
                    let digest = crypto.hash(hash, &MESSAGE);
                    let digest = digest.map_err(|_| Error::Setup("no hash".into()))?;
                    session.sign(self.key, mechanism, &digest)?
                }
            };
            calls.push(began.elapsed().as_micros() as u32);
        }
        Ok(calls)
    }
}

impl Ours {
    fn open(
        name: &'static str,
        source: SourceConfig,
        contest: &Contest<'_>,
    ) -> Result<Self, Error> {
        let label = contest.scheme.default_label();
        let engine = Engine::start(EngineConfig {
            keys: KeyChoice::Named(vec![KeySelector::label(label)]),
            timing: Timing {
                // Nothing else is to run while another contender has its turn.
                probe_interval: Duration::from_secs(3600),
                ..Timing::default()
            },
            ..EngineConfig::new(source)
        })?;
        Ok(Self {
            name,
            key: engine.current_key(contest.scheme)?,
            engine,
            sessions: contest.sessions,
            batch: contest.batch,
        })
    }

    fn run(&self, until: Instant) -> Result<Vec<u32>, Error> {
        let mut calls = Vec::new();
        while Instant::now() < until {
            let deadline = Instant::now() + Duration::from_secs(60);
            let began = Instant::now();
            if self.batch == 1 {
                self.engine.sign(&self.key, &MESSAGE, deadline)?;
            } else {
                let request = SignRequest {
                    key: Arc::clone(&self.key),
                    message: MESSAGE.to_vec(),
                };
                let results = self.engine.sign_batch(vec![request; self.batch], deadline);
                results.into_iter().collect::<Result<Vec<_>, _>>()?;
            }
            calls.push(began.elapsed().as_micros() as u32);
        }
        Ok(calls)
    }
}
