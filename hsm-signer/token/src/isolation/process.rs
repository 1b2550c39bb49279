//! One child process, as the parent sees it.

use std::io::{self, PipeReader};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::dialogue::Dialogue;
use super::frame::encode;
use super::message::{Control, ControlReply};
use super::printed::read_printed;
use super::process_spawner::ProcessSpawner;
use super::{WORKER_ARGUMENT, WORKER_MARK, Worker};
use crate::error::{Error, ProcessError};
use crate::pin::Pin;
use crate::sync::locked;
use crate::token::Access;
use mls_signer_message::printable::printable;

/// How long the child has to take a channel: the module has no part in that.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long a child has to log out and to finalise the module, in both of which that may hang.
const ENDING_LIMIT: Duration = Duration::from_secs(3);

/// How often is looked whether it has ended.
const ENDING_TICK: Duration = Duration::from_millis(2);

/// A child; dropped, it is told to end, and killed where it does not.
#[derive(Debug)]
pub(super) struct Process {
    control: Dialogue,
    module: Arc<Path>,
    child: Mutex<Child>,
}

impl Process {
    /// Starts the worker. Its environment is this process's, without any variable whose
    /// value is the PIN.
    pub fn start(
        spawner: &ProcessSpawner,
        worker: &Worker,
        module: &Path,
        pin: &Pin,
    ) -> Result<Self, ProcessError> {
        if std::env::var_os(WORKER_MARK).is_some() {
            return Err(ProcessError::NotAWorker);
        }
        let (ours, theirs) = Channel::pair()?;
        let no_pipe = |error| ProcessError::system("making a pipe", error);
        let (printed, printing) = io::pipe().map_err(no_pipe)?;
        let mut command = Command::new(&worker.program);
        command
            .arg(WORKER_ARGUMENT)
            .stdin(Stdio::from(theirs))
            .stdout(printing.try_clone().map_err(no_pipe)?)
            .stderr(printing);
        for (name, value) in std::env::vars_os() {
            if !pin.is_empty() && value.as_bytes() == pin.expose().as_bytes() {
                command.env_remove(name);
            }
        }
        command.env(WORKER_MARK, "1");
        let child = spawner
            .start(command)
            .map_err(|error| ProcessError::system("starting the module's process", error))?;
        tracing::debug!(pid = child.id(), "the module's process was started");
        say_printed(printed, module.into())?;
        Ok(Self {
            control: Dialogue::on(ours, module.into()),
            module: module.into(),
            child: Mutex::new(child),
        })
    }

    /// Says something on the control channel and waits for the answer.
    pub fn tell(&self, message: &Control, deadline: Instant) -> Result<ControlReply, Error> {
        let frame = encode(message)?;
        let send = |control: &Channel| control.send(&frame, Some(deadline));
        Ok(self.control.ask(deadline, send)?)
    }

    /// A dialogue with a session of its own, on which the child will say whether it is open.
    pub fn open_channel(&self, access: Access, deadline: Instant) -> Result<Dialogue, Error> {
        let (ours, theirs) = Channel::pair()?;
        // The answer is waited for however great the caller's hurry is: without it nobody
        // could use the control channel any more.
        let answered = deadline.max(Instant::now() + ANSWER_LIMIT);
        let frame = encode(&Control::Channel(access))?;
        let send = |control: &Channel| control.send_with(&frame, theirs.as_fd());
        let reply: ControlReply = self.control.ask(answered, send)?;
        reply.done()?;
        Ok(Dialogue::on(ours, Arc::clone(&self.module)))
    }

    pub fn id(&self) -> u32 {
        locked(&self.child).id()
    }

    /// Kills the child; whoever waits for it learns at once that it is gone.
    /// How it ended, if that is known: by itself, where it was no more.
    pub fn kill(&self) -> Option<ExitStatus> {
        let mut child = locked(&self.child);
        let ended = child.kill().and_then(|()| child.wait());
        match &ended {
            Ok(status) => tracing::debug!(pid = child.id(), %status, "the module's process ended"),
            Err(error) => tracing::error!(pid = child.id(), %error, "cannot end the process"),
        }
        ended.ok()
    }
}

/// Logs what the module prints, for as long as it may.
fn say_printed(printed: PipeReader, module: PathBuf) -> Result<(), ProcessError> {
    let module = printable(&module.display().to_string());
    let span = tracing::Span::current();
    let say = move || {
        let _inside = span.entered();
        read_printed(printed, |line| {
            tracing::warn!(
                module,
                printed = printable(line),
                "the PKCS#11 module printed something"
            );
        });
    };
    let thread = std::thread::Builder::new().name("module prints".into());
    let started = thread.spawn(say).map(drop);
    started.map_err(|error| ProcessError::system("starting a thread", error))
}

/// A child that owes an answer hangs in the module, and would not end.
impl Drop for Process {
    fn drop(&mut self) {
        if self.control.close() {
            let until = Instant::now() + ENDING_LIMIT;
            let running = || matches!(locked(&self.child).try_wait(), Ok(None));
            while running() && Instant::now() < until {
                std::thread::sleep(ENDING_TICK);
            }
        }
        self.kill();
    }
}
