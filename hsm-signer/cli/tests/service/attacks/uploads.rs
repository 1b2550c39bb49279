//! Bodies that never arrive whole.

use std::io::{ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

use mls_hsm_signer::api::REMOVALS_PATH;

use super::Attack;

/// More than `limits.all_bodies_bytes` holds.
const UPLOADS: usize = 80;

/// All but the end of the largest body there may be.
const BODY: usize = 1024 * 1024;

/// Sends bodies without their last byte, and again whenever one is refused.
pub fn stalled(attack: &Attack<'_>) {
    std::thread::scope(|scope| {
        for _ in 0..UPLOADS {
            scope.spawn(|| {
                while attack.goes_on() {
                    // It may be ended at any point, and then is begun anew.
                    let _ = stall(attack);
                }
            });
        }
    });
}

fn stall(attack: &Attack<'_>) -> Result<()> {
    let mut stream = TcpStream::connect(attack.target)?;
    stream.set_read_timeout(Some(Duration::from_millis(20)))?;
    let head = format!(
        "POST {REMOVALS_PATH} HTTP/1.1\r\nHost: s\r\nContent-Type: application/json\r\n\
         Content-Length: {BODY}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    for part in vec![b' '; BODY - 1].chunks(64 * 1024) {
        if !attack.goes_on() {
            return Ok(());
        }
        stream.write_all(part)?;
    }
    while attack.goes_on() {
        match stream.read(&mut [0; 100]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // It was refused.
            _ => {
                std::thread::sleep(Duration::from_millis(20));
                return Ok(());
            }
        }
    }
    Ok(())
}
