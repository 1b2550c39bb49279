//! One child process, as the parent sees it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::dialogue::{Dialogue, Next};
use super::frame::encode;
use super::held::Held;
use super::message::{Control, ControlReply};
use super::process_spawner::ProcessSpawner;
use super::{WORKER_ARGUMENT, WORKER_MARK, Worker};
use crate::error::{Error, ProcessError};
use crate::pin::Pin;
use crate::token::{Access, LogInBegins};

/// How long the child has to take a channel: the module has no part in that.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long a child has to log out and to finalise the module, in both of which that may hang.
const ENDING_LIMIT: Duration = Duration::from_secs(3);

/// A child; dropped, it is told to end, and killed where it does not.
#[derive(Debug)]
pub(super) struct Process {
    control: Dialogue,
    held: Arc<Held>,
    end: Option<Arc<OwnedFd>>,
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
            .stderr(printing)
            // So that what the module forks can be ended with it.
            .process_group(0);
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
        let held = Arc::new(Held::new(child, printed, module)?);
        let end = held.end().map(Arc::new);
        Ok(Self {
            control: Dialogue::on(ours.ending_with(end.clone()), Arc::clone(&held)),
            held,
            end,
        })
    }

    /// Says something on the control channel and waits for the answer; once the login has begun, for
    /// `login_limit` at least. It begins if `log_in_begins` has nothing against it.
    ///
    /// # Errors
    /// That of `log_in_begins`, [`Error::LoginUnanswered`] when there is no answer to a login,
    /// [`Error::Process`] when there is none to anything else.
    pub fn tell(
        &self,
        message: &Control,
        deadline: Instant,
        login_limit: Duration,
        log_in_begins: &LogInBegins,
    ) -> Result<ControlReply, Error> {
        let frame = encode(message)?;
        let (log_in, no_log_in) = (encode(&Control::LogIn)?, encode(&Control::NoLogIn)?);
        let send = |control: &Channel| control.send(&frame, Some(deadline));
        let mut forbidden = None;
        let logs_in = |reply: &ControlReply| {
            if !matches!(reply, ControlReply::LoggingIn) {
                return None;
            }
            forbidden = log_in_begins().err();
            let said = if forbidden.is_none() {
                &log_in
            } else {
                &no_log_in
            };
            Some(Next {
                said: said.clone(),
                answered: deadline.max(Instant::now() + login_limit),
            })
        };
        let answer = self.control.ask_for_several(deadline, send, logs_in)?;
        match forbidden {
            Some(error) => Err(error),
            None => answer.map_err(|error| Error::LoginUnanswered(Box::new(error))),
        }
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
        let ours = ours.ending_with(self.end.clone());
        Ok(Dialogue::on(ours, Arc::clone(&self.held)))
    }

    pub fn id(&self) -> u32 {
        self.held.id()
    }

    /// Kills the child; whoever waits for it learns at once that it is gone.
    pub fn kill(&self) {
        self.held.kill();
    }
}

/// A child that owes an answer hangs in the module, and would not end.
impl Drop for Process {
    fn drop(&mut self) {
        if self.control.close() {
            self.held.ends_within(ENDING_LIMIT);
        }
        self.kill();
    }
}
