//! A secret in a file of its own: PINs, passphrases, passwords, private keys.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The permission bits that let users outside the file's group read, write or search.
const OTHERS: u32 = 0o007;

/// Why a secret could not be read. No variant carries anything of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
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
    #[error("{0} is not a regular file; write the secret to a file of its own")]
    NotAFile(PathBuf),
}

/// Reads a secret from a file that users outside its group cannot open, without the line
/// break at its end. Of one that is longer than `max_length`, more than that is returned.
///
/// # Errors
/// [`SecretFileError`] when the file cannot be read, is not a regular file, or is open to every
/// user.
pub fn read_secret(path: &Path, max_length: usize) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let read = |source| SecretFileError::Read {
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

fn check_permissions(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SecretFileError> {
    if !metadata.is_file() {
        return Err(SecretFileError::NotAFile(path.into()));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(SecretFileError::WorldAccessible {
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

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_the_secret() {
        for content in [b"1234".as_slice(), b"1234\n", b"1234\r\n"] {
            assert_eq!(without_line_break(content), b"1234");
        }
        assert_eq!(without_line_break(b"1234\n\n"), b"1234\n");
    }
}
