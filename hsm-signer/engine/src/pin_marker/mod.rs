//! A PIN is tried once: whoever wants to log in with it takes turns, in this process and in others, and a
//! file says over restarts that a token refused it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use mls_signer_token::Error;
use mls_signer_token::sync::locked;
use rustix::fs::OFlags;

mod file;
mod turn;

/// How the file begins while a try is under way, and after one whose outcome nobody knows.
const UNFINISHED: &str = "The PIN is being tried";

/// So many logins without an answer, one after the other, are made with a PIN that was taken before: the module may
/// have crashed, or the token may have refused the PIN.
const UNANSWERED: u32 = 2;

/// What this process knows of the PIN of a marker, whether or not its files can be written.
#[derive(Default)]
struct Tries {
    /// A token refused it, or a file said so. Whoever removes the file alone says nothing to a process that runs,
    /// and it may not have been written.
    refused: bool,
    /// Nobody knows the outcome of a try.
    unfinished: bool,
    /// The last logins, in a row, that had no answer, of each token by its name: one that takes the PIN
    /// says nothing of the others.
    unanswered: BTreeMap<String, u32>,
}

impl Tries {
    /// Two names may be one token's.
    fn all_unanswered(&self) -> u32 {
        self.unanswered.values().sum()
    }
}

/// By the marker's path. A token counts the tries of all of the process's engines together.
static TRIES: Mutex<BTreeMap<PathBuf, Arc<Mutex<Tries>>>> = Mutex::new(BTreeMap::new());

/// Whether this process tries no PIN any more.
static ENDED: AtomicBool = AtomicBool::new(false);

/// From now on no PIN is tried in this process, which is about to end.
pub fn begin_no_tries() {
    ENDED.store(true, Ordering::SeqCst);
}

/// The same, and waits for the tries that are under way, so that their outcome is known.
pub fn end_tries() {
    begin_no_tries();
    let all = locked(&TRIES).clone();
    for (path, tries) in all {
        let _tries = locked(&tries);
        if let Ok(Some(_turn)) = turn::take_if_free(&path) {
            // Who comes next has to see to it.
            let _ = file::remove_left_behind(&path);
        }
    }
}

/// Where it is kept that a token has refused the PIN: written before the try, for afterwards it may be
/// too late. Whoever corrects the PIN removes the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinMarker {
    /// The file, in a directory that outlives the process. Whoever tries the PIN locks (flock) a file
    /// beside it meanwhile.
    pub path: PathBuf,
    /// The file that has the PIN, for whoever reads the log.
    pub pin_file: PathBuf,
    /// The token, for whoever reads the file.
    pub token: String,
}

impl PinMarker {
    /// Whether the PIN may be tried.
    ///
    /// # Errors
    /// [`Error::PinRefusedBefore`], or [`Error::PinTryUnfinished`] where nobody knows the outcome of a
    /// try.
    pub fn assert_absent(&self) -> Result<(), Error> {
        let Ok(found) = self.path.symlink_metadata() else {
            return Ok(());
        };
        let said = if found.is_file() {
            self.beginning()
        } else {
            None
        };
        Err(match said {
            Some(said) if said.is_empty() || said == UNFINISHED.as_bytes() => {
                Error::PinTryUnfinished(self.path.clone())
            }
            _ => Error::PinRefusedBefore(self.path.clone()),
        })
    }

    /// Whether somebody tries the PIN now: then the file says nothing yet.
    pub fn is_being_tried(&self) -> bool {
        turn::is_taken(&self.path)
    }

    /// As much of the file as says which of the two it is: it may have been put there by anybody.
    fn beginning(&self) -> Option<Vec<u8>> {
        let mut options = file::options(OFlags::NONBLOCK);
        let file = options.read(true).open(&self.path).ok()?;
        let mut said = Vec::new();
        let longest = UNFINISHED.len() as u64;
        file.take(longest).read_to_end(&mut said).ok()?;
        Some(said)
    }

