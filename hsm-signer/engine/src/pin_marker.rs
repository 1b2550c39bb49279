//! A file that says that a token has refused the PIN: a restart must not spend another try, only
//! a person's word.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use mls_signer_token::Error;

/// Where it is kept that a token has refused the PIN. Whoever corrects the PIN removes the file.
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
    /// Logs in by `log_in`, unless the PIN was refused before. Several engines with one PIN try it
    /// one after the other, in other processes too, so that a wrong one costs one try in all.
    ///
    /// # Errors
    /// [`Error::PinRefusedBefore`], [`Error::Setup`] where the PIN file cannot be locked, or what
    /// `log_in` says.
    pub(crate) fn guard<T>(&self, log_in: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let turn = File::open(&self.pin_file).and_then(|file| file.lock().map(|()| file));
        let _turn = turn.map_err(|error| {
            Error::Setup(format!(
                "{} cannot be locked: {error}",
                self.pin_file.display()
            ))
        })?;
        if self.path.symlink_metadata().is_ok() {
            return Err(Error::PinRefusedBefore(self.path.clone()));
        }
        log_in().inspect_err(|error| self.note(error))
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
        // The last try was not made; the operator's next login makes room for another.
        if !error.concerns_pin() || matches!(error, Error::PinFinalTry) {
            return;
        }
        match self.write(error) {
            Err(failure) if failure.kind() != io::ErrorKind::AlreadyExists => {
                let path = self.path.display();
                tracing::error!(%path, %failure, "a restart will try the refused PIN again");
            }
            _ => {}
        }
    }

    fn write(&self, error: &Error) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.path)?;
        writeln!(
            file,
            "The token {} refused the PIN ({error}), and the service does not try it again.\n\
             Correct the PIN, then remove this file and start the service; one that runs is told by \
             SIGHUP.",
            self.token
        )?;
        file.sync_all()
    }
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

    #[test]
    fn a_refused_pin_is_tried_once_by_many() {
        let (_directory, marker) = marker();
        let tries = Mutex::new(0);
        let refuse = || -> Result<(), Error> {
            *tries.lock().unwrap() += 1;
            Err(Error::PinRefused)
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| marker.guard(refuse).unwrap_err());
            }
        });
        assert_eq!(*tries.lock().unwrap(), 1);
        let error = marker.guard(|| Ok(())).unwrap_err();
        assert!(matches!(error, Error::PinRefusedBefore(path) if path == marker.path));
        std::fs::remove_file(&marker.path).unwrap();
        marker.guard(|| Ok(())).unwrap();
    }

    #[test]
    fn only_a_refused_pin_is_noted() {
        let (_directory, marker) = marker();
        for error in [Error::PinFinalTry, Error::SessionLost] {
            marker.guard(|| Err::<(), _>(error)).unwrap_err();
        }
        marker.guard(|| Ok(())).unwrap();
    }
}
