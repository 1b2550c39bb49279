//! Attacks on the running program, one function each, and what others notice of them: the Unix
//! socket's requests and the supervisor's probe succeed while an attack lasts.
//!
//! Each lasts three seconds; `MLS_SIGNER_ATTACK_SECONDS` says otherwise.

mod bystander;
mod http2;
mod silence;
mod uploads;

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bystander::{ServiceLevel, watch};

use crate::support::{Authority, Service, Setup, times};

/// Where an attack is led, and until when.
pub struct Attack<'a> {
    pub target: SocketAddr,
    over: &'a AtomicBool,
}

impl Attack<'_> {
    pub fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }
}

/// Leads the attack while bystanders ask; all of them must be served.
fn under(
    service: &Service,
    target: SocketAddr,
    name: &str,
    attack: impl Fn(&Attack<'_>) + Sync,
) -> ServiceLevel {
    let until = Instant::now() + Duration::from_secs(times("MLS_SIGNER_ATTACK_SECONDS", 3).into());
    let over = AtomicBool::new(false);
    let level = std::thread::scope(|scope| {
        let attack = &attack;
        let over = &over;
        scope.spawn(move || attack(&Attack { target, over }));
        let level = watch(service, until);
        over.store(true, Ordering::Relaxed);
        level
    });
    println!("{name}: {level}");
    assert!(level.failures.is_empty(), "{name}: {:?}", level.failures);
    level
}

pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// A service whose attacker is a caller of its own, over TCP without TLS.
fn with_an_attacker(more: &str) -> (Service, SocketAddr) {
    let mut setup = Setup::new();
    let address = free_address();
    setup.listen(
        "plain",
        &format!("address = \"{address}\"\ncaller = \"attacker\"\ndevelopment = true"),
    );
    setup.more(more);
    let everything = setup.everything();
    setup.caller(&everything);
    setup.caller("name = \"attacker\"\ntenants = [\"example.com\"]\nmay = [\"propose-removals\"]");
    (setup.start(), address)
}

/// A service that also listens with mutual TLS.
fn with_tls(more: &str) -> (Service, SocketAddr) {
    let mut setup = Setup::new();
    let address = free_address();
    let authority = Authority::new("all");
    let roots = authority.write(&setup.sandbox, "roots.pem");
    let own = authority.issue(&setup.sandbox, "server", &["dns:localhost"]);
    setup.listen(
        "tls",
        &format!(
            "address = \"{address}\"\ncertificate = {:?}\nkey = {:?}\nclient_roots = {roots:?}",
            own.certificate, own.key
        ),
    );
    setup.more(more);
    (setup.start(), address)
}

#[test]
fn silent_sockets_before_tls_starve_nobody() {
    let (service, target) = with_tls("[limits]\nconnections = 100");
    under(&service, target, "silent sockets", silence::silent_sockets);
}

#[test]
fn silent_sockets_of_a_caller_starve_nobody_else() {
    let (service, target) =
        with_an_attacker("[limits]\nconnections = 100\nconnections_per_caller = 100");
    under(&service, target, "silent callers", silence::silent_sockets);
}

#[test]
fn whoever_says_nothing_is_sent_away() {
    let (service, target) = with_an_attacker("[limits]\nheader_ms = 1500");
    under(&service, target, "half prefaces", silence::half_prefaces);
    silence::ends(target, b"");
    silence::ends(target, b"PRI * HT");
    silence::ends(target, b"GET /healthz HT");
    silence::ends(target, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    silence::ends_between_requests(target);
    http2::ends_between_requests(target);
}

#[test]
fn stalled_uploads_of_one_caller_refuse_no_other() {
    let (service, target) = with_an_attacker("");
    under(&service, target, "stalled uploads", uploads::stalled);
}

#[test]
fn answers_that_nobody_reads_take_a_bounded_share_of_memory() {
    let (service, target) = with_an_attacker("[limits]\nwaiting = 200000");
    http2::prime(&service);
    let before = bystander::memory(&service);
    let level = under(&service, target, "zero window", http2::zero_window);
    let grown = level.memory - before;
    println!("zero window: {before} KiB before, {grown} KiB more at its highest");
    assert!(grown < 160 * 1024, "{grown} KiB");
}

#[test]
fn floods_of_http2_take_no_memory_and_starve_nobody() {
    let (service, target) = with_an_attacker("");
    let before = bystander::memory(&service);
    let floods: [(&str, fn(&Attack<'_>)); 5] = [
        ("rapid reset", http2::rapid_reset),
        ("continuation flood", http2::continuation_flood),
        ("ping flood", http2::ping_flood),
        ("settings flood", http2::settings_flood),
        ("long heads", http2::long_heads),
    ];
    for (name, flood) in floods {
        let grown = under(&service, target, name, flood).memory - before;
        assert!(grown < 64 * 1024, "{name}: {grown} KiB");
    }
}
