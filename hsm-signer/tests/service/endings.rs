//! SIGTERM, SIGHUP and kill -9 under load.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use mls_hsm_signer::api::RemovalResult;
use mls_hsm_signer::client::ClientError;

use crate::support::{Service, Setup, item, message};

/// How often, unless the environment says otherwise.
fn times(variable: &str, few: u32) -> u32 {
    let asked = std::env::var(variable).ok();
    asked.map_or(few, |asked| asked.parse().unwrap())
}

/// Has removals proposed by three threads, each anew, until `during` returns. What was
/// acknowledged is kept by leaf.
fn under_load(
    service: &Service,
    next: &AtomicU32,
    acknowledged: &Mutex<HashMap<u32, Vec<u8>>>,
    during: impl FnOnce(),
) -> Vec<String> {
    let over = AtomicBool::new(false);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let leaf = next.fetch_add(5, Ordering::Relaxed);
                    let items =
                        (leaf..leaf + 5).map(|leaf| item("ecdsa_secp256r1_sha256", "g", leaf));
                    match service.propose(items.collect()) {
                        Ok(results) => {
                            let mut acknowledged = acknowledged.lock().unwrap();
                            for (leaf, result) in (leaf..).zip(&results) {
                                match result {
                                    RemovalResult::Signed(_) => {
                                        acknowledged.insert(leaf, message(result));
                                    }
                                    RemovalResult::Refused { problem } => {
                                        failures.lock().unwrap().push(problem.code.clone());
                                    }
                                }
                            }
                        }
                        Err(ClientError::Unreachable(reason)) => {
                            failures.lock().unwrap().push(reason);
                            return;
                        }
                        Err(other) => failures.lock().unwrap().push(other.to_string()),
                    }
                }
            });
        }
        during();
        over.store(true, Ordering::Relaxed);
    });
    failures.into_inner().unwrap()
}

/// Everything that was acknowledged is answered with the same bytes, and the chain verifies.
fn nothing_is_lost(service: &Service, acknowledged: &Mutex<HashMap<u32, Vec<u8>>>) {
    let acknowledged = acknowledged.lock().unwrap();
    let leaves: Vec<u32> = acknowledged.keys().copied().collect();
    for part in leaves.chunks(500) {
        let items = part
            .iter()
            .map(|leaf| item("ecdsa_secp256r1_sha256", "g", *leaf));
        let again = service.propose(items.collect()).unwrap();
        for (leaf, result) in part.iter().zip(&again) {
            assert_eq!(&message(result), &acknowledged[leaf], "leaf {leaf}");
        }
    }
    let records = service.wire().get("/v1/audit/head").json()["sequence"]
        .as_u64()
        .unwrap();
    assert!(
        records >= leaves.len() as u64,
        "{records} records of {}",
        leaves.len()
    );
    service.verify_audit();
}

/// Short waits that differ.
fn moment(round: u32) -> Duration {
    Duration::from_millis(u64::from(20 + round * 37 % 180))
}

#[test]
fn sigterm_under_load_drops_nothing_that_was_accepted() {
    let rounds = times("MLS_SIGNER_TERMS", 3);
    let (next, acknowledged) = (AtomicU32::new(0), Mutex::default());
    let mut service = Setup::new().start();
    for round in 0..rounds {
        let failures = under_load(&service, &next, &acknowledged, || {
            std::thread::sleep(moment(round));
            service.signal(rustix::process::Signal::TERM);
            std::thread::sleep(Duration::from_millis(300));
        });
        for failure in &failures {
            // Refused to connect is no request accepted; an answer that broke off is.
            let refused = ["No such file", "refused", "connect"];
            assert!(
                refused.iter().any(|text| failure.contains(text)),
                "{failure}"
            );
        }
        assert_eq!(service.wait(), Some(0), "{}", service.log());
        service = service.start_again();
        nothing_is_lost(&service, &acknowledged);
    }
    println!(
        "SIGTERM {rounds} times, {} acknowledged",
        acknowledged.lock().unwrap().len()
    );
    assert!(!acknowledged.lock().unwrap().is_empty());
}

#[test]
fn kill_9_under_load_loses_no_record() {
    let rounds = times("MLS_SIGNER_KILLS", 4);
    let (next, acknowledged) = (AtomicU32::new(0), Mutex::default());
    let mut service = Setup::new().start();
    for round in 0..rounds {
        under_load(&service, &next, &acknowledged, || {
            std::thread::sleep(moment(round));
            service.signal(rustix::process::Signal::KILL);
        });
        service.wait();
        service = service.start_again();
        nothing_is_lost(&service, &acknowledged);
    }
    println!(
        "kill -9 {rounds} times, {} acknowledged",
        acknowledged.lock().unwrap().len()
    );
    assert!(!acknowledged.lock().unwrap().is_empty());
}

#[test]
fn sighup_takes_over_callers_or_nothing() {
    let mut setup = Setup::new();
    let everything = setup.everything();
    setup.caller(&everything);
    let mut service = setup.start();
    served(&service, 1, "signed");
    service
        .setup
        .caller("name = \"galley\"\nsans = [\"dns:galley.example\"]\nmay = []");
    let more = service
        .setup
        .configuration()
        .replace("\"propose-removals\", ", "");
    reload(&service, &more, "was taken over");
    served(&service, 2, "not-permitted");
    reload(
        &service,
        &more.replace("[store]", "[store]\nunknown = 1"),
        "stays as it was",
    );
    served(&service, 3, "not-permitted");
    let other = service
        .setup
        .configuration()
        .replace("sessions = 4", "sessions = 5");
    reload(&service, &other, "stays as it was");
    let first = service.setup.configuration();
    reload(&service, &first, "was taken over");
    served(&service, 4, "signed");
}

fn reload(service: &Service, configuration: &str, expected: &str) {
    let before = service.log().matches(expected).count();
    service
        .setup
        .sandbox
        .write("signer.toml", configuration, 0o600);
    service.signal(rustix::process::Signal::HUP);
    for _ in 0..500 {
        if service.log().matches(expected).count() > before {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{expected:?} was never said: {}", service.log());
}

fn served(service: &Service, leaf: u32, expected: &str) {
    let code = match service.propose(vec![item("ed25519", "group", leaf)]) {
        Ok(_) => "signed".to_owned(),
        Err(ClientError::Refused(problem)) => problem.code,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(code, expected);
}
