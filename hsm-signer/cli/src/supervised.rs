//! Commands that load the PKCS#11 module themselves, run in a process of their own: what
//! a vendor's library does to it, the command line survives and says. Only what that process
//! reports is an answer, and only that it reports the end is one.

use std::env;
use std::io::{self, PipeReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use mls_hsm_signer::isolation::read_printed;

use crate::Outcome;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::Output;
use crate::reports::Report;

/// The argument by which the process knows that it is the one supervised.
pub const ARGUMENT: &str = "supervised";

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long the pipes may stay open after the process has ended: a process that a module started and
/// left behind has them too.
const LEFT_OPEN: Duration = Duration::from_secs(1);

/// With which glibc's loader ends a process when it calls a function that is nowhere.
const LOADER_GAVE_UP: i32 = 127;

/// How many seconds the process may take unless told otherwise. HSMs over a network take
/// some for a login; none takes this long for all that these commands ask of it.
pub const LIMIT: u64 = 120;

/// What is known of the process that is supervised.
pub struct Supervised<'a> {
    /// The module that it loads, or loaded last.
    pub module: Option<PathBuf>,
    /// How many seconds it may take. None where it may wait for a person.
    pub limit: Option<u64>,
    pub output: &'a Output,
}

/// What comes of the two pipes.
enum News {
    Report(Report),
    Printed(String),
}

impl Supervised<'_> {
    /// Runs this program again with the same arguments, says what it reports, and ends it when it has
    /// not ended in time, because the module hangs.
    pub fn run(mut self) -> Outcome {
        let (mut child, news) = start()?;
        let limit = self.limit.map(Duration::from_secs);
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut done = None;
        let status = loop {
            self.hear(&news, Instant::now() + LOOK_EVERY, &mut done)?;
            let status = child.try_wait();
            if let Some(status) = status.map_err(|error| cannot("wait for the process", &error))? {
                break status;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                let ended = child.kill().and_then(|()| child.wait());
                ended.map_err(|error| cannot("end the process", &error))?;
                self.hear(&news, Instant::now() + LEFT_OPEN, &mut done)?;
                return Err(self.hung());
            }
        };
        self.hear(&news, Instant::now() + LEFT_OPEN, &mut done)?;
        match done {
            Some(code) => {
                if status.code() != Some(code.into()) {
                    let module = self.module();
                    self.output.note(&format!(
                        "{module} ended its process in disorder ({status}), after all was done"
                    ));
                }
                Ok(ExitCode::from(code))
            }
            None => Err(self.ended_by_module(status)),
        }
    }

    /// Hears what there is until `until`, or until both pipes are closed.
    fn hear(
        &mut self,
        news: &Receiver<News>,
        until: Instant,
        done: &mut Option<u8>,
    ) -> Result<(), Failure> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match news.recv_timeout(left) {
                Ok(News::Report(Report::Result(text))) => io::stdout()
                    .write_all(&text)
                    .map_err(|error| cannot("write the result", &error))?,
                // Where standard error is closed there is nobody to tell.
                Ok(News::Report(Report::Said(text))) => drop(io::stderr().write_all(&text)),
                Ok(News::Report(Report::Loading(module))) => self.module = Some(module),
                Ok(News::Report(Report::Done(code))) => *done = Some(code),
                Ok(News::Printed(line)) => {
                    let module = self.module();
                    self.output.note(&format!("{module} printed: {line}"));
                }
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(left.min(LOOK_EVERY));
                    return Ok(());
                }
            }
        }
    }

    fn module(&self) -> String {
        match &self.module {
            Some(path) => format!("the PKCS#11 module {}", path.display()),
            None => "a PKCS#11 module".into(),
        }
    }

    fn hung(&self) -> Failure {
        let (module, limit) = (self.module(), self.limit.unwrap_or_default());
        Failure::Message(format!(
            "{module} did not answer within {limit} s and was ended; is the HSM connected, and its \
             daemon running?"
        ))
    }

    fn ended_by_module(&self, status: ExitStatus) -> Failure {
        let module = self.module();
        Failure::Message(match (status.code(), status.signal()) {
            (Some(LOADER_GAVE_UP), _) => format!(
                "{module} needs a function that no library here has, and ended; a library that it needs \
                 is missing or of another version: ldd -r shows which"
            ),
            (Some(code), _) => format!(
                "{module} ended this program (exit status {code}) before the command was done; ask its \
                 vendor, or try another version. What the command had begun may be half-made: see \
                 mls-hsm-signer keys list"
            ),
            (None, signal) => format!(
                "{module} crashed (signal {}); ask its vendor, or try another version",
                signal.unwrap_or(0)
            ),
        })
    }
}

/// Starts the process, and two threads that read what it reports and what is printed in it.
fn start() -> Result<(Child, Receiver<News>), Failure> {
    let pipe = || io::pipe().map_err(|error| cannot("make a pipe", &error));
    let ((reports, reporting), (printed, printing)) = (pipe()?, pipe()?);
    let program = env::current_exe().map_err(|error| cannot("find this program", &error))?;
    let child = Command::new(program)
        .arg(format!("--{ARGUMENT}"))
        .args(env::args_os().skip(1))
        .stdout(reporting)
        .stderr(printing)
        .spawn();
    let child = child.map_err(|error| cannot("start a process", &error))?;
    let (tell, news) = channel();
    let telling = tell.clone();
    reading(move || read_reports(reports, &telling))?;
    reading(move || {
        read_printed(printed, |line| drop(tell.send(News::Printed(line.into()))));
    })?;
    Ok((child, news))
}

fn reading(work: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let thread = thread::Builder::new().name("reader".into()).spawn(work);
    thread
        .map(drop)
        .map_err(|error| cannot("start a thread", &error))
}

fn read_reports(mut reports: PipeReader, tell: &Sender<News>) {
    while let Some(report) = Report::read(&mut reports) {
        if tell.send(News::Report(report)).is_err() {
            return;
        }
    }
}

fn cannot(what: &str, error: &io::Error) -> Failure {
    Failure::Message(format!("cannot {what}: {error}"))
}
