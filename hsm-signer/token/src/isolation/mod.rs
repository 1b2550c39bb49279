//! A PKCS#11 module in a process of its own.
//!
//! A vendor's library may hang, crash or write where it should not, and it must not be
//! forked. So by default it is loaded by a child process: the same program, started
//! again. The parent asks over sockets, one for each session, and waits with a deadline;
//! a child that does not answer is killed, one that died is started anew.
//!
//! ```text
//! parent                                child
//! IsolatedToken --- control socket ---> worker: loads the module, logs in
//!   session    --- one socket each --->   a thread with a session
//! ```
//!
//! The PIN goes over the control socket and nowhere else. Neither process can be
//! dumped or traced, and the child dies with its parent.
//!
//! A program that uses this library must begin its `main` with
//! [`become_worker_if_asked`], or name a program that does, by [`Worker::program`].

mod channel;
mod dialogue;
mod ending;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod harden;
mod held;
mod message;
mod parent;
mod printed;
mod process;
mod process_spawner;
mod session;
mod worker;

use std::path::PathBuf;

use crate::error::ProcessError;
pub use ending::{how_ended, is_want_of_memory};
pub use harden::{die_with_parent, forbid_dumps};
pub use parent::{IsolatedToken, ModuleSetup};
pub use printed::read_printed;
pub use worker::become_worker_if_asked;

/// The argument by which a program is asked to hold a module.
const WORKER_ARGUMENT: &str = "module-worker";

/// Set in the child, so that a program which does not know the argument does not start
/// children without end.
const WORKER_MARK: &str = "MLS_HSM_SIGNER_MODULE_WORKER";

/// What the kernel executes here is the file that this process was started from, wherever its
/// path leads today (proc_pid_exe(5)).
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Which program holds the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    program: PathBuf,
}

impl Worker {
    /// This program itself, which begins its `main` with [`become_worker_if_asked`]. It stays
    /// the very same one when another version has been installed at its path.
    ///
    /// # Errors
    /// [`ProcessError::System`] when /proc does not have it.
    pub fn this_program() -> Result<Self, ProcessError> {
        std::fs::metadata(OWN_PROGRAM)
            .map_err(|error| ProcessError::system("finding this program itself", error))?;
        Ok(Self::program(OWN_PROGRAM))
    }

    /// The program at `path`, such as `mls-hsm-signer`.
    pub fn program(path: impl Into<PathBuf>) -> Self {
        Self {
            program: path.into(),
        }
    }
}
