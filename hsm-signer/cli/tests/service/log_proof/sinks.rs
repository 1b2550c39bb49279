//! Where checkpoints go beside the database: the service's own log, syslog, a collector, a file; and what
//! becomes of sinks that hang or keep nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use mls_hsm_signer::api::{REMOVALS_PATH, RemovalsRequest};
use rustix::process::Signal;

use super::{ROLLED_BACK, TENANT, edit, path, propose, setup, started};
use crate::support::{Setup, eventually, item, refusal};

/// The log of the service holds whole checkpoints too, between other lines.
#[test]
fn the_service_s_own_log_shows_that_the_end_was_cut_off() {
    let mut service = started(setup());
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    let log = service.setup.sandbox.write("log", &service.log(), 0o600);
    let arguments = ["--checkpoints", path(&log)];
    assert_eq!(
        service.setup.audit_verify(&arguments).status.code(),
        Some(0)
    );
    edit(&service.setup, ROLLED_BACK);
    let output = service.setup.audit_verify(&arguments);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let nothing = service
        .setup
        .sandbox
        .write("nothing", "no checkpoint\n", 0o600);
    let output = service
        .setup
        .audit_verify(&["--checkpoints", path(&nothing)]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn checkpoints_go_to_syslog() {
    let mut setup = Setup::new();
    let socket = setup.sandbox.path("syslog");
    let syslog = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    setup.more(&format!(
        "[audit]\ncheckpoint_seconds = 1\ncheckpoint_sink = \"syslog:{}\"",
        socket.display()
    ));
    let service = setup.start();
    propose(&service, 0..1);
    syslog
        .set_read_timeout(Some(crate::support::PATIENCE))
        .unwrap();
    let mut datagram = [0; 4096];
    let length = syslog.recv(&mut datagram).unwrap();
    let said = std::str::from_utf8(&datagram[..length]).unwrap();
    let kept = service.setup.sandbox.write("kept", said, 0o600);
    let output = service.setup.audit_verify(&["--checkpoints", path(&kept)]);
    assert_eq!(output.status.code(), Some(0), "{said} {output:?}");
}

/// Nobody reads what the socket has taken, and it takes no more.
#[test]
fn a_syslog_that_is_not_read_stops_no_checkpoint() {
    let mut setup = Setup::new();
    let socket = setup.sandbox.path("syslog");
    let _syslog = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    let other = std::os::unix::net::UnixDatagram::unbound().unwrap();
    other.set_nonblocking(true).unwrap();
    while other.send_to(b"filler", &socket).is_ok() {}
    setup.more(&format!(
        "[audit]\ncheckpoint_seconds = 1\ncheckpoint_sink = \"syslog:{}\"",
        socket.display()
    ));
    let mut service = setup.start();
    for round in 1..=2 {
        propose(&service, round..round + 1);
        eventually("a checkpoint, and an alarm", || {
            let log = service.log();
            log.matches("checkpoint signed").count() as u32 >= round
                && log.matches("ALARM: a checkpoint did not leave").count() as u32 >= round
        });
    }
    assert!(service.counted("mls_hsm_signer_checkpoint_sink_failures_total") >= 2);
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
}

/// The collector takes a connection and says nothing.
#[test]
fn a_silent_collector_keeps_no_service_from_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut setup = Setup::new();
    let tenants = [TENANT, "b.example", "c.example", "d.example"];
    for tenant in &tenants[1..] {
        setup.tenant(tenant);
    }
    setup.more(&format!(
        "[limits]\ndrain_ms = 15000\n[audit]\ncheckpoint_seconds = 3600\n\
         checkpoint_sink = \"http://{address}/checkpoints\""
    ));
    let mut service = setup.start();
    for tenant in tenants {
        let request = RemovalsRequest {
            tenant: Some(tenant.into()),
            removals: vec![item("ed25519", "group", 1)],
            ..RemovalsRequest::default()
        };
        let body = serde_json::to_vec(&request).unwrap();
        assert_eq!(service.wire().post(REMOVALS_PATH, &body).status, 200);
    }
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    let log = service.log();
    assert_eq!(log.matches("checkpoint signed").count(), tenants.len());
    assert_eq!(log.matches("ALARM").count(), tenants.len(), "{log}");
}

#[test]
fn a_sink_that_keeps_nothing_or_is_another_s_file_is_refused() {
    let setup = Setup::new();
    let path = |name: &str| setup.sandbox.path(name);
    let made = std::process::Command::new("mkfifo")
        .arg(path("fifo"))
        .status();
    assert!(made.unwrap().success());
    std::fs::create_dir(path("directory")).unwrap();
    std::os::unix::fs::symlink(path("pin"), path("link")).unwrap();
    for (sink, reason) in [
        ("/dev/null".into(), "is no regular file"),
        ("/dev/full".into(), "is no regular file"),
        (path("fifo"), "is no regular file"),
        (path("directory"), "irectory"),
        (path("signer.toml"), "is the configuration"),
        (path("store/audit.db"), "is the database's"),
        (path("store/audit.db-wal"), "is the database's"),
        (path("pin"), "is a PIN's"),
        (path("link"), "is a PIN's"),
    ] {
        let mut setup = setup.clone();
        setup.more(&format!(
            "[audit]\ncheckpoint_sink = \"file:{}\"",
            sink.display()
        ));
        let said = refusal(&setup);
        assert!(said.contains(reason), "{sink:?}: {said}");
        let mut check = setup.sandbox.command(&["serve", "--check", "--config"]);
        let output = check.arg(setup.write()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{sink:?}: {output:?}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains(reason), "{sink:?}: {said}");
    }
}

/// A collector of logs that refuses the first line that it is sent; what it took then.
fn collector(listener: TcpListener) -> String {
    for status in ["503 Service Unavailable", "204 No Content"] {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {
            let field = line.trim().to_lowercase();
            if let Some(value) = field.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n\r\n").unwrap();
        if status.starts_with('2') {
            return String::from_utf8(body).unwrap();
        }
    }
    unreachable!("the second line is taken")
}

#[test]
fn checkpoints_go_to_a_collector_and_again_when_it_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut setup = Setup::new();
    setup.more(&format!(
        "[audit]\ncheckpoint_seconds = 1\ncheckpoint_sink = \"http://{address}/checkpoints\""
    ));
    let service = setup.start();
    propose(&service, 0..1);
    let said = collector(listener);
    assert!(service.log().contains("503"), "{}", service.log());
    let kept = service.setup.sandbox.write("kept", &said, 0o600);
    let output = service.setup.audit_verify(&["--checkpoints", path(&kept)]);
    assert_eq!(output.status.code(), Some(0), "{said} {output:?}");
}
