//! HTTP/2 by hand (RFC 9113), for what no client would do.

use std::io::{Error, Read, Write};

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Fields that no table keeps (RFC 7541, section 6.2.2), each shorter than 127 bytes.
pub fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    block
}

/// A client's connection, and the id of its next stream. It heeds nothing: it answers no PING,
/// acknowledges no SETTINGS and goes on after GOAWAY.
pub struct Heedless<S> {
    stream: S,
    next: u32,
}

impl<S: Read + Write> Heedless<S> {
    pub fn new(mut stream: S) -> Result<Self, Error> {
        stream.write_all(PREFACE)?;
        let mut new = Self { stream, next: 1 };
        new.send(SETTINGS, 0, 0, &[])?;
        new.send(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes())?;
        Ok(new)
    }

    /// Asks, and reads the answer's body. Fails once the connection or the stream was ended.
    pub fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Result<String, Error> {
        let id = self.next;
        self.next += 2;
        let block = fields(&[
            (":method", method),
            (":scheme", "https"),
            (":authority", "localhost"),
            (":path", path),
            ("content-type", "application/json"),
        ]);
        self.send(HEADERS, END_HEADERS, id, &block)?;
        self.send(DATA, END_STREAM, id, body)?;
        let mut answer = Vec::new();
        loop {
            let (kind, flags, of, payload) = self.receive()?;
            match kind {
                RST_STREAM if of == id => return Err(Error::other("the stream was reset")),
                DATA if of == id => answer.extend(payload),
                _ => {}
            }
            if of == id && flags & END_STREAM != 0 && [DATA, HEADERS].contains(&kind) {
                return String::from_utf8(answer).map_err(Error::other);
            }
        }
    }

    fn send(&mut self, kind: u8, flags: u8, id: u32, payload: &[u8]) -> Result<(), Error> {
        self.stream.write_all(&frame(kind, flags, id, payload))?;
        self.stream.flush()
    }

    fn receive(&mut self) -> Result<(u8, u8, u32, Vec<u8>), Error> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head)?;
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload)?;
        Ok((kind, flags, u32::from_be_bytes(id), payload))
    }
}
