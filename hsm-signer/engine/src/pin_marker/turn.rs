//! The right to try a PIN, among processes: the lock (flock) of a file beside the marker's, until it is dropped.
//! The PIN's own file may be replaced, be a pipe, or be locked by others.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use super::file::options;

/// Another process that has not ended its tries by then is stopped, or hangs.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// How often is looked whether another process has ended its try.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// The file whose lock is the turn.
pub(super) fn path(marker: &Path) -> PathBuf {
    let name = marker.file_name().unwrap_or_default();
    let name = format!(".{}.turn", name.to_string_lossy());
    marker.with_file_name(name)
}

/// Whether somebody has the turn.
pub(super) fn is_taken(marker: &Path) -> bool {
    let mut options = options(OFlags::NONBLOCK | OFlags::NOFOLLOW);
    let file = options.read(true).open(path(marker));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Takes the turn; none where another process has it.
pub(super) fn take_if_free(marker: &Path) -> io::Result<Option<File>> {
    let file = open(marker)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Some(file)),
    }
}

/// Waits for the turn, at most as long as `may_wait`.
///
/// # Errors
/// `TimedOut` where another process keeps it; what opening and locking the file say.
pub(super) fn take(marker: &Path, may_wait: impl Fn() -> bool) -> io::Result<File> {
    let file = open(marker)?;
    let mut said = false;
    let until = Instant::now() + LONGEST_WAIT;
    while let Err(error) = file.try_lock() {
        let may_wait = may_wait() && Instant::now() < until;
        match error {
            TryLockError::WouldBlock if may_wait => {}
            TryLockError::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
            TryLockError::Error(error) => return Err(error),
        }
        if !std::mem::replace(&mut said, true) {
            let path = path(marker);
            let path = path.display();
            tracing::warn!(%path, "another process tries the PIN, and is waited for");
        }
        std::thread::sleep(TICK);
    }
    Ok(file)
}

fn open(marker: &Path) -> io::Result<File> {
    let mut options = options(OFlags::NONBLOCK | OFlags::NOFOLLOW);
    let file = options.write(true).create(true).truncate(false);
    file.open(path(marker))
}
