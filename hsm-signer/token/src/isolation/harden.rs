//! What keeps secrets in memory from being read from outside.

use rustix::process::{
    DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal,
};

use crate::error::ProcessError;

/// Allows this process no core dump, and other processes of the same user no look into
/// its memory (PR_SET_DUMPABLE). Debuggers and profilers do not work on it any more.
///
/// # Errors
/// [`ProcessError::System`] when the kernel refuses.
pub fn forbid_dumps() -> Result<(), ProcessError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| ProcessError::system("forbidding core dumps", error))
}

/// Has the kernel end this process when the thread that started it ends.
///
/// # Errors
/// [`ProcessError::System`] when the kernel refuses.
pub fn die_with_parent() -> Result<(), ProcessError> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| ProcessError::system("tying the process to its parent", error))
}
