//! Who is served while others attack: a caller on the Unix socket, and the supervisor's probe.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mls_hsm_signer::api::RemovalResult;

use crate::support::{Service, item};

/// Between two requests of a bystander.
const PAUSE: Duration = Duration::from_millis(20);

/// What the bystanders got.
pub struct ServiceLevel {
    requests: Vec<Duration>,
    probes: Vec<Duration>,
    /// Why requests and probes failed.
    pub failures: Vec<String>,
    /// The most memory that the service had so far, in KiB.
    pub memory: u64,
}

/// Asks and probes until then.
pub fn watch(service: &Service, until: Instant) -> ServiceLevel {
    let mut level = ServiceLevel {
        requests: Vec::new(),
        probes: Vec::new(),
        failures: Vec::new(),
        memory: 0,
    };
    while Instant::now() < until {
        for _ in 0..4 {
            let (time, asked) = timed(|| ask(service));
            level.requests.push(time);
            level.failures.extend(asked.err());
            std::thread::sleep(PAUSE);
        }
        let (time, probed) = timed(|| probe(service));
        level.probes.push(time);
        level.failures.extend(probed.err());
    }
    level.memory = memory(service);
    level
}

impl ServiceLevel {
    /// How many removals were asked for.
    pub fn requests(&self) -> usize {
        self.requests.len()
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let done = work();
    (began.elapsed(), done)
}

/// Each removal is another one, which has to be looked up, signed and recorded.
fn ask(service: &Service) -> Result<(), String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let leaf = NEXT.fetch_add(1, Ordering::Relaxed);
    let results = service.propose(vec![item("ed25519", "bystander", leaf)]);
    match results.map_err(|error| error.to_string())?.as_slice() {
        [RemovalResult::Signed(_)] => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// As deploy/helm probes.
fn probe(service: &Service) -> Result<(), String> {
    let mut command = service.setup.sandbox.command(&["status", "--server"]);
    command.arg(format!("unix:{}", service.setup.socket().display()));
    let output = command.output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The most memory that the service had so far, in KiB.
pub fn memory(service: &Service) -> u64 {
    let path = format!("/proc/{}/status", service.pid().as_raw_nonzero());
    let status = std::fs::read_to_string(path).unwrap();
    let highest = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = highest.unwrap().trim().split(' ').next().unwrap();
    number.parse().unwrap()
}

impl fmt::Display for ServiceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p99 = |times: &[Duration]| {
            let mut times = times.to_vec();
            times.sort();
            times[(times.len() * 99).div_ceil(100) - 1]
        };
        let (requests, probes) = (self.requests.len(), self.probes.len());
        write!(
            f,
            "{requests} requests, p99 {:?}; {probes} probes, p99 {:?}; {} failed; at most {} KiB",
            p99(&self.requests),
            p99(&self.probes),
            self.failures.len(),
            self.memory
        )
    }
}
