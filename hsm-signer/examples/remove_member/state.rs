//! The directory of a run, and SoftHSM's configuration in it.
//!
//! SoftHSM keeps its tokens where a file says that SOFTHSM2_CONF names. So that the
//! user's own tokens are never touched, the run starts itself again with that variable
//! naming a file of its own.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

const CONFIGURATION: &str = "SOFTHSM2_CONF";

/// The directory of this run.
pub struct State {
    directory: PathBuf,
}

impl State {
    /// In the first process: makes the directory `name` in `parent` anew and starts the program again with
    /// it. In the second: returns it.
    pub fn enter(parent: &Path, name: &str) -> Result<Self> {
        let parent = fs::create_dir_all(parent)
            .and_then(|()| parent.canonicalize())
            .map_err(|error| format!("the state directory {}: {error}", parent.display()))?;
        let state = Self {
            directory: parent.join(name),
        };
        let configuration = state.path("softhsm2.conf");
        if std::env::var_os(CONFIGURATION).is_some_and(|value| value == *configuration) {
            return Ok(state);
        }
        state.make_anew(&configuration)?;
        Err(start_again(&configuration).into())
    }

    /// The directory itself.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A path in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes a file that only this user can read.
    pub fn write_secret(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.path(name);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(content.as_bytes())?;
        Ok(path)
    }

    fn make_anew(&self, configuration: &Path) -> Result<()> {
        if self.directory.exists() {
            fs::remove_dir_all(&self.directory)?;
        }
        let tokens = self.path("tokens");
        fs::create_dir_all(&tokens)?;
        let content = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            tokens.display()
        );
        Ok(fs::write(configuration, content)?)
    }
}

/// Replaces this process; returns only if that fails.
fn start_again(configuration: &Path) -> std::io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(CONFIGURATION, configuration)
        .exec()
}
