//! Commands that load the PKCS#11 module themselves, run in a process of their own: what
//! a vendor's library does to it, the command line survives and says. Only what that process
//! reports is an answer, and only that it reports the end is one.

use std::env;
use std::io::{self, PipeReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use mls_hsm_signer::isolation::{how_ended, is_want_of_memory, read_printed};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::Outcome;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::Output;
use crate::reports::{NoReport, Report};

/// The argument by which the process knows that it is the one supervised.
pub const ARGUMENT: &str = "supervised";

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long the pipes may stay open after the process has ended: a process that a module started and
/// left behind has them too.
const LEFT_OPEN: Duration = Duration::from_secs(1);

/// How long the module may be silent unless told otherwise. HSMs over a network take some seconds
/// for a login; none takes this long for all that these commands ask of it at once.
const LIMIT: Duration = Duration::from_secs(120);

/// What is known of the process that is supervised.
pub struct Supervised<'a> {
    output: &'a Output,
    /// Whether the command changes what is in the token.
    makes_something: bool,
    /// How long the module may be silent.
    limit: Duration,
    /// Until when it must answer. None while it is not loaded, as where a person is asked something.
    deadline: Option<Instant>,
    /// The module that was loaded last.
    module: Option<PathBuf>,
    /// The exit code, once the command is done.
    done: Option<u8>,
    /// Whether the process said that there is no memory.
    lacked_memory: bool,
    /// Whether something else than reports is in their pipe.
    foreign: bool,
    /// What was printed before it was known which module is loaded: the two pipes are read each by
    /// itself.
    unnamed: Vec<String>,
}

/// What comes of the two pipes.
enum News {
    Report(Result<Report, NoReport>),
    Printed(String),
}

/// The process, and what comes of it.
struct Running {
    child: Child,
    pid: Pid,
    news: Receiver<News>,
    printed: PipeReader,
}

impl<'a> Supervised<'a> {
    /// What is known before it is started.
    pub fn new(makes_something: bool, output: &'a Output) -> Self {
        Self {
            output,
            makes_something,
            limit: output.module_limit.unwrap_or(LIMIT),
            deadline: None,
            module: None,
            done: None,
            lacked_memory: false,
            foreign: false,
            unnamed: Vec::new(),
        }
    }

    /// Runs this program again with the same arguments, says what it reports, and ends it when it has
    /// not answered in time, because the module hangs.
    pub fn run(mut self) -> Outcome {
        let mut running = start()?;
        let in_time = loop {
            self.hear(&running.news, Instant::now() + LOOK_EVERY)?;
            if running.has_ended()? {
                break true;
            }
            let late = self.deadline.is_some_and(|until| Instant::now() >= until);
            if late || self.foreign {
                let killed = running.child.kill();
                killed.map_err(|error| cannot("end the process", &error))?;
                break !late;
            }
        };
        let status = self.ended(&mut running)?;
        match self.done {
            Some(code) => {
                if status.code() != Some(code.into()) {
                    let module = self.module();
                    self.output.note(&format!(
                        "{module} ended its process in disorder ({status}), after all was done"
                    ));
                }
                Ok(ExitCode::from(code))
            }
            None if self.foreign => Err(self.wrote_into_pipe()),
            None if !in_time => Err(self.hung()),
            None => Err(self.ended_by_module(status)),
        }
    }

    /// Waits for the process, ends what it started, and hears what there is still to be heard.
    fn ended(&mut self, running: &mut Running) -> Result<ExitStatus, Failure> {
        running.wait_without_reaping()?;
        if running.is_printed_to() {
            let module = self.module();
            let note = format!("{module} left a process behind");
            self.output.note(&note);
        }
        // While nobody has waited for the process, its number is that of no other group. Where it
        // has none of its own, no module was loaded.
        let _ = kill_process_group(running.pid, Signal::KILL);
        let status = running.child.wait();
        let status = status.map_err(|error| cannot("wait for the process", &error))?;
        self.hear(&running.news, Instant::now() + LEFT_OPEN)?;
        self.note_printed();
        Ok(status)
    }

