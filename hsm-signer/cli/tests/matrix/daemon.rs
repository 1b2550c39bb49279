//! The daemon without which a module can do nothing, if it has one.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::desk::PATIENCE;
use crate::modules::Case;

/// The daemon, until it is dropped.
pub struct Daemon {
    start: String,
    is_ready: String,
    child: Child,
}

impl Daemon {
    /// Starts the one that the module has, and waits until it is ready.
    pub fn of(case: &Case) -> Option<Self> {
        let (start, is_ready) = case.daemon.clone()?;
        let child = started(&start, &is_ready);
        Some(Self {
            start,
            is_ready,
            child,
        })
    }

    /// As by `kill -9`.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn start_again(&mut self) {
        self.child = started(&self.start, &self.is_ready);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

fn started(start: &str, is_ready: &str) -> Child {
    let mut child = shell(start).spawn().unwrap();
    let until = Instant::now() + PATIENCE;
    while !shell(is_ready).status().unwrap().success() {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "{start}: {ended:?}");
        assert!(Instant::now() < until, "{start}: not ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

/// A line for the shell.
pub fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}
