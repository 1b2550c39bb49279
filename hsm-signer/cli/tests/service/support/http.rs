//! HTTP/1.1 by hand, so that a test can also do what no client would.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// A connection.
pub struct Wire<S = UnixStream>(pub S);

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Wire {
    /// A connection to a Unix socket.
    pub fn unix(path: &Path) -> std::io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_write_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self(stream))
    }
}

impl<S: Read + Write> Wire<S> {
    /// Asks for a path and reads the answer.
    pub fn get(self, path: &str) -> Reply {
        self.ask("GET", path, b"")
    }

    /// Posts JSON and reads the answer.
    pub fn post(self, path: &str, body: &[u8]) -> Reply {
        self.ask("POST", path, body)
    }

    /// Asks by any method, with JSON, and reads the answer.
    pub fn ask(mut self, method: &str, path: &str, body: &[u8]) -> Reply {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: signer\r\nConnection: close\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat());
        self.read()
    }

    /// Asks for a path on a connection that is to stay open, and reads the answer; none where the
    /// connection ends before it.
    pub fn get_next(&mut self, path: &str) -> Option<Reply> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: signer\r\n\r\n").as_bytes());
        self.read_next()
    }

    /// Reads an answer on a connection that is to stay open; none where it ends before.
    pub fn read_next(&mut self) -> Option<Reply> {
        let mut all = Vec::new();
        while end_of_head(&all).is_none() {
            all.push(self.read_byte()?);
        }
        let reply = reply(&all);
        let length = reply.head.to_lowercase();
        let (_, length) = length.split_once("content-length: ")?;
        let length: usize = length.lines().next()?.trim().parse().ok()?;
        let body = (0..length).map(|_| self.read_byte()).collect::<Option<_>>();
        Some(Reply {
            body: body?,
            ..reply
        })
    }

    fn read_byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        self.0.read_exact(&mut byte).ok()?;
        Some(byte[0])
    }

    /// Sends bytes; what the service does not want any more is no failure of the test's.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// Reads to the end. An answer of no bytes has the status 0.
    pub fn read(mut self) -> Reply {
        let mut all = Vec::new();
        // A reset after the answer leaves the answer.
        let _ = self.0.read_to_end(&mut all);
        reply(&all)
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n")
}

/// An answer of no bytes has the status 0.
fn reply(bytes: &[u8]) -> Reply {
    let (head, body) = match end_of_head(bytes) {
        Some(place) => (&bytes[..place], bytes[place + 4..].to_vec()),
        None => (bytes, Vec::new()),
    };
    let head = String::from_utf8_lossy(head).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or(0),
        head,
        body,
    }
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The stable code of a problem, with its status checked.
    pub fn code(&self) -> String {
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        assert!(self.head.contains("application/problem+json"), "{self:?}");
        problem["code"].as_str().unwrap().to_owned()
    }
}
