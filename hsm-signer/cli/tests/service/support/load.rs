//! Load from several callers, and what was acknowledged under it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mls_hsm_signer::api::{RemovalItem, RemovalResult};
use mls_hsm_signer::client::ClientError;

use super::service::{PATIENCE, Service, item, message, propose};

const CALLERS: u32 = 3;

/// Removals in a request.
const BATCH: u32 = 5;

/// One in so many requests is an earlier one again, at any replica.
const AGAIN: u32 = 4;

/// After a failure the caller waits, so that it does not only fail.
const PAUSE: Duration = Duration::from_millis(10);

const SCHEME: &str = "ecdsa_secp256r1_sha256";

/// How often, unless the environment says otherwise.
pub fn times(variable: &str, few: u32) -> u32 {
    let asked = std::env::var(variable).ok();
    asked.map_or(few, |asked| asked.parse().unwrap())
}

/// A moment in the course of things: short waits that differ.
pub fn moment(round: u32) {
    std::thread::sleep(Duration::from_millis(u64::from(20 + round * 37 % 180)));
}

/// Callers of a service or of its replicas. Each removal's leaf is its number.
#[derive(Default)]
pub struct Load {
    next: AtomicU32,
    /// The messages by leaf.
    acknowledged: Mutex<HashMap<u32, Vec<u8>>>,
    /// The leaves of those that nobody has looked at.
    new: Mutex<Vec<u32>>,
}

/// The removals of the leaves from `first` on.
fn batch(first: u32) -> Vec<RemovalItem> {
    let leaves = first..first + BATCH;
    leaves.map(|leaf| item(SCHEME, "g", leaf)).collect()
}

impl Load {
    /// Has removals proposed by three callers, each at any of the `sockets`, until `during`
    /// returns. Returns why requests and removals failed meanwhile.
    pub fn on(&self, sockets: &[PathBuf], during: impl FnOnce()) -> Vec<String> {
        let over = AtomicBool::new(false);
        let failures = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for caller in 0..CALLERS {
                let (over, failures) = (&over, &failures);
                scope.spawn(move || {
                    for number in caller.. {
                        if over.load(Ordering::Relaxed) {
                            return;
                        }
                        let socket = &sockets[number as usize % sockets.len()];
                        let failed = self.ask(socket, self.first(number));
                        if !failed.is_empty() {
                            failures.lock().unwrap().extend(failed);
                            std::thread::sleep(PAUSE);
                        }
                    }
                });
            }
            let _ending = Ending(&over);
            during();
        });
        failures.into_inner().unwrap()
    }

    /// The first leaf of the next request: a new one, or an earlier one again.
    fn first(&self, number: u32) -> u32 {
        let next = self.next.load(Ordering::Relaxed);
        if number % AGAIN == AGAIN - 1 && next > 0 {
            return number.wrapping_mul(7919) % (next / BATCH) * BATCH;
        }
        self.next.fetch_add(BATCH, Ordering::Relaxed)
    }

    /// Asks once. Returns what failed; what was acknowledged is kept, and is what it was
    /// before.
    fn ask(&self, socket: &Path, first: u32) -> Vec<String> {
        let results = match propose(socket, batch(first)) {
            Ok(results) => results,
            Err(ClientError::Unreachable(reason)) => return vec![reason],
            Err(ClientError::Refused(problem)) => return vec![problem.code],
            Err(other) => panic!("{other}"),
        };
        let mut failed = Vec::new();
        for (leaf, result) in (first..).zip(&results) {
            match result {
                RemovalResult::Signed(_) => self.keep(leaf, message(result)),
                RemovalResult::Refused { problem } => failed.push(problem.code.clone()),
            }
        }
        failed
    }

    fn keep(&self, leaf: u32, message: Vec<u8>) {
        let mut acknowledged = self.acknowledged.lock().unwrap();
        let before = acknowledged.insert(leaf, message);
        match before {
            Some(before) => assert_eq!(before, acknowledged[&leaf], "leaf {leaf}: other bytes"),
            None => self.new.lock().unwrap().push(leaf),
        }
    }

    /// How many removals were acknowledged.
    pub fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until there are so many more than `before`.
    pub fn wait_beyond(&self, before: usize) {
        let until = Instant::now() + PATIENCE;
        while self.count() <= before {
            assert!(Instant::now() < until, "nothing is acknowledged any more");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Asserts of what was acknowledged since the last time that each of the services answers
    /// it with the same bytes: of hundreds of rounds none takes longer than the first.
    pub fn nothing_new_is_lost<'a>(&self, services: impl IntoIterator<Item = &'a Service>) {
        let leaves = std::mem::take(&mut *self.new.lock().unwrap());
        for service in services {
            self.same_again(service, &leaves);
        }
    }

    fn same_again(&self, service: &Service, leaves: &[u32]) {
        let acknowledged = self.acknowledged.lock().unwrap();
        let ours = || service.counted("mls_hsm_signer_store_claims_total{outcome=\"ours\"}");
        let before = ours();
        for part in leaves.chunks(500) {
            let items = part.iter().map(|leaf| item(SCHEME, "g", *leaf));
            let again = service.propose(items.collect()).unwrap();
            for (leaf, result) in part.iter().zip(&again) {
                assert_eq!(&message(result), &acknowledged[leaf], "leaf {leaf}");
            }
        }
        assert_eq!(before, ours(), "an acknowledged removal was signed again");
    }

    /// Asserts that everything that was acknowledged is answered with the same bytes, that
    /// there is a record of it, and that the chain verifies.
    pub fn nothing_is_lost(&self, service: &Service) {
        let leaves: Vec<u32> = self.acknowledged.lock().unwrap().keys().copied().collect();
        self.same_again(service, &leaves);
        let head = service.wire().get("/v1/audit/head").json();
        let records = head["sequence"].as_u64().unwrap();
        let all = leaves.len() as u64;
        assert!(records >= all, "{records} records of {all}");
        service.verify_audit();
    }
}

/// Ends the callers, even where a test panics.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
