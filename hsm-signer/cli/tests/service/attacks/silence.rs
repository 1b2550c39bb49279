//! Peers that connect and say nothing, or half of something.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::Attack;
use crate::support::PATIENCE;

/// How many an attacker has open; older ones it lets go.
const OPEN: usize = 400;

/// Connects and says nothing, some hundred times a second.
pub fn silent_sockets(attack: &Attack<'_>) {
    open_and_say(attack, b"");
}

/// Says half of HTTP/2's preface.
pub fn half_prefaces(attack: &Attack<'_>) {
    open_and_say(attack, b"PRI * HT");
}

fn open_and_say(attack: &Attack<'_>, words: &[u8]) {
    let mut open = VecDeque::new();
    while attack.goes_on() {
        if let Ok(mut stream) = TcpStream::connect(attack.target) {
            // It may be closed already.
            let _ = stream.write_all(words);
            open.push_back(stream);
        }
        open.drain(..open.len().saturating_sub(OPEN));
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whoever says no more than this is sent away.
pub fn ends(target: SocketAddr, words: &[u8]) {
    let mut stream = TcpStream::connect(target).unwrap();
    stream.write_all(words).unwrap();
    assert_ends(stream, words);
}

/// And whoever has asked once.
pub fn ends_between_requests(target: SocketAddr) {
    let request = b"GET /healthz HTTP/1.1\r\nHost: s\r\n\r\n";
    ends(target, request);
}

fn assert_ends(mut stream: TcpStream, words: &[u8]) {
    stream.set_read_timeout(Some(PATIENCE / 4)).unwrap();
    let mut rest = Vec::new();
    // A reset is an end too.
    let waits = stream
        .read_to_end(&mut rest)
        .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    let words = String::from_utf8_lossy(words);
    assert!(!waits, "still there after {words:?}");
}
