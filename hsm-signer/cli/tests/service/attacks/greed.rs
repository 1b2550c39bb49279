//! Requests that are in order, and are too many.

use std::io::{ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

use mls_hsm_signer::api::{REMOVALS_PATH, RemovalItem, RemovalsRequest};

use super::Attack;
use crate::support::{Service, item};

/// Connections at a time.
const CONNECTIONS: usize = 60;

/// Removals in a batch.
const BATCH: u32 = 300;

/// Requests that are sent on a connection before an answer is read.
const PIPELINED: usize = 16;

/// How much of the log is asked for.
pub const PAGE: &str = "/v1/audit/records?count=1000";

/// Removals from groups with ids that are nearly as long as they may be.
fn batch(number: u32) -> Vec<u8> {
    let group = "g".repeat(1000);
    let leaf = |leaf| -> RemovalItem { item("ed25519", &group, number * BATCH + leaf) };
    let request = RemovalsRequest {
        removals: (0..BATCH).map(leaf).collect(),
        ..RemovalsRequest::default()
    };
    serde_json::to_vec(&request).unwrap()
}

/// Has so many batches signed.
pub fn prime(service: &Service, batches: u32) {
    for number in 0..batches {
        let reply = service.wire().post(REMOVALS_PATH, &batch(number));
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

/// Has many connections do the same, each again and again.
fn many(attack: &Attack<'_>, work: impl Fn() -> Result<()> + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                while attack.goes_on() {
                    // It may be ended at any point, and then is begun anew.
                    let _ = work();
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
        }
    });
}

/// Asks for page after page of the log, and reads nothing.
pub fn unread_pages(attack: &Attack<'_>) {
    let request = format!("GET {PAGE} HTTP/1.1\r\nHost: s\r\n\r\n").repeat(PIPELINED);
    many(attack, || {
        let mut stream = TcpStream::connect(attack.target)?;
        stream.write_all(request.as_bytes())?;
        while attack.goes_on() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    });
}

/// Asks for what was signed before, and reads the answers.
pub fn long_repeats(attack: &Attack<'_>) {
    let body = batch(0);
    let head = format!(
        "POST {REMOVALS_PATH} HTTP/1.1\r\nHost: s\r\nConnection: close\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    many(attack, || {
        let mut stream = TcpStream::connect(attack.target)?;
        stream.set_read_timeout(Some(Duration::from_millis(100)))?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)?;
        let mut part = vec![0; 64 * 1024];
        while attack.goes_on() {
            match stream.read(&mut part) {
                Ok(0) => break,
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(())
    });
}
