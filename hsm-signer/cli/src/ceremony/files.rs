//! Plans and reports as files.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use mls_hsm_signer::keys::ceremony::CeremonyError;

/// No plan or report comes near this length in bytes.
const MAX_LENGTH: u64 = 1024 * 1024;

/// A file that did not exist.
pub fn create(path: &Path) -> Result<File, CeremonyError> {
    File::create_new(path).map_err(|error| unusable(path, &error))
}

/// Writes to the disk, so that it is there after a power failure.
pub fn write(file: &mut File, path: &Path, text: &str) -> Result<(), CeremonyError> {
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| unusable(path, &error))
}

pub fn read(path: &Path) -> Result<String, CeremonyError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_LENGTH).read_to_string(&mut text))
        .map_err(|error| unusable(path, &error))?;
    Ok(text)
}

fn unusable(path: &Path, error: &io::Error) -> CeremonyError {
    CeremonyError::File {
        path: path.into(),
        reason: error.to_string(),
    }
}
