//! Where checkpoints go beside the database, whose writer could take them back: a file that is
//! only appended to, syslog, or a collector of logs that takes a line by HTTP.

use std::collections::HashMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::header::CONTENT_TYPE;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use mls_signer_audit::{SignedStatement, checkpoint_line, find_checkpoint};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

/// Facility auth, severity notice (RFC 5424, section 6.2.1).
const PRIORITY: u8 = 4 * 8 + 5;

const SYSLOG: &str = "/dev/log";

/// How long a collector may take for a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// `file:PATH`, `syslog`, `syslog:SOCKET`, or `http://HOST:PORT/PATH`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum CheckpointSink {
    /// Made if it is not there; each line is synced.
    File(PathBuf),
    /// The socket of the machine's syslog.
    Syslog(PathBuf),
    /// Each line is the body of a POST, which is to be answered with success. There is no TLS:
    /// a checkpoint is signed, and no secret.
    Http(Uri),
}

impl TryFrom<String> for CheckpointSink {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let absolute = |path: &str| Path::new(path).is_absolute().then(|| PathBuf::from(path));
        let sink = match text.split_once(':') {
            Some(("file", path)) => absolute(path).map(Self::File),
            Some(("syslog", path)) => absolute(path).map(Self::Syslog),
            Some(("http", _)) => text.parse().ok().filter(has_host).map(Self::Http),
            _ => (text == "syslog").then(|| Self::Syslog(SYSLOG.into())),
        };
        sink.ok_or(
            "a sink is file:PATH, syslog or syslog:SOCKET, with an absolute path, or \
             http://HOST:PORT/PATH",
        )
    }
}

fn has_host(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| !host.is_empty())
}

impl From<CheckpointSink> for String {
    fn from(sink: CheckpointSink) -> Self {
        sink.to_string()
    }
}

impl fmt::Display for CheckpointSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Syslog(path) => write!(f, "syslog:{}", path.display()),
            Self::Http(uri) => write!(f, "{uri}"),
        }
    }
}

impl CheckpointSink {
    /// Adds a checkpoint; a file has it on the disk when this returns.
    ///
    /// # Errors
    /// Why it could not be added.
    pub async fn append(&self, signed: &SignedStatement) -> io::Result<()> {
        let line = checkpoint_line(signed);
        let (file, path) = match self {
            Self::Http(uri) => return post(uri, line).await,
            Self::File(path) => (true, path.clone()),
            Self::Syslog(path) => (false, path.clone()),
        };
        let write = move || match file {
            true => append_line(&path, &line),
            false => send_to_syslog(&path, &line),
        };
        spawn_blocking(write).await.map_err(io::Error::other)?
    }

    /// The last checkpoint of each tenant and key made after a tenant's time in `after`
    /// (milliseconds since 1 January 1970, UTC), where the sink can be read.
    ///
    /// # Errors
    /// Why the file could not be read.
    pub fn last(&self, after: impl Fn(&str) -> u64) -> io::Result<Vec<SignedStatement>> {
        let Self::File(path) = self else {
            return Ok(Vec::new());
        };
        let mut last: HashMap<(String, Vec<u8>), SignedStatement> = HashMap::new();
        for line in BufReader::new(opened(path)?).split(b'\n') {
            let Some(signed) = find_checkpoint(&String::from_utf8_lossy(&line?)) else {
                continue;
            };
            let statement = &signed.statement;
            let name = (statement.tenant.clone(), signed.key.public_key.clone());
            let sooner = |known: &SignedStatement| known.statement.sequence > statement.sequence;
            if statement.time > after(&statement.tenant) && !last.get(&name).is_some_and(sooner) {
                last.insert(name, signed);
            }
        }
        Ok(last.into_values().collect())
    }
}

fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let mut file = opened(path)?;
    // What was not written to its end must not be the beginning of this line.
    let begin = if ends_a_line(&mut file)? { "" } else { "\n" };
    file.write_all(format!("{begin}{line}\n").as_bytes())?;
    file.sync_all()
}

fn send_to_syslog(socket: &Path, line: &str) -> io::Result<()> {
    let process = std::process::id();
    let datagram = format!("<{PRIORITY}>mls-hsm-signer[{process}]: {line}");
    let own = UnixDatagram::unbound()?;
    own.send_to(datagram.as_bytes(), socket).map(drop)
}

async fn post(uri: &Uri, line: String) -> io::Result<()> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::post(uri.clone())
        .header(CONTENT_TYPE, "text/plain")
        .body(format!("{line}\n"))
        .map_err(io::Error::other)?;
    let answer = tokio::time::timeout(PATIENCE, client.request(request)).await;
    let answer = answer.map_err(|_| io::ErrorKind::TimedOut)?;
    let status = answer.map_err(io::Error::other)?.status();
    if status.is_success() {
        return Ok(());
    }
    Err(io::Error::other(format!("the collector answered {status}")))
}

fn opened(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    options.open(path)
}

fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
