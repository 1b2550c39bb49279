//! The passphrase of an encrypted key file: from a file or the terminal, never from an
//! argument, never printed.

use std::fmt;
use std::path::Path;

use mls_hsm_signer::message::secret_file::{SecretFileError, read_secret};
use rpassword::{ConfigBuilder, prompt_password_with_config};
use zeroize::Zeroizing;

/// The process's terminal, wherever its input and output come from and go to.
const TERMINAL: &str = "/dev/tty";

/// A passphrase longer than this, in bytes, is refused: it is more likely a wrong file.
const MAX_LENGTH: usize = 1024;

/// A passphrase. Its memory is overwritten when it is dropped; `Debug` shows nothing.
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// Why a passphrase could not be had. No variant carries anything of it.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    #[error("no passphrase: {0}")]
    File(SecretFileError),
    #[error("the passphrase in {place} must be 1 to {MAX_LENGTH} bytes on one line")]
    Malformed { place: String },
    /// There is no terminal to ask at, or it does not answer.
    #[error("no passphrase can be asked for ({reason}); give it in a file (--passphrase-file)")]
    Terminal { reason: String },
}

impl Passphrase {
    /// Reads it from a file that users outside its group cannot open. One line break at
    /// the end is not part of it.
    pub fn from_file(path: &Path) -> Result<Self, PassphraseError> {
        let bytes = read_secret(path, MAX_LENGTH).map_err(PassphraseError::File)?;
        Self::new(bytes, || path.display().to_string())
    }

    /// Asks for it at the process's terminal, which does not show it.
    pub fn from_terminal(question: &str) -> Result<Self, PassphraseError> {
        Self::asked_at(TERMINAL, question)
    }

    fn asked_at(terminal: &str, question: &str) -> Result<Self, PassphraseError> {
        let config = ConfigBuilder::new()
            .input_file_path(terminal)
            .output_file_path(terminal)
            .build();
        let typed = prompt_password_with_config(format!("{question}: "), config);
        let typed = typed.map_err(|error| PassphraseError::Terminal {
            reason: error.to_string(),
        })?;
        Self::new(Zeroizing::new(typed.into_bytes()), || {
            "what was typed".into()
        })
    }

    fn new(bytes: Zeroizing<Vec<u8>>, place: impl Fn() -> String) -> Result<Self, PassphraseError> {
        if bytes.is_empty() || bytes.len() > MAX_LENGTH || bytes.contains(&b'\n') {
            return Err(PassphraseError::Malformed { place: place() });
        }
        Ok(Self(bytes))
    }

    /// The passphrase, for the decryption that it is for.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::termios::{LocalModes, tcgetattr};
    use std::fs::{File, OpenOptions};
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;

    fn read(content: &[u8], mode: u32) -> Result<Passphrase, PassphraseError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        Passphrase::from_file(file.path())
    }

    #[test]
    fn it_is_read_without_the_line_break() {
        let found = read(b"open sesame\n", 0o600).unwrap();
        assert_eq!(found.bytes(), b"open sesame");
        assert_eq!(format!("{found:?}"), "Passphrase(..)");
    }

    #[test]
    fn what_is_none_and_what_all_can_read_is_refused() {
        let long = [b'a'; MAX_LENGTH + 1];
        for content in [b"".as_slice(), b"\n", b"two\nlines", &long] {
            let error = read(content, 0o600).unwrap_err();
            assert!(matches!(error, PassphraseError::Malformed { .. }));
        }
        let error = read(b"open sesame", 0o644).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_terminal_is_asked_and_does_not_show_it() {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let terminal = ptsname(&master, Vec::new()).unwrap();
        let path = terminal.into_string().unwrap();
        // Open until the end, so that what it showed can be read.
        let open = OpenOptions::new().read(true).write(true).open(&path);
        let open = open.unwrap();
        let echoes = || {
            let modes = tcgetattr(&open).unwrap().local_modes;
            modes.contains(LocalModes::ECHO)
        };
        let asking = std::thread::spawn(move || Passphrase::asked_at(&path, "passphrase"));
        let mut master = File::from(master);
        let mut shown = Vec::new();
        let mut show = |master: &mut File, end: &[u8]| {
            while !shown.ends_with(end) {
                let mut byte = [0];
                master.read_exact(&mut byte).unwrap();
                shown.push(byte[0]);
            }
        };
        show(&mut master, b"passphrase: ");
        while echoes() {
            std::thread::yield_now();
        }
        master.write_all(b"open sesame\n").unwrap();
        show(&mut master, b"\r\n");
        assert_eq!(asking.join().unwrap().unwrap().bytes(), b"open sesame");
        assert_eq!(shown, b"passphrase: \r\n");
        assert!(echoes());
    }

    #[test]
    fn without_a_terminal_a_file_is_advised() {
        let none = Passphrase::asked_at("/nonexistent/tty", "question").unwrap_err();
        assert!(none.to_string().contains("--passphrase-file"), "{none}");
    }
}
