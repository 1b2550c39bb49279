//! Where checkpoints go beside the database, whose writer could take them back: a file that is
//! only appended to, syslog, or a collector of logs that takes a line by HTTP.

use std::collections::HashMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::header::CONTENT_TYPE;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use mls_signer_audit::{SignedStatement, checkpoint_line, find_checkpoint};
use serde::{Deserialize, Serialize};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

/// Facility auth, severity notice (RFC 5424, section 6.2.1).
const PRIORITY: u8 = 4 * 8 + 5;

const SYSLOG: &str = "/dev/log";

/// How long a sink may take for a line.
const PATIENCE: Duration = Duration::from_secs(3);

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

/// Gives a sink one line after the other, each within [`PATIENCE`].
pub struct SinkWriter {
    pub sink: CheckpointSink,
    /// A line that took too long: what hangs in the operating system cannot be ended.
    late: Option<JoinHandle<io::Result<()>>>,
}

impl SinkWriter {
    pub fn new(sink: CheckpointSink) -> Self {
        Self { sink, late: None }
    }

    /// Adds a checkpoint; a file has it on the disk when this returns.
    ///
    /// # Errors
    /// Why it could not be added, or that it took too long.
    pub async fn append(&mut self, signed: &SignedStatement) -> io::Result<()> {
        if self.late.as_ref().is_some_and(|late| !late.is_finished()) {
            return Err(late("an earlier line is still under way"));
        }
        let mut writing = self.sink.begin_line(checkpoint_line(signed));
        let Ok(written) = timeout(PATIENCE, &mut writing).await else {
            writing.abort();
            self.late = Some(writing);
            return Err(late("it did not take the line"));
        };
        written.map_err(io::Error::other)?
    }
}

fn late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("{what} in {PATIENCE:?}"))
}

impl CheckpointSink {
    fn begin_line(&self, line: String) -> JoinHandle<io::Result<()>> {
        match self.clone() {
            Self::Http(uri) => tokio::spawn(async move { post(&uri, line).await }),
            Self::File(path) => spawn_blocking(move || append_line(&path, &line)),
            Self::Syslog(path) => spawn_blocking(move || send_to_syslog(&path, &line)),
        }
    }

    /// Whether a file is one of its own, and none of `others`, which are named with what each is.
    ///
    /// # Errors
    /// What else it is: what is written there is lost, or destroys something.
    pub fn assert_own_file(&self, others: &[(PathBuf, &str)]) -> Result<(), String> {
        let Self::File(path) = self else {
            return Ok(());
        };
        if let Ok(metadata) = path.metadata()
            && !metadata.is_file()
        {
            return Err(format!("{} {NO_FILE}", path.display()));
        }
        match others.iter().find(|(other, _)| is_same(path, other)) {
            Some((_, what)) => Err(format!("{} is {what} file", path.display())),
            None => Ok(()),
        }
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

const NO_FILE: &str = "is no regular file";

/// Whether two paths lead to one file, which may not be there yet.
fn is_same(one: &Path, other: &Path) -> bool {
    if let (Ok(one), Ok(other)) = (one.metadata(), other.metadata()) {
        return (one.dev(), one.ino()) == (other.dev(), other.ino());
    }
    let real = |path: &Path| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    real(one).is_some_and(|one| Some(one) == real(other))
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
    own.set_write_timeout(Some(PATIENCE))?;
    own.send_to(datagram.as_bytes(), socket).map(drop)
}

async fn post(uri: &Uri, line: String) -> io::Result<()> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::post(uri.clone())
        .header(CONTENT_TYPE, "text/plain")
        .body(format!("{line}\n"))
        .map_err(io::Error::other)?;
    let answer = client.request(request).await;
    let status = answer.map_err(io::Error::other)?.status();
    if status.is_success() {
        return Ok(());
    }
    Err(io::Error::other(format!("the collector answered {status}")))
}

fn opened(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(NO_FILE));
    }
    Ok(file)
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
