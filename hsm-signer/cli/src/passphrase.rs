//! The passphrase of an encrypted key file: from a file or the terminal, never from an
//! argument, never printed.

use std::path::Path;

use mls_hsm_signer::message::secret_file::{LineFault, line, read_secret};
use rpassword::{ConfigBuilder, prompt_password_with_config};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The process's terminal, wherever its input and output come from and go to.
const TERMINAL: &str = "/dev/tty";

/// A passphrase longer than this, in bytes, is refused: it is more likely a wrong file.
const MAX_LENGTH: usize = 1024;

/// A passphrase. Its memory is overwritten when it is dropped; it has no `Debug`, so that
/// nothing prints it.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Reads it from a file that users outside its group cannot open. One line break at
    /// the end is not part of it.
    pub fn from_file(path: &Path) -> Result<Self, Failure> {
        let bytes = read_secret(path, MAX_LENGTH);
        let bytes = bytes.map_err(|error| format!("no passphrase: {error}"))?;
        Self::new(bytes, &path.display().to_string())
    }

    /// Asks for it at the process's terminal, which does not show it.
    pub fn from_terminal(question: &str) -> Result<Self, Failure> {
        let config = ConfigBuilder::new()
            .input_file_path(TERMINAL)
            .output_file_path(TERMINAL)
            .build();
        let typed = prompt_password_with_config(format!("{question}: "), config);
        let typed = typed.map_err(|error| {
            format!(
                "no passphrase can be asked for ({error}); give it in a file (--passphrase-file)"
            )
        })?;
        Self::new(Zeroizing::new(typed.into_bytes()), "what was typed")
    }

    /// openssl takes blanks, bytes that are no UTF-8 and what is not visible as part of it, and nobody
    /// counts how often it is wrong: these are not refused.
    fn new(bytes: Zeroizing<Vec<u8>>, place: &str) -> Result<Self, Failure> {
        match line(&bytes, MAX_LENGTH) {
            Ok(_) | Err(LineFault::OuterBlank | LineFault::NotUtf8 | LineFault::Invisible(_)) => {
                Ok(Self(bytes))
            }
            Err(fault) => Err(Failure::Message(format!(
                "the passphrase in {place} {fault}; it must be 1 to {MAX_LENGTH} bytes on one line"
            ))),
        }
    }

    /// The passphrase, for the decryption that it is for.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
