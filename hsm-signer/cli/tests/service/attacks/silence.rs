//! Peers that connect and say nothing, or half of something.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::{Attack, connect};
use crate::support::PATIENCE;

/// How many an attacker has open; older ones it lets go.
const OPEN: usize = 400;

/// Where the attacker of one address comes from.
const ONE: &[Ipv4Addr] = &[Ipv4Addr::LOCALHOST];

/// The beginning of a ClientHello of 512 bytes.
const HALF_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01";

/// Connects and says nothing, some hundred times a second.
pub fn silent_sockets(attack: &Attack<'_>) {
    open_and_say(attack, ONE, b"");
}

/// The same from forty addresses, with no more connections each than one may have.
pub fn silent_sockets_of_many(attack: &Attack<'_>) {
    open_and_say(attack, &many(), b"");
}

/// And with half of a handshake's first message on each.
pub fn half_hellos_of_many(attack: &Attack<'_>) {
    open_and_say(attack, &many(), HALF_HELLO);
}

fn many() -> Vec<Ipv4Addr> {
    (1..=40)
        .map(|last| Ipv4Addr::new(127, 0, 1, last))
        .collect()
}

/// Says half of HTTP/2's preface.
pub fn half_prefaces(attack: &Attack<'_>) {
    open_and_say(attack, ONE, b"PRI * HT");
}

fn open_and_say(attack: &Attack<'_>, from: &[Ipv4Addr], words: &[u8]) {
    let mut open = VecDeque::new();
    for from in from.iter().cycle() {
        if !attack.goes_on() {
            return;
        }
        if let Ok(mut stream) = connect(*from, attack.target) {
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
