//! The load generator. No removal is asked for twice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mls_hsm_signer::Scheme;
use mls_hsm_signer::api::{RemovalItem, RemovalResult, RemovalsRequest};
use mls_hsm_signer::client::{ClientError, SignerClient};
use mls_hsm_signer::encoding::base64;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::host::Host;
use crate::voice::Failure;

/// Removals in the fairness contest, and in each of its batches.
const REMOVALS: usize = 4_000;
const BATCH: usize = 100;

/// Between two single removals of the other caller.
const PAUSE: Duration = Duration::from_millis(5);

/// Removals, the time that they took, and microseconds of each batch.
pub type Batches = (usize, Duration, Vec<u32>);

/// Milliseconds of each request of the two callers.
pub struct Fairness {
    pub batches: Vec<f64>,
    pub singles: Vec<f64>,
}

/// Milliseconds of each request, by stage; and without the engine's own time and the record.
pub struct Stages {
    pub by_name: BTreeMap<String, Vec<f64>>,
    pub beyond: Vec<f64>,
}

/// Callers of one service.
pub struct Load {
    runtime: Runtime,
    many: SignerClient,
    other: SignerClient,
    unix: SignerClient,
    connections: usize,
}

/// Numbers removals, of all loads of this process.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Load {
    pub fn new(host: &Host, connections: usize) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::Message(format!("no runtime: {error}")))?;
        Ok(Self {
            runtime,
            many: host.tls(0)?,
            other: host.tls(1)?,
            unix: host.unix()?,
            connections,
        })
    }

    /// Sends batches over mutual TLS for about `time`.
    pub fn batches(
        &self,
        scheme: &'static Scheme,
        batch: usize,
        time: Duration,
    ) -> Result<Batches, Failure> {
        let began = Instant::now();
        let calls = self.runtime.block_on(async {
            let mut senders = JoinSet::new();
            for _ in 0..self.connections {
                let client = self.many.clone();
                senders.spawn(async move {
                    let mut calls = Vec::new();
                    while began.elapsed() < time {
                        calls.push(asked(&client, scheme, batch).await?.as_micros() as u32);
                    }
                    Ok::<_, ClientError>(calls)
                });
            }
            all(senders).await
        });
        let calls = calls.map_err(Failure::Client)?;
        Ok((calls.len() * batch, began.elapsed(), calls))
    }

    /// One caller's batches, and single removals of another until they are done.
    pub fn batches_and_singles(&self, scheme: &'static Scheme) -> Result<Fairness, Failure> {
        static OVER: AtomicBool = AtomicBool::new(false);
        OVER.store(false, Ordering::Relaxed);
        let each = (REMOVALS / BATCH).div_ceil(self.connections);
        let answers = self.runtime.block_on(async {
            let single = self.other.clone();
            let singles = tokio::spawn(async move {
                let mut times = Vec::new();
                while !OVER.load(Ordering::Relaxed) {
                    times.push(milliseconds(asked(&single, scheme, 1).await?));
                    tokio::time::sleep(PAUSE).await;
                }
                Ok::<_, ClientError>(times)
            });
            let mut senders = JoinSet::new();
            for _ in 0..self.connections {
                let client = self.many.clone();
                senders.spawn(async move {
                    let mut times = Vec::new();
                    for _ in 0..each {
                        times.push(milliseconds(asked(&client, scheme, BATCH).await?));
                    }
                    Ok::<_, ClientError>(times)
                });
            }
            let batches = all(senders).await;
            OVER.store(true, Ordering::Relaxed);
            let singles = singles.await.map_err(lost)?;
            Ok::<_, ClientError>(Fairness {
                batches: batches?,
                singles: singles?,
            })
        });
        answers.map_err(Failure::Client)
    }

    /// Single removals over the Unix socket, one after the other.
    pub fn singles_by_stage(
        &self,
        scheme: &'static Scheme,
        count: usize,
    ) -> Result<Stages, Failure> {
        // Threads that hand a request to each other would be the generator's time.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Message(format!("no runtime: {error}")))?;
        let mut stages = Stages {
            by_name: BTreeMap::new(),
            beyond: Vec::new(),
        };
        for _ in 0..count {
            let request = request(scheme, 1);
            let began = Instant::now();
            let answer = runtime.block_on(self.unix.propose_once(&request));
            let whole = milliseconds(began.elapsed());
            let (_, timing) = answer.map_err(Failure::Client)?;
            let mut own = whole;
            for (name, time) in parsed(timing.as_deref().unwrap_or_default()) {
                if name == "sign" || name == "record" {
                    own -= time;
                }
                stages.by_name.entry(name).or_default().push(time);
            }
            stages
                .by_name
                .entry("round-trip".into())
                .or_default()
                .push(whole);
            stages.beyond.push(own);
        }
        Ok(stages)
    }
}

async fn all<T: 'static>(
    mut senders: JoinSet<Result<Vec<T>, ClientError>>,
) -> Result<Vec<T>, ClientError> {
    let mut all = Vec::new();
    while let Some(one) = senders.join_next().await {
        all.extend(one.map_err(lost)??);
    }
    Ok(all)
}

fn lost(error: tokio::task::JoinError) -> ClientError {
    ClientError::Unreachable(error.to_string())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn request(scheme: &Scheme, count: usize) -> RemovalsRequest {
    let first = NEXT.fetch_add(count as u64, Ordering::Relaxed);
    let group = format!("group {:026}", first / 1000);
    let item = |number: u64| RemovalItem {
        group_id: base64(group.as_bytes()),
        epoch: number,
        leaf_index: 1,
        signature_scheme: Some(scheme.name.into()),
        ..RemovalItem::default()
    };
    RemovalsRequest {
        removals: (first..first + count as u64).map(item).collect(),
        ..RemovalsRequest::default()
    }
}

/// Asks once; every removal must be signed.
async fn asked(
    client: &SignerClient,
    scheme: &Scheme,
    count: usize,
) -> Result<Duration, ClientError> {
    let request = request(scheme, count);
    let began = Instant::now();
    let (response, _) = client.propose_once(&request).await?;
    let time = began.elapsed();
    for result in response.results {
        if let RemovalResult::Refused { problem } = result {
            return Err(ClientError::Refused(Box::new(problem)));
        }
    }
    Ok(time)
}

/// The names and milliseconds of a Server-Timing header.
fn parsed(header: &str) -> Vec<(String, f64)> {
    let part = |part: &str| {
        let (name, time) = part.trim().split_once(";dur=")?;
        Some((name.to_owned(), time.parse().ok()?))
    };
    header.split(',').filter_map(part).collect()
}
