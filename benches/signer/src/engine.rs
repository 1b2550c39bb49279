//! The engine, with the module in this process and in a child process.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_hsm_signer::engine::{Engine, EngineConfig, SignRequest, SourceConfig};
use mls_hsm_signer::isolation::Worker;

use crate::Failure;
use crate::contest::{Contender, Contest};
use crate::sandbox::Sandbox;
use crate::verification::{MESSAGE, Signed};

/// No signature may take longer.
const LIMIT: Duration = Duration::from_secs(60);

pub fn contenders(
    sandbox: &Sandbox,
    module: &Path,
    contest: &Contest,
) -> Result<[Contender; 2], Failure> {
    let setup = sandbox.setup(module, contest.sessions);
    let inside = SourceConfig::in_process(setup.clone(), sandbox.pin()?);
    let outside = SourceConfig::isolated(setup, Worker::this_program()?, sandbox.pin()?);
    Ok([
        contender("in-process", inside, contest)?,
        contender("isolated", outside, contest)?,
    ])
}

/// An engine of one caller, who asks for one signature at a time or for batches.
fn contender(
    name: &'static str,
    source: SourceConfig,
    contest: &Contest,
) -> Result<Contender, Failure> {
    let engine = Engine::start(EngineConfig::new(source))?;
    let key = engine.current_key(contest.scheme)?;
    let batch = contest.batch;
    let call = move |_| {
        let deadline = Instant::now() + LIMIT;
        if batch == 1 {
            return Ok(vec![Signed::InMls(engine.sign(&key, &MESSAGE, deadline)?)]);
        }
        let request = SignRequest {
            key: Arc::clone(&key),
            message: MESSAGE.to_vec(),
        };
        let signatures = engine
            .sign_batch(vec![request; batch], deadline)
            .into_iter();
        let signed = signatures.map(|signature| signature.map(|made| Signed::InMls(made.bytes)));
        Ok(signed.collect::<Result<_, _>>()?)
    };
    Ok(Contender {
        name,
        sessions: contest.sessions,
        batch,
        callers: 1,
        call: Box::new(call),
    })
}
