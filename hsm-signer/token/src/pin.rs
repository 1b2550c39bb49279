//! The PIN of a token: read from a file or the environment, never from an argument,
//! never printed.

use std::fmt;
use std::path::Path;

use cryptoki::types::AuthPin;
use mls_signer_message::secret_file::{LineFault, SecretFileError, line, read_secret};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

/// A PIN longer than this, in bytes, is refused: it is more likely a wrong file.
const MAX_LENGTH: usize = 255;

/// A PIN, or none for a token that needs no login. Its memory is overwritten when it is dropped;
/// `Debug` shows nothing of it.
pub struct Pin(AuthPin);

/// Why a PIN could not be had. No variant carries anything of the PIN.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// The environment variable is not set.
    #[error("the environment variable {0} is not set; put the PIN there or use a PIN file")]
    VariableMissing(String),
    /// It is no PIN as it stands; PKCS#11 wants UTF-8.
    #[error(
        "the PIN in {place} {fault}. Nothing was tried with it; a PIN must be 1 to {MAX_LENGTH} bytes \
         of UTF-8 on one line"
    )]
    Malformed {
        /// Where the PIN is.
        place: String,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// It is empty, and the token wants one.
    #[error(
        "the PIN is empty, and the token needs a login (CKF_LOGIN_REQUIRED); nothing was tried. Put \
         its PIN into the file"
    )]
    Needed,
}

impl Pin {
    /// Reads the PIN from a file that users outside its group cannot open, or from a pipe. One line
    /// break at the end is not part of the PIN. An empty file is for a token that needs no login.
    ///
    /// # Errors
    /// [`PinError`] when the file cannot be read, is no file and no pipe, is open to
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
        let value = std::env::var_os(name).ok_or_else(|| PinError::VariableMissing(name.into()))?;
        let bytes = Zeroizing::new(value.into_encoded_bytes());
        Self::from_bytes(&bytes, || format!("the environment variable {name}"))
    }

    /// Takes a PIN that the caller already holds, such as one it has just made.
    ///
    /// # Errors
    /// [`PinError::Malformed`] when it is longer than 255 bytes, begins or ends with a blank, or has
    /// control characters.
    pub fn new(pin: &str) -> Result<Self, PinError> {
        Self::from_bytes(pin.as_bytes(), || "the given text".into())
    }

    pub(crate) fn from_bytes(bytes: &[u8], place: impl Fn() -> String) -> Result<Self, PinError> {
        match line(bytes, MAX_LENGTH) {
            Ok(text) => Ok(Self(AuthPin::new(text.into()))),
            Err(LineFault::Empty) => Ok(Self(AuthPin::new("".into()))),
            Err(fault) => Err(PinError::Malformed {
                place: place(),
                fault,
            }),
        }
    }

    /// Whether it is none, for a token that needs no login.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// The PIN, where one is needed.
    ///
    /// # Errors
    /// [`PinError::Needed`] when it is empty.
    pub fn needed(&self) -> Result<&Self, PinError> {
        if self.is_empty() {
            return Err(PinError::Needed);
        }
        Ok(self)
    }

    pub(crate) fn auth_pin(&self) -> &AuthPin {
        &self.0
    }

    /// The PIN itself, for the pipe to the process that logs in.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether the other is the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }

    /// Another copy, wiped by itself.
    pub fn duplicate(&self) -> Self {
        Self(AuthPin::new(self.expose().into()))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}
