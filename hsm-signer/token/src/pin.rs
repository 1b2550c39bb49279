//! The PIN of a token: read from a file or the environment, never from an argument,
//! never printed.

use std::fmt;
use std::path::Path;

use cryptoki::types::AuthPin;
use mls_signer_message::secret_file::{SecretFileError, read_secret};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

/// A PIN longer than this, in bytes, is refused: it is more likely a wrong file.
const MAX_LENGTH: usize = 255;

/// A PIN. Its memory is overwritten when it is dropped; `Debug` shows nothing of it.
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
    /// There is nothing in it, or too much, or it is not UTF-8 (PKCS#11 wants UTF-8).
    #[error("the PIN in {0} must be 1 to {MAX_LENGTH} bytes of UTF-8 on one line")]
    Malformed(String),
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
        let value = std::env::var_os(name).ok_or_else(|| PinError::VariableMissing(name.into()))?;
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

    pub(crate) fn from_bytes(bytes: &[u8], place: impl Fn() -> String) -> Result<Self, PinError> {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let malformed =
            text.is_empty() || text.len() > MAX_LENGTH || text.chars().any(char::is_control);
        if malformed {
            return Err(PinError::Malformed(place()));
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
    pub fn duplicate(&self) -> Self {
        Self(AuthPin::new(self.expose().into()))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}
