//! Two processes of the service on one PostgreSQL, which the test starts: either is killed
//! under load, and so is the database.

use mls_hsm_signer::api::RemovalResult;
use rustix::process::Signal;

use crate::support::{Cluster, Load, Service, Setup, item, message, moment, times};

/// Two services with the same tokens on one database.
fn replicas(cluster: &std::sync::Arc<Cluster>) -> [Service; 2] {
    let mut setup = Setup::new();
    setup.store(cluster.database().config());
    let other = setup.replica("other");
    [setup.start(), other.start()]
}

fn sockets(services: &[Service; 2]) -> [std::path::PathBuf; 2] {
    services.each_ref().map(|service| service.setup.socket())
}

/// The same removals asked of both at once: one signature each, the same bytes.
#[test]
fn replicas_answer_the_same_bytes() {
    let cluster = Cluster::start();
    let services = replicas(&cluster);
    let items: Vec<_> = (0..40).map(|leaf| item("ed25519", "g", leaf)).collect();
    let answers: Vec<Vec<RemovalResult>> = std::thread::scope(|scope| {
        let asking = services.each_ref().map(|service| {
            let items = items.clone();
            scope.spawn(move || service.propose(items).unwrap())
        });
        asking.map(|asking| asking.join().unwrap()).into()
    });
    for (one, other) in answers[0].iter().zip(&answers[1]) {
        assert_eq!(message(one), message(other));
    }
    let ours = services
        .each_ref()
        .map(|service| service.counted("mls_hsm_signer_store_claims_total{outcome=\"ours\"}"));
    println!("signed by each: {ours:?}");
    assert_eq!(ours[0] + ours[1], 40, "signed twice");
    for service in &services {
        assert_eq!(service.wire().get("/v1/audit/head").json()["sequence"], 40);
    }
    services[0].verify_audit();
}

#[test]
fn replicas_and_their_database_killed_under_load_lose_no_record() {
    let rounds = times("MLS_SIGNER_KILLS", 3);
    let load = Load::default();
    let cluster = Cluster::start();
    let mut services = replicas(&cluster);
    let sockets = sockets(&services);
    let mut refused = 0;
    for round in 0..rounds {
        let failures = load.on(&sockets, || {
            load.wait_beyond(load.count());
            moment(round);
            match round % 3 {
                2 => {
                    cluster.kill();
                    moment(round);
                    cluster.restart();
                }
                replica => {
                    let replica = &mut services[replica as usize];
                    replica.kill();
                    replica.start_again();
                }
            }
            load.wait_beyond(load.count());
        });
        refused += failures.len();
        for service in &mut services {
            service.wait_until_ready();
        }
        load.nothing_new_is_lost(&services);
    }
    for service in &services {
        load.nothing_is_lost(service);
    }
    println!(
        "{rounds} kills of replicas and PostgreSQL, {} acknowledged, {refused} refused",
        load.count()
    );
    for service in &mut services {
        service.signal(Signal::TERM);
        assert_eq!(service.wait(), Some(0), "{}", service.log());
    }
}
