//! SIGTERM, SIGHUP and kill -9 under load, of the service and of the process that holds the
//! module.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mls_hsm_signer::api::RemovalsRequest;
use mls_hsm_signer::client::ClientError;
use rustix::process::{Signal, geteuid, kill_process};

use crate::support::{
    Load, Service, Setup, Wire, eventually, item, message, moment, runtime, times,
};

#[test]
fn sigterm_under_load_drops_nothing_that_was_accepted() {
    let rounds = times("MLS_SIGNER_TERMS", 3);
    let load = Load::default();
    let mut service = Setup::new().start();
    let sockets = [service.setup.socket()];
    for round in 0..rounds {
        let failures = load.on(&sockets, || {
            load.wait_beyond(load.count());
            moment(round);
            service.signal(Signal::TERM);
            assert_eq!(service.wait(), Some(0), "{}", service.log());
        });
        for failure in &failures {
            // Who was refused or was still in the backlog, which the kernel resets, was never
            // accepted. A request that was read and not answered ends in another way: the
            // connection is closed, not reset.
            let connect = failure.contains("(Connect)");
            assert!(connect || failure.contains("reset by peer"), "{failure}");
        }
        service.start_again();
        load.nothing_new_is_lost([&service]);
    }
    load.nothing_is_lost(&service);
    println!("SIGTERM {rounds} times, {} acknowledged", load.count());
}

/// It tries again what was refused, reset or cut off.
#[test]
fn a_client_does_not_notice_restarts() {
    let mut service = Setup::new().start();
    let client = service.client();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let runtime = runtime();
            for leaf in 0.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let request = RemovalsRequest {
                    removals: vec![item("ed25519", "group", leaf)],
                    ..RemovalsRequest::default()
                };
                let response = runtime.block_on(client.propose_removals(request));
                message(&response.unwrap().results[0]);
            }
        });
        for round in 0..3 {
            moment(round);
            service.signal(Signal::TERM);
            assert_eq!(service.wait(), Some(0), "{}", service.log());
            service.start_again();
        }
        over.store(true, Ordering::Relaxed);
        asking.join().unwrap();
    });
}

#[test]
fn kill_9_under_load_loses_no_record() {
    let rounds = times("MLS_SIGNER_KILLS", 4);
    let load = Load::default();
    let mut service = Setup::new().start();
    let sockets = [service.setup.socket()];
    for round in 0..rounds {
        load.on(&sockets, || {
            load.wait_beyond(load.count());
            moment(round);
            service.kill();
        });
        service.start_again();
        load.nothing_new_is_lost([&service]);
    }
    load.nothing_is_lost(&service);
    println!("kill -9 {rounds} times, {} acknowledged", load.count());
}

/// The service goes on without the module, and gets another process to hold it: what was
/// asked meanwhile is signed, or refused by the request's own deadline.
#[test]
fn a_module_killed_under_load_takes_nothing_with_it() {
    let rounds = times("MLS_SIGNER_KILLS", 6);
    let load = Load::default();
    let service = Setup::new().start();
    let sockets = [service.setup.socket()];
    let mut killed = 0;
    let failures = load.on(&sockets, || {
        for round in 0..rounds {
            load.wait_beyond(load.count());
            moment(round);
            let children = service.children();
            for child in &children {
                // It may have ended in this moment.
                killed += u32::from(kill_process(*child, Signal::KILL).is_ok());
            }
            // SoftHSM writes its token anew at each login, and has lost it when it is killed
            // in that moment: the next one is left to log in.
            eventually("another process signs", || {
                let others = service.children();
                let is_new = |child| !children.contains(child);
                others.iter().any(is_new) && service.wire().get("/readyz").status == 200
            });
        }
        load.wait_beyond(load.count());
    });
    for failure in &failures {
        let passing = ["hsm-unavailable", "deadline-passed"];
        assert!(passing.contains(&failure.as_str()), "{failure}");
    }
    assert!(killed >= rounds, "{killed} of {rounds}");
    let restarts = service.counted(
        "mls_hsm_signer_token_recovery_steps_total{tenant=\"example.com\",token=\"hsm-example.com\",\
         step=\"restart the module's process\"}",
    );
    assert!(restarts > 0, "no process was started anew");
    load.nothing_is_lost(&service);
    println!(
        "the module killed {killed} times, {restarts} restarts, {} acknowledged, {} refused",
        load.count(),
        failures.len()
    );
}