    /// Logs in by `log_in`, which calls [`begin`](Self::begin) first, unless the PIN was refused before.
    /// Several engines with one PIN try it one after the other, in other processes too, so that a wrong one
    /// costs one try in all. A login that leaves open what the token thinks of the PIN is not repeated.
    ///
    /// # Errors
    /// As [`assert_absent`](Self::assert_absent), [`Error::Setup`] where the marker cannot be written, or
    /// what `log_in` says.
    pub(crate) fn guard<T>(&self, log_in: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.in_turn(|tries| {
            let tried = log_in();
            match &tried {
                Err(error) if error.leaves_login_open() => {
                    return Err(self.unfinished(tries, error));
                }
                other => self.known(tries, other.as_ref().err()),
            }
            tried
        })
    }

    /// Logs in again by `log_in`, with a PIN that was taken before, unless it was refused since, by
    /// whomever. A login without an answer says little against such a PIN, and is made once more; an answer
    /// that says nothing of it is a fault of the HSM, which passes.
    ///
    /// # Errors
    /// As [`guard`](Self::guard).
    pub(crate) fn guard_again<T>(
        &self,
        log_in: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.in_turn(|tries| {
            let tried = log_in();
            if let Err(error @ Error::LoginUnanswered(_)) = &tried {
                *tries.unanswered.entry(self.token.clone()).or_default() += 1;
                if tries.all_unanswered() >= UNANSWERED {
                    return Err(self.unfinished(tries, error));
                }
                file::end(&self.path);
                return tried;
            }
            self.known(tries, tried.as_ref().err());
            tried
        })
    }

    /// Does `work`, which tries the PIN, while nobody else does; nothing where the PIN must not be tried.
    fn in_turn<T>(&self, work: impl FnOnce(&mut Tries) -> Result<T, Error>) -> Result<T, Error> {
        let tries = self.tries();
        let mut tries = locked(&tries);
        self.may_try(&tries)?;
        // Before that, a mark is that of a try which is under way elsewhere.
        let _turn = self.turn()?;
        file::remove_left_behind(&self.path).map_err(|error| not_tried(&self.path, &error))?;
        if let Err(found) = self.assert_absent() {
            tries.unfinished = matches!(found, Error::PinTryUnfinished(_));
            tries.refused = !tries.unfinished;
            return Err(found);
        }
        work(&mut tries)
    }

    /// The outcome of a try is known: the PIN was refused, taken, or not looked at.
    fn known(&self, tries: &mut Tries, failure: Option<&Error>) {
        match failure {
            Some(refusal) if is_refusal(refusal) => {
                tries.refused = true;
                self.keep(refusal);
            }
            Some(_) => file::end(&self.path),
            None => {
                tries.unanswered.remove(&self.token);
                file::end(&self.path);
            }
        }
    }

    fn turn(&self) -> Result<File, Error> {
        turn::take(&self.path, || !ENDED.load(Ordering::SeqCst))
            .map_err(|error| match error.kind() {
                io::ErrorKind::TimedOut => Error::Setup(format!(
                    "{}: another process has tried the PIN for two minutes; it is stopped, or hangs. The PIN was \
                     not tried: see to the process that has this file locked",
                    turn::path(&self.path).display()
                )),
                _ => not_tried(&turn::path(&self.path), &error),
            })
    }

    fn tries(&self) -> Arc<Mutex<Tries>> {
        Arc::clone(locked(&TRIES).entry(self.path.clone()).or_default())
    }

    fn may_try(&self, tries: &Tries) -> Result<(), Error> {
        if ENDED.load(Ordering::SeqCst) {
            return Err(Error::Setup("the process ends, and tries no PIN".into()));
        }
        if tries.refused {
            return Err(Error::PinRefusedBefore(self.path.clone()));
        }
        if tries.unfinished {
            return Err(Error::PinTryUnfinished(self.path.clone()));
        }
        Ok(())
    }

