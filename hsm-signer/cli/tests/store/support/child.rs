//! A replica in a process of its own, which can be killed: this test program again.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mls_hsm_signer::audit::store::{RequestKey, Store, StoreConfig};
use mls_hsm_signer::encoding::hex;
use mls_hsm_signer::message::hash::sha256;

use super::{Key, settle_all, soon};

const URL: &str = "MLS_TEST_STORE_URL";
const PASSWORD: &str = "MLS_TEST_STORE_PASSWORD";
const SEED: &str = "MLS_TEST_STORE_SEED";

/// The requests that replicas make have these numbers.
pub const NUMBERS: u32 = 20_000;

/// Callers at once in a replica.
const CALLERS: u64 = 8;

/// Requests in a batch, at most.
const BATCH: u64 = 8;

/// What was acknowledged: the message's hash, by request.
pub type Acknowledged = HashMap<u32, String>;

/// The request of this number, as replicas make it.
pub fn request(number: u32) -> RequestKey {
    super::request(&Key::known(), number)
}

/// A replica that has requests settled as fast as it can, until it is killed.
pub struct Replica {
    process: Child,
    listener: JoinHandle<Heard>,
    seen: Arc<Mutex<u64>>,
}

/// What a replica said.
#[derive(Default)]
pub struct Heard {
    pub acknowledged: Vec<(u32, String)>,
    pub refused: u64,
}

impl Replica {
    pub fn start(config: &StoreConfig, seed: u64) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "support::child::replica",
            "--ignored",
            "--nocapture",
        ]);
        command.env(URL, &config.url).env(SEED, seed.to_string());
        if let Some(path) = &config.password_file {
            command.env(PASSWORD, path);
        }
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let seen: Arc<Mutex<u64>> = Arc::default();
        let counter = Arc::clone(&seen);
        let listener = std::thread::spawn(move || listen(out, &counter));
        Self {
            process,
            listener,
            seen,
        }
    }

    /// Waits until it has acknowledged so many requests.
    pub fn wait_for(&self, count: u64) {
        let begun = Instant::now();
        while *self.seen.lock().unwrap() < count {
            assert!(begun.elapsed() < Duration::from_secs(60), "no replica");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub fn seen(&self) -> u64 {
        *self.seen.lock().unwrap()
    }

    /// Kills it with SIGKILL; returns what it said before.
    pub fn kill(mut self) -> Heard {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.listener.join().unwrap()
    }
}

fn listen(out: impl BufRead, seen: &Mutex<u64>) -> Heard {
    let mut heard = Heard::default();
    // The last line may be cut off by the kill; what is not said whole was not said.
    for line in out.split(b'\n') {
        let line = String::from_utf8(line.unwrap()).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["ack", number, hash, "."] => {
                heard
                    .acknowledged
                    .push((number.parse().unwrap(), hash.into()));
                *seen.lock().unwrap() += 1;
            }
            ["refused"] => heard.refused += 1,
            _ => {}
        }
    }
    heard
}

/// Adds what was heard; the same request must have the same bytes always.
pub fn merge(all: &mut Acknowledged, heard: Heard) {
    for (number, hash) in heard.acknowledged {
        let before = all.insert(number, hash.clone());
        assert!(before.is_none_or(|before| before == hash), "{number}");
    }
}

/// Asserts that every acknowledged request is answered with the bytes that were acknowledged,
/// without a signature.
pub async fn assert_kept(store: &Store, all: &Acknowledged) {
    let key = Key::known();
    let numbers: Vec<u32> = all.keys().copied().collect();
    for numbers in numbers.chunks(500) {
        let requests: Vec<_> = numbers.iter().map(|number| request(*number)).collect();
        let answers = settle_all(store, &key, &requests, soon()).await;
        for (number, answer) in numbers.iter().zip(answers) {
            let hash = hex(&sha256(&answer.unwrap().message));
            assert_eq!(hash, all[number], "{number}");
        }
    }
    assert_eq!(key.signatures(), 0, "an acknowledged request was lost");
}

/// Not a test: what runs in a replica's process.
#[test]
#[ignore = "started by other tests"]
fn replica() {
    let Ok(url) = std::env::var(URL) else { return };
    let seed: u64 = std::env::var(SEED).unwrap().parse().unwrap();
    let mut config = StoreConfig::new(url);
    config.password_file = std::env::var_os(PASSWORD).map(Into::into);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Arc::new(Store::open(&config).await.unwrap());
        let key = Arc::new(Key::known());
        let callers = (0..CALLERS).map(|caller| {
            let (store, key) = (Arc::clone(&store), Arc::clone(&key));
            tokio::spawn(async move { call(&store, &key, seed * CALLERS + caller).await })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
    });
}

async fn call(store: &Store, key: &Key, seed: u64) {
    let mut random = Random(seed);
    loop {
        let count = 1 + random.next() % BATCH;
        let numbers: Vec<u32> = (0..count)
            .map(|_| (random.next() % u64::from(NUMBERS)) as u32)
            .collect();
        let requests: Vec<_> = numbers.iter().map(|number| request(*number)).collect();
        let deadline = Instant::now() + Duration::from_secs(5);
        let answers = settle_all(store, key, &requests, deadline).await;
        if answers.iter().any(Result::is_err) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut said = String::new();
        for (number, answer) in numbers.iter().zip(answers) {
            said.push_str(&match answer {
                Ok(answer) => format!("ack {number} {} .\n", hex(&sha256(&answer.message))),
                Err(_) => "refused\n".into(),
            });
        }
        if std::io::stdout().write_all(said.as_bytes()).is_err() {
            // Whoever started this is gone.
            std::process::exit(0);
        }
    }
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
