//! What keeps secrets in memory from being read from outside.

use rustix::process::{
    DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal,
};

use super::WorkerError;

/// Allows this process no core dump, and other processes of the same user no look into
/// its memory (PR_SET_DUMPABLE). Debuggers and profilers do not work on it any more.
///
/// # Errors
/// [`WorkerError::System`] when the kernel refuses.
pub fn forbid_dumps() -> Result<(), WorkerError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| WorkerError::system("forbidding core dumps", error))
}

/// Has the kernel end this process when the thread that started it ends.
///
/// # Errors
/// [`WorkerError::System`] when the kernel refuses.
pub fn die_with_parent() -> Result<(), WorkerError> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| WorkerError::system("tying the process to its parent", error))
}