#[test]
fn sighup_under_load_refuses_and_resets_nobody() {
    let rounds = times("MLS_SIGNER_HANGUPS", 20);
    let load = Load::default();
    let service = Setup::new().start();
    let failures = load.on(&[service.setup.socket()], || {
        for round in 0..rounds {
            let before = load.count();
            service.signal(Signal::HUP);
            moment(round);
            load.wait_beyond(before);
        }
    });
    assert_eq!(failures, [""; 0]);
    load.nothing_is_lost(&service);
    println!("SIGHUP {rounds} times, {} acknowledged", load.count());
}

/// Neither one that has asked nothing yet, nor one between two requests.
#[test]
fn sighup_leaves_connections_of_those_who_may_still_ask() {
    let service = Setup::new().start();
    let [mut fresh, mut kept] = [service.wire(), service.wire()];
    assert_eq!(kept.get_next("/healthz").unwrap().status, 200);
    reload(&service, &service.setup.configuration(), "was taken over");
    // Longer than a connection that is to end waits for its last request.
    std::thread::sleep(Duration::from_secs(1));
    for wire in [&mut fresh, &mut kept] {
        let answer = wire.get_next("/healthz").expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(
            !answer.head.contains("connection: close"),
            "{}",
            answer.head
        );
    }
}

/// Asks without a pause until the connection ends: the last answer's status, and whether it said
/// that the connection ends.
fn last_answer(wire: &mut Wire) -> Option<(u16, bool)> {
    let answers = std::iter::from_fn(|| wire.get_next("/healthz"));
    let last = answers.last()?;
    Some((last.status, last.head.contains("connection: close")))
}

/// A client of HTTP/1.0 that wants to keep its connection is told one thing of it, and the truth.
#[test]
fn the_last_answer_of_http_1_0_says_that_the_connection_ends() {
    let mut setup = Setup::new();
    setup.more("[limits]\nconnection_ms = 1000");
    let service = setup.start();
    let last_head = |_| {
        let mut wire = service.wire();
        let heads = std::iter::from_fn(|| {
            wire.send(b"GET /healthz HTTP/1.0\r\nHost: signer\r\nConnection: keep-alive\r\n\r\n");
            Some(wire.read_next()?.head)
        });
        heads
            .last()
            .filter(|head| head.contains("connection: close"))
    };
    let head = (0..ATTEMPTS).find_map(last_head).expect("no last answer");
    assert!(!head.contains("keep-alive"), "{head}");
}

/// A connection that waits for its last request does so for a quarter of a second, and a loaded
/// machine may let a caller sleep for longer.
const ATTEMPTS: u32 = 5;

/// A caller that is removed is told so on its connection, and that it ends.
#[test]
fn sighup_ends_connections_of_those_who_may_ask_no_more() {
    let service = Setup::new().start();
    let own = format!("unix_uids = [{}]", geteuid().as_raw());
    let everything = service.setup.configuration();
    let other = everything.replace(&own, "unix_uids = [4711]");
    assert_ne!(other, everything);
    let told = (0..ATTEMPTS).any(|_| {
        reload(&service, &everything, "was taken over");
        let mut kept = service.wire();
        assert_eq!(kept.get_next("/healthz").unwrap().status, 200);
        service.setup.sandbox.write("signer.toml", &other, 0o600);
        service.signal(Signal::HUP);
        last_answer(&mut kept) == Some((403, true))
    });
    assert!(told, "it ended between two requests, {ATTEMPTS} times");
}

/// HTTP/1 has no other way to end between two requests without a reset.
#[test]
fn a_connection_that_is_too_old_says_so_before_it_ends() {
    let mut setup = Setup::new();
    setup.more("[limits]\nconnection_ms = 300\n");
    let service = setup.start();
    let told = (0..ATTEMPTS).filter(|_| last_answer(&mut service.wire()) == Some((200, true)));
    assert!(told.count() >= 3, "it ended between two requests");
}

#[test]
fn sighup_takes_over_callers_by_themselves() {
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
        "was not taken over",
    );
    served(&service, 3, "not-permitted");
    let other = service
        .setup
        .configuration()
        .replace("sessions = 4", "sessions = 5");
    reload(&service, &other, "was not taken over");
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
    service.signal(Signal::HUP);
    eventually(expected, || {
        service.log().matches(expected).count() > before
    });
}

fn served(service: &Service, leaf: u32, expected: &str) {
    let code = match service.propose(vec![item("ed25519", "group", leaf)]) {
        Ok(_) => "signed".to_owned(),
        Err(ClientError::Refused(problem)) => problem.code,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(code, expected);
}
