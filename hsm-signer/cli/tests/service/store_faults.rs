//! A disk under the service that is full, fails, or does not sync: nothing is released, the
//! service says so, and goes on by itself when the fault ends.

use mls_fault_disk::{PreloadedDisk, Rule};
use mls_fault_module::built;
use mls_hsm_signer::client::ClientError;

use crate::support::{Load, Service, Setup, eventually, item, message, moment};

/// A service whose store is on a disk that fails when told.
fn service() -> (Service, PreloadedDisk) {
    let mut setup = Setup::new();
    let library = built("mls_fault_disk").unwrap();
    let directory = setup.sandbox.path("store");
    let control = setup.sandbox.path("disk-control");
    let disk = PreloadedDisk::new(&library, &directory, &control).unwrap();
    setup.environment.extend(disk.environment());
    setup.faults("example.com").set(&["C_Sign keep"]).unwrap();
    (setup.start(), disk)
}

fn refusal(service: &Service, leaf: u32) -> String {
    match service.propose(vec![item("ed25519", "g", leaf)]) {
        Err(ClientError::Refused(problem)) => problem.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failing_disk_releases_nothing_and_the_service_recovers() {
    let (service, disk) = service();
    let mut kept = Vec::new();
    for (round, rule) in (0..).zip(Rule::ALL) {
        let leaf = 10 * round;
        let results = service.propose(vec![item("ed25519", "g", leaf)]).unwrap();
        kept.push((leaf, message(&results[0])));
        let before = disk.failed();
        disk.set(Some(rule)).unwrap();
        // The first is signed and cannot be kept; the next are refused before the HSM is asked.
        assert_eq!(refusal(&service, leaf + 1), "store-unavailable", "{rule:?}");
        assert!(disk.failed() > before, "{rule:?} did not strike");
        let unready = service.wire().get("/readyz");
        assert_eq!(unready.code(), "store-unavailable", "{rule:?}");
        assert!(unready.head.to_lowercase().contains("retry-after: "));
        assert_eq!(service.wire().get("/healthz").status, 200);
        let signed = service.setup.proposals_signed("example.com");
        for leaf in leaf + 1..leaf + 5 {
            assert_eq!(refusal(&service, leaf), "store-unavailable", "{rule:?}");
        }
        assert_eq!(service.setup.proposals_signed("example.com"), signed);
        assert_eq!(service.counted("mls_hsm_signer_store_ready"), 0);
        disk.set(None).unwrap();
        eventually("ready again", || {
            service.wire().get("/readyz").status == 200
        });
        for (leaf, before) in &kept {
            let again = service.propose(vec![item("ed25519", "g", *leaf)]).unwrap();
            assert_eq!(&message(&again[0]), before, "{rule:?}");
        }
        println!("{rule:?}: refused and recovered");
    }
    assert_eq!(kept.len(), Rule::ALL.len());
    let head = service.wire().get("/v1/audit/head").json();
    assert_eq!(head["sequence"], kept.len());
    assert!(service.counted("mls_hsm_signer_store_recoveries_total") >= 5);
    service.verify_audit();
}

#[test]
fn faults_of_the_disk_under_load_lose_nothing_that_was_acknowledged() {
    let (mut service, disk) = service();
    let load = Load::default();
    let mut strikes = 0;
    for (round, rule) in (0..).zip(Rule::ALL) {
        let failures = load.on(&[service.setup.socket()], || {
            load.wait_beyond(load.count());
            moment(round);
            let before = disk.failed();
            disk.set(Some(rule)).unwrap();
            eventually("struck", || disk.failed() > before);
            moment(round);
            disk.set(None).unwrap();
            load.wait_beyond(load.count());
            strikes += 1;
        });
        for failure in &failures {
            let passing = ["store-unavailable", "deadline-passed"];
            assert!(passing.contains(&failure.as_str()), "{rule:?}: {failure}");
        }
        load.nothing_is_lost(&service);
    }
    assert_eq!(strikes, Rule::ALL.len());
    service.kill();
    service.start_again();
    load.nothing_is_lost(&service);
    println!("{strikes} faults under load, {} acknowledged", load.count());
}
