//! Files with secrets: PINs, passphrases, passwords, private keys. A pipe is read as a file is:
//! `/dev/stdin`, a FIFO, a shell's process substitution.

use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::printable::acts;

/// The permission bits that let users outside the file's group read, write or search.
const OTHERS: u32 = 0o007;

/// How long whoever is at the other end of a pipe may take: a person may have to type there.
const PATIENCE: Duration = Duration::from_secs(60);

/// What editors of Windows write before UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Why a secret could not be read. No variant carries anything of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The file could not be opened or read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Anyone on the machine may read or change the file.
    #[error("{path} is open to every user (mode {mode:04o}); run: chmod o= {path}")]
    WorldAccessible {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is a directory, a terminal or another device.
    #[error("{path} is {kind}, not a file or a pipe; name the file itself")]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there.
        kind: &'static str,
    },
    /// The pipe is another user's, and whoever has it may not open it anew.
    #[error(
        "{0} is a pipe of another user, which this one may not open; have it made by the user who runs \
         this (runuser -u USER -- sh -c '... | ...'), or name a file that this user may read"
    )]
    ForeignPipe(PathBuf),
    /// Nobody writes to the pipe.
    #[error(
        "nothing came through the pipe {0} within {seconds} s; start what writes to it first",
        seconds = PATIENCE.as_secs()
    )]
    Silent(PathBuf),
}

/// What is wrong with a secret that should be one line of text. Nothing of it is in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It is longer than such a secret.
    #[error("is longer than {0} bytes: is it another file?")]
    TooLong(usize),
    /// It is not UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// It begins with what editors of Windows put before a text.
    #[error(
        "begins with a byte order mark, which is no part of it; write it anew without, as with: printf %s"
    )]
    ByteOrderMark,
    /// It begins or ends with a blank.
    #[error(
        "begins or ends with a blank, which is most likely no part of it; write it anew without, as with: printf %s"
    )]
    OuterBlank,
    /// It has a line break or another control character in it.
    #[error("has a line break or another control character in it; it must be on one line")]
    ControlCharacter,
    /// It has a character in it that nobody sees, such as a zero-width space.
    #[error(
        "has a character in it that is not visible (U+{:04X}), which is most likely no part of it; write \
         it anew without, as with: printf %s",
        u32::from(*.0)
    )]
    Invisible(char),
}

/// Reads a secret from a file that users outside its group cannot open, without the line
/// break at its end. Of one that is longer than `max_length`, more than that is returned.
///
/// # Errors
/// [`SecretFileError`] when the file cannot be read, is neither a regular file nor a pipe, is open
/// to every user, or when nothing comes through the pipe.
pub fn read_secret(path: &Path, max_length: usize) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let room = max_length + 2;
    let mut bytes = read(path, room, |metadata| check_permissions(path, metadata))?;
    let length = without_line_break(&bytes).len();
    bytes.truncate(length);
    Ok(bytes)
}

/// Reads a file with a key as it is, whoever may open it. Of one that is longer than `max_length`,
/// more than that is returned.
///
/// # Errors
/// As [`read_secret`], but for who may open it.
pub fn read_key(path: &Path, max_length: usize) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    read(path, max_length, |_| Ok(()))
}

/// The text of a secret that is one line, of 1 to `max_length` bytes.
///
/// # Errors
/// [`LineFault`], so that no token is asked with what was never meant.
pub fn line(bytes: &[u8], max_length: usize) -> Result<&str, LineFault> {
    if bytes.len() > max_length {
        return Err(LineFault::TooLong(max_length));
    }
    let text = str::from_utf8(bytes).map_err(|_| LineFault::NotUtf8)?;
    let outer = [text.chars().next(), text.chars().next_back()];
    if text.is_empty() {
        Err(LineFault::Empty)
    } else if text.starts_with(BYTE_ORDER_MARK) {
        Err(LineFault::ByteOrderMark)
    } else if text.chars().any(|c| c.is_control() && c != '\t') {
        Err(LineFault::ControlCharacter)
    } else if outer.into_iter().flatten().any(char::is_whitespace) {
        Err(LineFault::OuterBlank)
    } else if text.contains('\t') {
        Err(LineFault::ControlCharacter)
    } else if let Some(invisible) = text.chars().find(|c| acts(*c)) {
        Err(LineFault::Invisible(invisible))
    } else {
        Ok(text)
    }
}

