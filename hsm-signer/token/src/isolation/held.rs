//! The child that holds a module, from its start until it and what it started have ended.

use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};

use super::ending::{how_ended, is_want_of_memory};
use super::printed::read_printed;
use crate::error::ProcessError;
use crate::sync::locked;
use mls_signer_message::printable::printable;

/// How often is looked whether it has ended.
const TICK: Duration = Duration::from_millis(2);

/// How long a child takes to end once its sockets are closed, if it ends; and what it printed, to
/// be read.
const SOON: Duration = Duration::from_secs(1);

/// A child, in a process group of its own.
#[derive(Debug)]
pub(super) struct Held {
    module: PathBuf,
    pid: u32,
    state: Mutex<State>,
    /// The pipe that it and what it started print to.
    printing: PipeReader,
    lacked_memory: Arc<AtomicBool>,
    /// Ends when nobody prints any more.
    printed: Mutex<Receiver<()>>,
}

#[derive(Debug)]
struct State {
    child: Child,
    /// How it ended, once it was waited for.
    status: Option<ExitStatus>,
    /// Whether it was this process that ended it.
    killed: bool,
}

impl Held {
    /// Watches over `child`, which prints to `printing`.
    ///
    /// # Errors
    /// [`ProcessError::System`] when there is no thread to read what it prints.
    pub fn new(child: Child, printing: PipeReader, module: &Path) -> Result<Self, ProcessError> {
        let no_pipe = |error| ProcessError::system("making a pipe", error);
        let printed = printing.try_clone().map_err(no_pipe)?;
        let lacked_memory = Arc::default();
        let ended = say_printed(printed, module, Arc::clone(&lacked_memory))?;
        Ok(Self {
            module: module.into(),
            pid: child.id(),
            state: Mutex::new(State {
                child,
                status: None,
                killed: false,
            }),
            printing,
            lacked_memory,
            printed: Mutex::new(ended),
        })
    }

    pub fn module(&self) -> &Path {
        &self.module
    }

    pub fn id(&self) -> u32 {
        self.pid
    }

    /// What is readable once it has ended; none where the kernel has no such thing.
    pub fn end(&self) -> Option<OwnedFd> {
        pidfd_open(self.process()?, PidfdFlags::empty()).ok()
    }

    /// Whether it ends within `limit`, by itself.
    pub fn ends_within(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        loop {
            if self.has_ended() {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(TICK);
        }
    }

    /// Kills it and what it started; whoever waits for it learns at once that it is gone.
    pub fn kill(&self) {
        let mut state = locked(&self.state);
        if state.status.is_some() {
            return;
        }
        state.killed = !self.has_ended();
        let ended = state
            .child
            .kill()
            .and_then(|()| self.wait(&mut state.child));
        match ended {
            Ok(status) => {
                tracing::debug!(pid = self.pid, %status, "the module's process ended");
                state.status = Some(status);
            }
            Err(error) => tracing::error!(pid = self.pid, %error, "cannot end the process"),
        }
    }

    /// How its module ended it; none where it has not ended, or was killed here.
    pub fn how_ended(&self) -> Option<String> {
        if !self.ends_within(SOON) {
            return None;
        }
        self.kill();
        let state = locked(&self.state);
        let status = state.status.filter(|_| !state.killed)?;
        drop(state);
        // Nobody sends anything: it is done when the other end is dropped.
        let _ = locked(&self.printed).recv_timeout(SOON);
        Some(how_ended(status, self.lacked_memory.load(Ordering::SeqCst)))
    }

    /// Waits for the child, and ends what it started. While nobody has waited for it, its number is
    /// that of no other group.
    fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
        if let Some(process) = self.process() {
            waitid(
                WaitId::Pid(process),
                WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
            )?;
            if self.is_printed_to() {
                let module = printable(&self.module.display().to_string());
                tracing::warn!(module, "the PKCS#11 module left a process behind");
            }
            // Most often there is nobody but the child.
            let _ = kill_process_group(process, Signal::KILL);
        }
        child.wait()
    }

    /// Whether some process has the pipe to print to.
    fn is_printed_to(&self) -> bool {
        let mut pipe = [PollFd::new(&self.printing, PollFlags::empty())];
        let asked = poll(&mut pipe, Some(&Timespec::default()));
        asked.is_ok() && !pipe[0].revents().contains(PollFlags::HUP)
    }

    /// Whether it has ended; it is not waited for, so that its number stays its own.
    fn has_ended(&self) -> bool {
        let Some(process) = self.process() else {
            return true;
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // An error is that it was waited for.
        !matches!(waitid(WaitId::Pid(process), options), Ok(None))
    }

    fn process(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.pid).ok()?)
    }
}

/// Logs what the module prints, for as long as it may; what is given ends then.
fn say_printed(
    printed: PipeReader,
    module: &Path,
    lacked_memory: Arc<AtomicBool>,
) -> Result<Receiver<()>, ProcessError> {
    let module = printable(&module.display().to_string());
    let span = tracing::Span::current();
    let (end, ended) = channel::<()>();
    let say = move || {
        let _inside = span.entered();
        let _until_the_end = end;
        read_printed(printed, |line| {
            if is_want_of_memory(line) {
                lacked_memory.store(true, Ordering::SeqCst);
            }
            tracing::warn!(
                module,
                printed = printable(line),
                "the PKCS#11 module printed something"
            );
        });
    };
    let thread = std::thread::Builder::new().name("module prints".into());
    let started = thread.spawn(say);
    started.map_err(|error| ProcessError::system("starting a thread", error))?;
    Ok(ended)
}
