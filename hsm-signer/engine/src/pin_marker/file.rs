//! The marker's file: made, removed, and known from those that others have made.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use mls_signer_token::sync::locked;
use rustix::fs::OFlags;

/// What this process has made, by path, until it is gone or a person has to see to it. Any other file at the
/// path says what another process or a person has to say.
static MADE: Mutex<BTreeMap<PathBuf, Made>> = Mutex::new(BTreeMap::new());

/// A file that this process has made.
struct Made {
    /// Held open, so that no other file has its inode's number.
    file: Arc<File>,
    /// The token did not refuse the PIN; the file is to be removed.
    is_over: bool,
}

/// Makes the file, with `text`. Where that cannot be written, [`end`] removes the file.
pub(super) fn make(path: &Path, text: &str) -> io::Result<()> {
    let mut options = options(OFlags::NOFOLLOW);
    let file = options.write(true).create_new(true).open(path)?;
    let made = Made {
        file: Arc::new(file),
        is_over: false,
    };
    let file = Arc::clone(&made.file);
    locked(&MADE).insert(path.to_owned(), made);
    fill(path, &file, text)
}

/// Puts another file there, which says `text` to a person. What is there may be another process's, moved.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    leave(path);
    let name = path.file_name().unwrap_or_default();
    let new = path.with_file_name(format!(".{}.new", name.to_string_lossy()));
    let _ = std::fs::remove_file(&new);
    let mut options = options(OFlags::NOFOLLOW);
    let file = options.write(true).create_new(true).open(&new)?;
    fill(path, &file, text)?;
    std::fs::rename(&new, path)?;
    sync_directory(path)
}

/// A person removes the file.
pub(super) fn leave(path: &Path) {
    locked(&MADE).remove(path);
}

/// Nothing was refused: the file goes, if this process has made it.
pub(super) fn end(path: &Path) {
    if let Some(made) = locked(&MADE).get_mut(path) {
        made.is_over = true;
    }
    if let Err(failure) = remove_left_behind(path) {
        let path = path.display();
        tracing::error!(%path, %failure, "no other process tries the PIN while this file is there");
    }
}

/// Removes the file that this process has made, unless its try has no known end.
///
/// # Errors
/// Where it is there and cannot be removed.
pub(super) fn remove_left_behind(path: &Path) -> io::Result<()> {
    let mut all = locked(&MADE);
    let Some(made) = all.get(path) else {
        return Ok(());
    };
    if !made.is_over || remove_same(path, &made.file)? {
        all.remove(path);
    }
    Ok(())
}

/// Removes what is at `path` if it is `file`; whether that is gone for good.
fn remove_same(path: &Path, file: &File) -> io::Result<bool> {
    let own = file.metadata()?;
    let found = match path.symlink_metadata() {
        // With its directory, perhaps, which may come back.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(own.nlink() == 0),
        found => found?,
    };
    if (found.dev(), found.ino()) != (own.dev(), own.ino()) {
        return Ok(own.nlink() == 0);
    }
    std::fs::remove_file(path)?;
    // Should the file come back after a crash, a person has to see to it.
    let _ = sync_directory(path);
    Ok(true)
}

fn fill(path: &Path, mut file: &File, text: &str) -> io::Result<()> {
    writeln!(file, "{text}")?;
    file.sync_all()?;
    sync_directory(path)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent();
    let directory = parent.filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// What is made is closed to others.
pub(super) fn options(flags: OFlags) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600).custom_flags(flags.bits() as i32);
    options
}
