//! Calls counted in files, since the processes that make them come and go.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// The counter of one rule.
#[derive(Debug)]
pub(crate) struct Counter {
    path: PathBuf,
}

impl Counter {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Counts a call, and says which one it is, from 1. No two calls are the same one.
    pub fn next(&self) -> std::io::Result<u64> {
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&self.path)?;
        file.lock()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let call = text.parse().unwrap_or(0) + 1;
        file.seek(SeekFrom::Start(0))?;
        write!(file, "{call}")?;
        Ok(call)
    }

    /// Ends the rule, in every process.
    pub fn end(&self) {
        let _ = File::create(self.path.with_extension("ended"));
    }

    pub fn ended(&self) -> bool {
        self.path.with_extension("ended").exists()
    }
}
