//! The PIN of a token: read from a file or the environment, never from an argument,
//! never printed.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use cryptoki::types::AuthPin;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

/// A PIN longer than this, in bytes, is refused: it is more likely a wrong file.
const MAX_LENGTH: usize = 255;

/// The permission bits that let users outside the file's group read, write or search.
const OTHERS: u32 = 0o007;

/// A PIN. Its memory is overwritten when it is dropped; `Debug` shows nothing of it.
pub struct Pin(AuthPin);

/// Why a PIN could not be had. No variant carries anything of the PIN.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The file could not be opened or read.
    #[error("cannot read the secret in {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Anyone on the machine may read or change the file.
    #[error("the secret in {path} is open to every user (mode {mode:04o}); run: chmod 600 {path}")]
    WorldAccessible {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is a directory, a pipe or a device.
    #[error("{path} is not a regular file; write the secret to a file of its own")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The environment variable is not set.
    #[error("the environment variable {name} is not set; put the PIN there or use a PIN file")]
    VariableMissing {
        /// The variable.
        name: String,
    },
    /// There is nothing in it, or too much, or it is not UTF-8 (PKCS#11 wants UTF-8).
    #[error("the PIN in {place} must be 1 to {MAX_LENGTH} bytes of UTF-8 on one line")]
    Malformed {
        /// The file or the variable.
        place: String,
    },
}

impl Pin {
    /// Reads the PIN from a file that users outside its group cannot open. One line
    /// break at the end is not part of the PIN.
    ///
    /// # Errors
    /// [`PinError`] when the file cannot be read, is not a regular file, is open to
    /// every user, or does not hold a PIN.
    pub fn from_file(path: &Path) -> Result<Self, PinError> {
        let bytes = read_secret(path, MAX_LENGTH)?;
        Self::from_bytes(&bytes, || path.display().to_string())
    }

    /// Reads the PIN from the environment variable `name`. The copy in the process's
    /// own environment stays where it is; a file is the better place for a PIN.
    ///
    /// # Errors
    /// [`PinError`] when the variable is missing or does not hold a PIN.
    pub fn from_environment(name: &str) -> Result<Self, PinError> {
        let value = std::env::var_os(name)
            .ok_or_else(|| PinError::VariableMissing { name: name.into() })?;
        let bytes = Zeroizing::new(value.into_encoded_bytes());
        Self::from_bytes(&bytes, || format!("the environment variable {name}"))
    }

    /// Takes a PIN that the caller already holds, such as one it has just made.
    ///
    /// # Errors
    /// [`PinError::Malformed`] when it is empty, longer than 255 bytes or has control
    /// characters.
    pub fn new(pin: &str) -> Result<Self, PinError> {
        Self::from_bytes(pin.as_bytes(), || "the given text".into())
    }

    fn from_bytes(bytes: &[u8], place: impl Fn() -> String) -> Result<Self, PinError> {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let malformed =
            text.is_empty() || text.len() > MAX_LENGTH || text.chars().any(char::is_control);
        if malformed {
            return Err(PinError::Malformed { place: place() });
        }
        Ok(Self(AuthPin::new(text.into())))
    }

    pub(crate) fn auth_pin(&self) -> &AuthPin {
        &self.0
    }

    /// The PIN itself, for the pipe to the process that logs in.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Another copy, wiped by itself.
    pub(crate) fn duplicate(&self) -> Self {
        Self(AuthPin::new(self.expose().into()))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// Reads a secret from a file that users outside its group cannot open, without the line
/// break at its end. Of one that is longer than `max_length`, more than that is returned.
pub(crate) fn read_secret(path: &Path, max_length: usize) -> Result<Zeroizing<Vec<u8>>, PinError> {
    let read = |source| PinError::Read {
        path: path.into(),
        source,
    };
    // Before opening, so that a pipe cannot block; after, for what was opened.
    check_permissions(path, &path.metadata().map_err(read)?)?;
    let file = File::open(path).map_err(read)?;
    check_permissions(path, &file.metadata().map_err(read)?)?;
    // Room for all of it at once, so that no copy is left behind by growing.
    let room = max_length + 3;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(room as u64)
        .read_to_end(&mut bytes)
        .map_err(read)?;
    let length = without_line_break(&bytes).len();
    bytes.truncate(length);
    Ok(bytes)
}

fn check_permissions(path: &Path, metadata: &std::fs::Metadata) -> Result<(), PinError> {
    if !metadata.is_file() {
        return Err(PinError::NotAFile { path: path.into() });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(PinError::WorldAccessible {
            path: path.into(),
            mode,
        });
    }
    Ok(())
}

fn without_line_break(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    fn file(content: &[u8], mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        std::fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn a_line_break_at_the_end_is_not_part_of_the_pin() {
        for content in [b"1234".as_slice(), b"1234\n", b"1234\r\n"] {
            assert_eq!(without_line_break(content), b"1234");
            assert!(Pin::from_file(file(content, 0o600).path()).is_ok());
        }
    }

    #[test]
    fn a_file_that_every_user_can_open_is_refused() {
        for mode in [0o604, 0o602, 0o644, 0o666] {
            let error = Pin::from_file(file(b"1234", mode).path()).unwrap_err();
            assert!(matches!(error, PinError::WorldAccessible { mode: m, .. } if m == mode));
        }
        assert!(Pin::from_file(file(b"1234", 0o640).path()).is_ok());
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        let long = vec![b'1'; MAX_LENGTH + 1];
        for content in [b"".as_slice(), b"\n", b"12\n34", b"\xff\xfe", &long] {
            let error = Pin::from_file(file(content, 0o600).path()).unwrap_err();
            assert!(matches!(error, PinError::Malformed { .. }), "{content:?}");
        }
        assert!(Pin::from_file(file(&long[1..], 0o600).path()).is_ok());
    }

    #[test]
    fn a_directory_and_a_missing_file_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let error = Pin::from_file(directory.path()).unwrap_err();
        assert!(matches!(error, PinError::NotAFile { .. }));
        let error = Pin::from_file(&directory.path().join("none")).unwrap_err();
        assert!(matches!(error, PinError::Read { .. }));
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = Pin::from_environment("MLS_HSM_SIGNER_NO_SUCH_VARIABLE").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("MLS_HSM_SIGNER_NO_SUCH_VARIABLE")
        );
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        let pin = Pin::new("1234").unwrap();
        assert_eq!(format!("{pin:?}"), "Pin(..)");
    }
}
