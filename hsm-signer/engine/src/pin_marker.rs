//! A file that says that a token has refused the PIN: a restart must not spend another try, only
//! a person's word.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use mls_signer_token::Error;

/// How the file begins while a try is under way, and after one whose process was killed.
const UNFINISHED: &str = "The PIN is being tried";

/// Where it is kept that a token has refused the PIN: written before the try, for afterwards it may be
/// too late. Whoever corrects the PIN removes the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinMarker {
    /// The file, in a directory that outlives the process.
    pub path: PathBuf,
    /// What is locked (flock) while the PIN is tried: the file that has it.
    pub pin_file: PathBuf,
    /// The token, for whoever reads the file.
    pub token: String,
}

impl PinMarker {
    /// Whether the PIN may be tried.
    ///
    /// # Errors
    /// [`Error::PinRefusedBefore`], or [`Error::PinTryUnfinished`] where a process was ended while it
    /// tried.
    pub fn assert_absent(&self) -> Result<(), Error> {
        if self.path.symlink_metadata().is_err() {
            return Ok(());
        }
        let said = std::fs::read_to_string(&self.path);
        match said {
            Ok(said) if said.is_empty() || said.starts_with(UNFINISHED) => {
                Err(Error::PinTryUnfinished(self.path.clone()))
            }
            _ => Err(Error::PinRefusedBefore(self.path.clone())),
        }
    }

    /// Logs in by `log_in`, unless the PIN was refused before. Several engines with one PIN try it
    /// one after the other, in other processes too, so that a wrong one costs one try in all.
    ///
    /// # Errors
    /// As [`assert_absent`](Self::assert_absent), [`Error::Setup`] where the PIN file cannot be locked
    /// or the marker not be written, or what `log_in` says.
    pub(crate) fn guard<T>(&self, log_in: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let _turn = self.turn().map_err(|error| {
            Error::Setup(format!(
                "{} cannot be locked: {error}",
                self.pin_file.display()
            ))
        })?;
        self.assert_absent()?;
        self.begin()?;
        let tried = log_in();
        match &tried {
            Err(error) if is_refusal(error) => self.keep(error, true),
            _ => self.end(),
        }
        tried
    }

    /// Logs in again by `log_in`, with a PIN that was taken before, unless it was refused since, by
    /// whomever. What is no answer says nothing against such a PIN, so no try is kept before its outcome
    /// is known: a process that is ended while it tries is not one that a person must see to.
    ///
    /// # Errors
    /// As [`assert_absent`](Self::assert_absent), or what `log_in` says.
    pub(crate) fn guard_again<T>(
        &self,
        log_in: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        // Where the file is gone, nobody else reads a PIN from it.
        let _turn = self.turn().ok();
        self.assert_absent()?;
        let tried = log_in();
        if let Err(error) = &tried {
            self.note(error);
        }
        tried
    }

    /// The right to try the PIN, until it is dropped.
    fn turn(&self) -> io::Result<File> {
        let file = File::open(&self.pin_file)?;
        file.lock()?;
        Ok(file)
    }

    fn begin(&self) -> Result<(), Error> {
        let text = format!(
            "{UNFINISHED} at the token {}.\n\
             If this file stays, the process ended before it knew the outcome, and the service does \
             not try the PIN again.\n\
             See whether the PIN is right and how many tries the token has left; then remove this \
             file and start the service.",
            self.token
        );
        self.create(&text, false).map_err(|error| {
            if error.kind() != io::ErrorKind::AlreadyExists {
                // It may be there without its text; nothing was tried.
                let _ = std::fs::remove_file(&self.path);
            }
            Error::Setup(format!(
                "{}: {error}; the PIN was not tried, because a refusal could not be kept. Let the \
                 service write to process.state_directory",
                self.path.display()
            ))
        })
    }

    /// Nothing was refused.
    fn end(&self) {
        let removed = std::fs::remove_file(&self.path);
        match removed.and_then(|()| self.sync_directory()) {
            // A person may have removed it meanwhile.
            Err(failure) if failure.kind() != io::ErrorKind::NotFound => {
                let path = self.path.display();
                tracing::error!(%path, %failure, "no start tries the PIN while this file is there");
            }
            _ => {}
        }
    }

    /// Removes the marker, because a person has said that the PIN may be tried once more.
    pub(crate) fn remove(&self) {
        match std::fs::remove_file(&self.path) {
            Err(failure) if failure.kind() != io::ErrorKind::NotFound => {
                let path = self.path.display();
                tracing::error!(%path, %failure, "the PIN is not tried while this file is there");
            }
            _ => {}
        }
    }

    /// Sets the marker, if `error` is that the PIN was refused.
    pub(crate) fn note(&self, error: &Error) {
        if is_refusal(error) {
            self.keep(error, false);
        }
    }