    /// Writes down that the PIN is about to be tried.
    ///
    /// # Errors
    /// [`Error::Setup`] where it cannot be written; as [`assert_absent`](Self::assert_absent) where somebody
    /// else has written meanwhile.
    pub(crate) fn begin(&self) -> Result<(), Error> {
        let text = format!(
            "{UNFINISHED} (of {}) at the token {}.\n\
             If this file stays, nobody knows the outcome: the process ended before, or the module did \
             not answer. The service does not try the PIN again.\n\
             See whether the PIN is right and how many tries the token has left; then remove this \
             file and start the service; one that runs is told by SIGHUP.",
            self.pin_file.display(),
            self.token
        );
        file::make(&self.path, &text).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => self
                .assert_absent()
                .err()
                .unwrap_or_else(|| not_tried(&self.path, &error)),
            _ => not_tried(&self.path, &error),
        })
    }

    /// The outcome of `tried` is not known; the file stays for a person.
    fn unfinished(&self, tries: &mut Tries, tried: &Error) -> Error {
        tries.unfinished = true;
        file::leave(&self.path);
        let (marker, pin_file) = (self.path.display(), self.pin_file.display());
        tracing::error!(
            token = self.token,
            %pin_file,
            %marker,
            error = %tried,
            "a login had no answer, and may have been refused: see whether the PIN is right and how many tries \
             the token has left, then remove the marker and start the service; one that runs is told by \
             SIGHUP alone"
        );
        Error::PinTryUnfinished(self.path.clone())
    }

    /// Forgets what was refused, because a person has said that the PIN may be tried once more. What another
    /// process tries at this moment was not refused yet: its mark stays.
    pub(crate) fn remove(&self) {
        let tries = self.tries();
        let mut tries = locked(&tries);
        *tries = Tries::default();
        let turn = turn::take_if_free(&self.path);
        let under_way = !matches!(turn, Ok(Some(_)));
        if under_way && matches!(self.assert_absent(), Err(Error::PinTryUnfinished(_))) {
            let path = self.path.display();
            tracing::warn!(%path, "another process tries the PIN: its mark stays until the outcome is known");
            return;
        }
        match std::fs::remove_file(&self.path) {
            Err(failure) if failure.kind() != io::ErrorKind::NotFound => {
                let path = self.path.display();
                tracing::error!(%path, %failure, "the PIN is not tried while this file is there");
            }
            _ => file::leave(&self.path),
        }
    }

    /// Keeps the refusal, and says which files it concerns.
    fn keep(&self, refusal: &Error) {
        let (marker, pin_file) = (self.path.display(), self.pin_file.display());
        if let Err(failure) = self.write(refusal) {
            tracing::error!(
                path = %marker, %failure,
                "the refusal of the PIN cannot be kept: this process does not try it again, and the next may"
            );
        }
        tracing::error!(
            token = self.token,
            %pin_file,
            %marker,
            "the token refused the PIN: correct it in its file, then remove the marker and start the service; \
             one that runs is told by SIGHUP alone"
        );
    }

    fn write(&self, error: &Error) -> io::Result<()> {
        let text = format!(
            "The token {} refused the PIN of {} ({error}), and the service does not try it again.\n\
             Correct the PIN, then remove this file and start the service; one that runs is told by \
             SIGHUP.",
            self.token,
            self.pin_file.display()
        );
        file::replace(&self.path, &text)
    }
}

fn not_tried(path: &Path, error: &io::Error) -> Error {
    Error::Setup(format!(
        "{}: {error}; the PIN was not tried, because a refusal could not be kept. Let the service write to \
         process.state_directory",
        path.display()
    ))
}

/// Where the token refused the PIN in a try of this process. The last try is not made: the operator's next
/// login makes room for another.
fn is_refusal(error: &Error) -> bool {
    let was_tried = !matches!(
        error,
        Error::PinFinalTry | Error::PinRefusedBefore(_) | Error::PinTryUnfinished(_)
    );
    was_tried && error.concerns_pin()
}

#[cfg(test)]
mod tests;
