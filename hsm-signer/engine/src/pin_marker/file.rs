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

/// Has the file say `text`, for a person, whoever has made it.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    leave(path);
    let mut options = options(OFlags::NOFOLLOW);
    let file = options.write(true).create(true).truncate(true).open(path)?;
    fill(path, &file, text)
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
    remove_left_behind(path);
}

/// Removes the file that this process has made, unless its try has no known end.
pub(super) fn remove_left_behind(path: &Path) {
    let mut all = locked(&MADE);
    let Some(made) = all.remove(path).filter(|made| made.is_over) else {
        return;
    };
    if let Err(failure) = remove_same(path, &made.file) {
        let path_shown = path.display();
        tracing::error!(path = %path_shown, %failure, "no start tries the PIN while this file is there");
        all.insert(path.to_owned(), made);
    }
}

/// Removes what is at `path` if it is `file`.
fn remove_same(path: &Path, file: &File) -> io::Result<()> {
    let found = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    let own = file.metadata()?;
    if (found.dev(), found.ino()) == (own.dev(), own.ino()) {
        std::fs::remove_file(path)?;
        sync_directory(path)?;
    }
    Ok(())
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