/// Reads up to one byte more than `max_length`, from what `check` admits.
fn read(
    path: &Path,
    max_length: usize,
    check: impl Fn(&Metadata) -> Result<(), SecretFileError>,
) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let failed = |source| SecretFileError::Read {
        path: path.into(),
        source,
    };
    // Before opening, which may do something to a device; after, for what was opened.
    let metadata = path.metadata().map_err(failed)?;
    check_kind(path, metadata.file_type())?;
    check(&metadata)?;
    let opened = if metadata.file_type().is_fifo() {
        read_pipe(path, max_length)?
    } else {
        read_opened(path, max_length)
    };
    let (metadata, bytes) = opened.map_err(|error| {
        let is_refused = error.kind() == io::ErrorKind::PermissionDenied;
        match is_refused && metadata.file_type().is_fifo() {
            true => SecretFileError::ForeignPipe(path.into()),
            false => failed(error),
        }
    })?;
    check_kind(path, metadata.file_type())?;
    check(&metadata)?;
    Ok(bytes)
}

type Opened = io::Result<(Metadata, Zeroizing<Vec<u8>>)>;

/// Opening a pipe waits for whoever writes, and nothing ends that: a thread of its own does, which
/// is left behind where nobody comes.
fn read_pipe(path: &Path, max_length: usize) -> Result<Opened, SecretFileError> {
    let (sender, opened) = mpsc::channel();
    let own_path = path.to_owned();
    thread::spawn(move || {
        // Who has waited long enough takes nothing, and it is wiped.
        let _ = sender.send(read_opened(&own_path, max_length));
    });
    let opened = opened.recv_timeout(PATIENCE);
    opened.map_err(|_| SecretFileError::Silent(path.into()))
}

fn read_opened(path: &Path, max_length: usize) -> Opened {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // Room for all of it at once, so that no copy is left behind by growing.
    let room = max_length + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(room as u64).read_to_end(&mut bytes)?;
    Ok((metadata, bytes))
}

fn check_kind(path: &Path, found: FileType) -> Result<(), SecretFileError> {
    if found.is_file() || found.is_fifo() {
        return Ok(());
    }
    let kind = if found.is_dir() {
        "a directory"
    } else if found.is_char_device() {
        "a terminal or another device"
    } else {
        "a socket or a device"
    };
    Err(SecretFileError::NotAFile {
        path: path.into(),
        kind,
    })
}

fn check_permissions(path: &Path, metadata: &Metadata) -> Result<(), SecretFileError> {
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

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (bytes, fault) in [
            ("".as_bytes(), LineFault::Empty),
            ("123456789".as_bytes(), LineFault::TooLong(8)),
            (b"\xff\xfe", LineFault::NotUtf8),
            ("\u{feff}1234".as_bytes(), LineFault::ByteOrderMark),
            (b"1234 ", LineFault::OuterBlank),
            (b" 1234", LineFault::OuterBlank),
            (b"1234\t", LineFault::OuterBlank),
            ("1234\u{a0}".as_bytes(), LineFault::OuterBlank),
            (b"12\n34", LineFault::ControlCharacter),
            (b"1234\n", LineFault::ControlCharacter),
            (b"12\t34", LineFault::ControlCharacter),
            (b"1\0", LineFault::ControlCharacter),
            ("1234\u{200b}".as_bytes(), LineFault::Invisible('\u{200b}')),
            ("12\u{ad}34".as_bytes(), LineFault::Invisible('\u{ad}')),
            ("\u{202e}1".as_bytes(), LineFault::Invisible('\u{202e}')),
        ] {
            assert_eq!(line(bytes, 8), Err(fault), "{bytes:?}");
        }
        for good in ["1", "12 34", "ä\u{20ac}", "12345678"] {
            assert_eq!(line(good.as_bytes(), 8), Ok(good));
        }
    }
}
