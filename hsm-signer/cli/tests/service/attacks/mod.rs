//! Attacks on the running program, one function each, and what others notice of them: the Unix
//! socket's requests and the supervisor's probe succeed while an attack lasts.
//!
//! Each lasts three seconds; `MLS_SIGNER_ATTACK_SECONDS` says otherwise.

mod bystander;
mod greed;
mod http2;
mod silence;
mod uploads;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bystander::{ServiceLevel, watch};
use mls_hsm_signer::client::tls::{self, TlsFiles};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tokio::net::TcpSocket;

use crate::support::{Authority, PATIENCE, Reply, Service, Setup, Wire, runtime, times};

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

type Flood = fn(&Attack<'_>);

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

/// A caller over mutual TLS that comes from another address than the attacker.
struct Elsewhere {
    address: SocketAddr,
    config: Arc<ClientConfig>,
}

impl Elsewhere {
    fn ask(&self) -> Reply {
        let stream = connect(Ipv4Addr::new(127, 0, 0, 2), self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        Wire(StreamOwned::new(connection, stream)).get("/healthz")
    }
}

/// Connects from this address.
fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let stream = runtime().block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        socket.connect(to).await?.into_std()
    })?;
    stream.set_nonblocking(false)?;
    Ok(stream)
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
    setup.caller(
        "name = \"attacker\"\ntenants = [\"example.com\"]\n\
         may = [\"propose-removals\", \"read-audit\"]",
    );
    (setup.start(), address)
}

/// A service that also listens with mutual TLS, and a caller there.
fn with_tls(more: &str) -> (Service, Elsewhere) {
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
    let leaf = authority.issue(&setup.sandbox, "caller", &["dns:caller.example"]);
    let files = TlsFiles {
        certificate: leaf.certificate,
        key: leaf.key,
        roots,
        revocation_lists: Vec::new(),
    };
    setup.more(more);
    let everything = setup.everything();
    setup.caller(&everything);
    setup.caller("name = \"elsewhere\"\nsans = [\"dns:caller.example\"]\nmay = []");
    let config = Arc::new(tls::client(&files).unwrap());
    (setup.start(), Elsewhere { address, config })
}

#[test]
fn silent_sockets_before_tls_starve_nobody() {
    let (service, elsewhere) =
        with_tls("[limits]\nconnections = 100\nhandshakes = 100\nhandshakes_per_address = 50");
    let attack = |attack: &Attack<'_>| {
        std::thread::scope(|scope| {
            scope.spawn(|| silence::silent_sockets(attack));
            let mut served = 0;
            while attack.goes_on() {
                assert_eq!(elsewhere.ask().status, 200);
                served += 1;
            }
            assert!(served > 0);
            println!("silent sockets: {served} requests from another address over TLS");
        });
    };
    under(&service, elsewhere.address, "silent sockets", attack);
    let refused = service.counted("mls_hsm_signer_refused_connections_total{listener=\"tls\"}");
    let failed = service.summed("mls_hsm_signer_failed_handshakes_total{listener=\"tls\"");
    println!("silent sockets: {refused} refused, {failed} handshakes failed");
    assert!(refused > 0);
    let lines = service.log().matches("beyond limits.").count();
    assert!(
        lines > 0 && (lines as u64) < refused,
        "{lines} of {refused}"
    );
}

/// Together they take all handshakes, and none has more than the bystander may have.
#[test]
fn strangers_of_many_addresses_starve_nobody() {
    let floods: [(&str, Flood); 2] = [
        ("silent addresses", silence::silent_sockets_of_many),
        ("half hellos", silence::half_hellos_of_many),
    ];
    for (name, flood) in floods {
        let (service, elsewhere) = with_tls("[limits]\nhandshakes = 100");
        let attack = |attack: &Attack<'_>| {
            std::thread::scope(|scope| {
                scope.spawn(|| flood(attack));
                let mut served = 0;
                while attack.goes_on() {
                    assert_eq!(elsewhere.ask().status, 200, "{name}");
                    served += 1;
                }
                assert!(served > 0);
                println!("{name}: {served} requests from another address over TLS");
            });
        };
        under(&service, elsewhere.address, name, attack);
        let given_way = "has most handshakes, and limits.handshakes is reached";
        assert!(service.log().contains(given_way), "{}", service.log());
    }
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
    assert!(grown < 64 * 1024, "{grown} KiB");
}

#[test]
fn unread_answers_of_callers_that_have_all_memory_starve_no_probe() {
    let all = "all_answer_bytes = 65536\nanswer_bytes_per_caller = 65536";
    let (service, target) = with_an_attacker(&format!("[limits]\n{all}"));
    http2::prime(&service);
    under(&service, target, "all memory", http2::zero_window_small);
}

#[test]
fn a_connection_whose_answers_nobody_reads_is_ended() {
    let (service, target) = with_an_attacker("[limits]\nanswer_ms = 1500");
    http2::prime(&service);
    http2::ends_unread(target);
    let mut wire = service.wire();
    wire.send(&http2::batch_by_http1());
    std::thread::sleep(Duration::from_secs(4));
    let reply = wire.read();
    assert!(!reply.body.ends_with(b"}"), "the whole answer was kept");
    assert!(service.log().contains("nobody reads its answers"));
}

#[test]
fn floods_of_http2_take_no_memory_and_starve_nobody() {
    let (service, target) = with_an_attacker("");
    let before = bystander::memory(&service);
    let floods: [(&str, Flood); 5] = [
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

/// A page is the dearest of all answers. The others' removals are looked up in the same database.
#[test]
fn pages_of_the_log_that_one_caller_asks_for_starve_nobody() {
    let floods: [(&str, Flood); 2] = [
        ("unread pages", greed::unread_pages),
        ("pages by HTTP/2", http2::pages),
    ];
    let (service, target) = with_an_attacker("");
    greed::prime(&service, 8);
    for (name, flood) in floods {
        let level = under(&service, target, name, flood);
        assert!(level.requests() >= 10, "{name}: {level}");
    }
}

/// What a batch takes while it is worked on is many times its answer.
#[test]
fn answers_that_are_read_take_a_bounded_share_of_memory() {
    let (service, target) = with_an_attacker("[limits]\nwaiting = 200000");
    greed::prime(&service, 1);
    let before = bystander::memory(&service);
    let level = under(&service, target, "long repeats", greed::long_repeats);
    let grown = level.memory - before;
    println!("long repeats: {before} KiB before, {grown} KiB more at its highest");
    assert!(grown < 64 * 1024, "{grown} KiB");
}
