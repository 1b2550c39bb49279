//! What can go wrong with the process that holds a module.

use std::path::PathBuf;
use std::time::Duration;

/// What can go wrong with the process that holds the module.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It ended: it crashed, or was killed.
    #[error("the process that holds the PKCS#11 module {0} ended")]
    Gone(PathBuf),
    /// The module ended it.
    #[error("the PKCS#11 module {module} {how}")]
    Ended {
        /// The module.
        module: PathBuf,
        /// How, and what to do.
        how: String,
    },
    /// It runs still, without its sockets.
    #[error(
        "the PKCS#11 module {0} closed the sockets of its process, or made another program of it; ask \
         its vendor, or try another version"
    )]
    Closed(PathBuf),
    /// What came from it makes no sense.
    #[error(
        "what came from the process of the PKCS#11 module {0} is no answer of this program: the \
         module wrote into its socket, or another program runs there; ask the module's vendor, or try \
         another version"
    )]
    Foreign(PathBuf),
    /// The module did not come back from being loaded, initialised or logged in to.
    #[error(
        "the PKCS#11 module {module} did not start within {} ms and was ended; is the HSM connected, \
         and its daemon running?", after.as_millis()
    )]
    NotStarted {
        /// The module.
        module: PathBuf,
        /// How long it had.
        after: Duration,
    },
    /// It did not answer in time.
    #[error("the PKCS#11 module did not answer within {} ms; its process is ended", after.as_millis())]
    Hung {
        /// How long it had.
        after: Duration,
    },
    /// It said what makes no sense.
    #[error("a frame between the processes is malformed: {0}")]
    Malformed(String),
    /// It answered another question than was asked.
    #[error("the process that holds the PKCS#11 module answered another question")]
    OutOfStep,
    /// A question or an answer is longer than a frame.
    #[error("what was asked of the PKCS#11 module at once, or what it answered, is too long")]
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

impl ProcessError {
    pub(crate) fn system(action: &'static str, error: impl std::fmt::Display) -> Self {
        Self::System {
            action,
            reason: error.to_string(),
        }
    }
}
