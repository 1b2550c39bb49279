//! Bodies that never arrive whole.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use mls_hsm_signer::api::REMOVALS_PATH;

use super::Attack;

/// More than `limits.all_bodies_bytes` holds.
const UPLOADS: usize = 66;

/// All but the end of the largest body there may be.
const BODY: usize = 1024 * 1024;

/// Sends bodies without their last byte, and waits.
pub fn stalled(attack: &Attack<'_>) {
    std::thread::scope(|scope| {
        for _ in 0..UPLOADS {
            scope.spawn(|| {
                while attack.goes_on() {
                    let _open = stall(attack);
                    for _ in 0..100 {
                        if attack.goes_on() {
                            std::thread::sleep(Duration::from_millis(50));
                        }
                    }
                }
            });
        }
    });
}

/// What was refused may be closed already.
fn stall(attack: &Attack<'_>) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(attack.target)?;
    stream.set_write_timeout(Some(Duration::from_secs(1)))?;
    let head = format!(
        "POST {REMOVALS_PATH} HTTP/1.1\r\nHost: s\r\nContent-Type: application/json\r\n\
         Content-Length: {BODY}\r\n\r\n"
    );
    let _ = stream.write_all(&[head.as_bytes(), &[b' '; BODY - 1]].concat());
    Ok(stream)
}
