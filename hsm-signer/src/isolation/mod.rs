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
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod harden;
mod message;
mod nursery;
mod parent;
mod process;
mod session;
mod worker;

use std::path::PathBuf;
use std::time::Duration;

pub use frame::Malformed;
pub use harden::{die_with_parent, forbid_dumps};
pub use parent::{IsolatedToken, ModuleSetup};
pub use worker::become_worker_if_asked;

/// The argument by which a program is asked to hold a module.
const WORKER_ARGUMENT: &str = "module-worker";

/// Set in the child, so that a program which does not know the argument does not start
/// children without end.
const WORKER_MARK: &str = "MLS_HSM_SIGNER_MODULE_WORKER";

/// Which program holds the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    program: PathBuf,
}

impl Worker {
    /// This program itself, which begins its `main` with [`become_worker_if_asked`].
    ///
    /// # Errors
    /// [`WorkerError::System`] when the program's path cannot be found out.
    pub fn this_program() -> Result<Self, WorkerError> {
        let program = std::env::current_exe().map_err(|error| WorkerError::System {
            action: "finding this program's own path",
            reason: error.to_string(),
        })?;
        Ok(Self { program })
    }

    /// The program at `path`, such as `mls-hsm-signer`.
    pub fn program(path: impl Into<PathBuf>) -> Self {
        Self {
            program: path.into(),
        }
    }
}

/// What can go wrong with the process that holds the module.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It ended: it crashed, or was killed.
    #[error("the process that holds the PKCS#11 module ended; it is started anew")]
    Gone,
    /// It did not answer in time.
    #[error("the PKCS#11 module did not answer within {} ms; its process is ended", after.as_millis())]
    Hung {
        /// How long it had.
        after: Duration,
    },
    /// It said what makes no sense.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It answered another question than was asked.
    #[error("the process that holds the PKCS#11 module answered another question")]
    OutOfStep,
    /// A question or an answer is longer than a frame.
    #[error("what was asked of the PKCS#11 module at once is too long")]
    TooLong,
    /// The operating system refused something.
    #[error("{action} failed: {reason}")]
    System {
        /// What was tried.
        action: &'static str,
        /// What the operating system said.
        reason: String,
    },
    /// The program started as a worker did not become one.
    #[error(
        "this program was started to hold a PKCS#11 module and did not; its main must begin with \
         mls_hsm_signer::isolation::become_worker_if_asked"
    )]
    NotAWorker,
}

impl WorkerError {
    fn system(action: &'static str, error: rustix::io::Errno) -> Self {
        Self::System {
            action,
            reason: error.to_string(),
        }
    }
}