    /// Keeps the refusal, and says which files it concerns; where it was kept before, it was said.
    fn keep(&self, refusal: &Error, replace: bool) {
        let (marker, pin_file) = (self.path.display(), self.pin_file.display());
        match self.write(refusal, replace) {
            Err(failure) if failure.kind() == io::ErrorKind::AlreadyExists => return,
            Err(failure) => {
                tracing::error!(path = %marker, %failure, "a restart will try the refused PIN again");
            }
            Ok(()) => {}
        }
        tracing::error!(
            token = self.token,
            %pin_file,
            %marker,
            "the token refused the PIN: correct it in its file, then remove the marker and start the service; \
             one that runs is told by SIGHUP alone"
        );
    }

    fn write(&self, error: &Error, replace: bool) -> io::Result<()> {
        let text = format!(
            "The token {} refused the PIN ({error}), and the service does not try it again.\n\
             Correct the PIN, then remove this file and start the service; one that runs is told by \
             SIGHUP.",
            self.token
        );
        self.create(&text, replace)
    }

    fn create(&self, text: &str, replace: bool) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(!replace)
            .create(replace)
            .truncate(replace)
            .mode(0o600)
            .open(&self.path)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        self.sync_directory()
    }

    fn sync_directory(&self) -> io::Result<()> {
        let parent = self.path.parent();
        let directory = parent.filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// The last try is not made: the operator's next login makes room for another.
fn is_refusal(error: &Error) -> bool {
    error.concerns_pin() && !matches!(error, Error::PinFinalTry)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn marker() -> (tempfile::TempDir, PinMarker) {
        let directory = tempfile::tempdir().unwrap();
        let pin_file = directory.path().join("pin");
        std::fs::write(&pin_file, "1234").unwrap();
        let marker = PinMarker {
            path: directory.path().join("refused"),
            pin_file,
            token: "hsm".into(),
        };
        (directory, marker)
    }

    /// How often a PIN that is refused is tried where eight want to log in at a time.
    fn tries(log_in: impl Fn(&dyn Fn() -> Result<(), Error>) -> Result<(), Error> + Sync) -> usize {
        let tries = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let refuse = || {
                        *tries.lock().unwrap() += 1;
                        Err(Error::PinRefused)
                    };
                    log_in(&refuse).unwrap_err();
                });
            }
        });
        tries.into_inner().unwrap()
    }

    #[test]
    fn a_refused_pin_is_tried_once_by_many() {
        let (_directory, marker) = marker();
        assert_eq!(tries(|refuse| marker.guard(refuse)), 1);
        let error = marker.guard(|| Ok(())).unwrap_err();
        assert!(matches!(error, Error::PinRefusedBefore(path) if path == marker.path));
        std::fs::remove_file(&marker.path).unwrap();
        marker.guard(|| Ok(())).unwrap();
    }

    #[test]
    fn a_pin_refused_to_one_is_tried_again_by_none() {
        let (_directory, marker) = marker();
        assert_eq!(tries(|refuse| marker.guard_again(refuse)), 1);
        let error = marker.guard(|| Ok(())).unwrap_err();
        assert!(matches!(error, Error::PinRefusedBefore(_)), "{error}");
    }

    #[test]
    fn a_token_that_does_not_answer_a_login_is_asked_again() {
        let (_directory, marker) = marker();
        for _ in 0..2 {
            let tried = marker.guard_again(|| {
                marker.assert_absent().unwrap();
                Err::<(), _>(Error::SessionLost)
            });
            assert!(matches!(tried, Err(Error::SessionLost)));
        }
        // Without its file too, the PIN being known.
        std::fs::remove_file(&marker.pin_file).unwrap();
        marker.guard_again(|| Ok(())).unwrap();
    }

    #[test]
    fn only_a_refused_pin_is_noted() {
        let (_directory, marker) = marker();
        for error in [Error::PinFinalTry, Error::SessionLost] {
            marker.guard(|| Err::<(), _>(error)).unwrap_err();
        }
        marker.guard(|| Ok(())).unwrap();
    }

    #[test]
    fn a_try_that_has_not_ended_is_not_repeated() {
        let (_directory, marker) = marker();
        let unfinished =
            |error| matches!(error, Error::PinTryUnfinished(path) if path == marker.path);
        let tried = marker.guard(|| {
            assert!(unfinished(marker.assert_absent().unwrap_err()));
            Ok(())
        });
        tried.unwrap();
        marker.assert_absent().unwrap();
        marker.begin().unwrap();
        assert!(unfinished(marker.guard(|| Ok(())).unwrap_err()));
        // A recovery that finds it says nothing else of it.
        marker.note(&Error::PinTryUnfinished(marker.path.clone()));
        assert!(unfinished(marker.assert_absent().unwrap_err()));
    }

    #[test]
    fn nothing_is_tried_where_a_refusal_could_not_be_kept() {
        let (directory, mut marker) = marker();
        marker.path = directory.path().join("none/refused");
        let tried = marker.guard(|| -> Result<(), Error> { unreachable!("the PIN is tried") });
        assert!(matches!(tried, Err(Error::Setup(_))), "{tried:?}");
    }
}