    /// Hears what there is until `until`, or until both pipes are closed.
    fn hear(&mut self, news: &Receiver<News>, until: Instant) -> Result<(), Failure> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match news.recv_timeout(left) {
                Ok(News::Report(Ok(report))) => self.take(report)?,
                Ok(News::Report(Err(NoReport))) => self.foreign = true,
                Ok(News::Printed(line)) => {
                    self.lacked_memory |= is_want_of_memory(&line);
                    self.unnamed.push(line);
                    if self.module.is_some() {
                        self.note_printed();
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(left.min(LOOK_EVERY));
                    return Ok(());
                }
            }
        }
    }

    fn take(&mut self, report: Report) -> Result<(), Failure> {
        match report {
            Report::Result(text) => io::stdout()
                .write_all(&text)
                .map_err(|error| cannot("write the result", &error))?,
            // Where standard error is closed there is nobody to tell.
            Report::Said(text) => drop(io::stderr().write_all(&text)),
            Report::Loading(module) => {
                self.module = Some(module);
                self.note_printed();
                self.deadline = Some(Instant::now() + self.limit);
            }
            Report::Answered => self.deadline = Some(Instant::now() + self.limit),
            Report::Done(code) => self.done = Some(code),
        }
        Ok(())
    }

    fn note_printed(&mut self) {
        let module = self.module();
        for line in std::mem::take(&mut self.unnamed) {
            self.output.note(&format!("{module} printed: {line}"));
        }
    }

    fn module(&self) -> String {
        match &self.module {
            Some(path) => format!("the PKCS#11 module {}", path.display()),
            None => "a PKCS#11 module".into(),
        }
    }

    fn hung(&self) -> Failure {
        let (module, limit) = (self.module(), self.limit.as_secs());
        self.failed(format!(
            "{module} did not answer within {limit} s and was ended; is the HSM connected, and its \
             daemon running?"
        ))
    }

    fn wrote_into_pipe(&self) -> Failure {
        let module = self.module();
        self.failed(format!(
            "{module} wrote into a pipe of this program, and what came through it is no answer; ask its \
             vendor, or try another version"
        ))
    }

    fn ended_by_module(&self, status: ExitStatus) -> Failure {
        if self.module.is_none() {
            return Failure::Message(format!("the process of this command ended ({status})"));
        }
        let (module, how) = (self.module(), how_ended(status, self.lacked_memory));
        self.failed(format!("{module} {how}"))
    }

    /// Says too what may have been left, where something was to be made.
    fn failed(&self, mut said: String) -> Failure {
        if self.makes_something {
            let end = if said.ends_with('?') { "" } else { "." };
            said += end;
            said += " What the command had begun may be half-made: see mls-hsm-signer keys list";
        }
        Failure::Message(said)
    }
}

impl Running {
    /// Whether the process has ended; it is not waited for, so that its number stays its own.
    fn has_ended(&self) -> Result<bool, Failure> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(self.pid), options);
        let status = status.map_err(|error| cannot("wait for the process", &error.into()))?;
        Ok(status.is_some())
    }

    fn wait_without_reaping(&self) -> Result<(), Failure> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let ended = waitid(WaitId::Pid(self.pid), options);
        let ended = ended.map_err(|error| cannot("wait for the process", &error.into()));
        ended.map(drop)
    }

    /// Whether some process has the pipe to print to.
    fn is_printed_to(&self) -> bool {
        let mut pipe = [PollFd::new(&self.printed, PollFlags::empty())];
        let asked = poll(&mut pipe, Some(&Timespec::default()));
        asked.is_ok() && !pipe[0].revents().contains(PollFlags::HUP)
    }
}

/// Starts the process, and two threads that read what it reports and what is printed in it.
fn start() -> Result<Running, Failure> {
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
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or("the process that was started has no number")?;
    let (tell, news) = channel();
    let telling = tell.clone();
    let to_read = printed.try_clone();
    let to_read = to_read.map_err(|error| cannot("make a pipe", &error))?;
    reading(move || read_reports(reports, &telling))?;
    reading(move || {
        read_printed(to_read, |line| drop(tell.send(News::Printed(line.into()))));
    })?;
    Ok(Running {
        child,
        pid,
        news,
        printed,
    })
}

fn reading(work: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let thread = thread::Builder::new().name("reader".into()).spawn(work);
    thread
        .map(drop)
        .map_err(|error| cannot("start a thread", &error))
}

/// Behind what is no report nothing is one.
fn read_reports(mut reports: PipeReader, tell: &Sender<News>) {
    while let Some(report) = Report::read(&mut reports) {
        let is_foreign = report.is_err();
        if tell.send(News::Report(report)).is_err() || is_foreign {
            return;
        }
    }
}

fn cannot(what: &str, error: &io::Error) -> Failure {
    Failure::Message(format!("cannot {what}: {error}"))
}
