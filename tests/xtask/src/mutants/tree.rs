//! A copy of the workspace, for bugs to be planted in.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::mutant::Mutant;
use crate::command::cargo;
use crate::selection::LANES;
use crate::workspace;

/// The copy, in the target folder, where the next run finds it built.
pub struct Tree {
    root: PathBuf,
}

/// What the proofs say of the source.
pub enum Verdict {
    /// They hold.
    Proved,
    /// One does not, which is named.
    Refuted(String),
    /// It does not compile, for the reason that is given.
    NotCompiled(String),
}

impl Tree {
    /// Copies what Git knows of, as it is in the working tree.
    ///
    /// # Errors
    /// What kept it from being copied.
    pub fn new() -> Result<Self, String> {
        let root = workspace::target().join("mutants/tree");
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(workspace::root())
            .output()
            .map_err(|error| format!("git ls-files: {error}"))?;
        let listed = String::from_utf8(listed.stdout).map_err(|error| error.to_string())?;
        let tree = Self { root };
        for path in listed.split_terminator('\0') {
            // A file that was removed is listed until that is committed.
            if let Ok(content) = fs::read(workspace::root().join(path)) {
                tree.write(path, &content)?;
            }
        }
        Ok(tree)
    }

    /// Writes a file, unless it says that already: Cargo goes by its time.
    fn write(&self, path: &str, content: &[u8]) -> Result<(), String> {
        let path = self.root.join(path);
        if fs::read(&path).is_ok_and(|present| present == content) {
            return Ok(());
        }
        let said = |error| format!("{}: {error}", path.display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(said)?;
        }
        fs::write(&path, content).map_err(said)
    }

    /// What the proofs say of the source with a bug in it, which is taken out again.
    ///
    /// # Errors
    /// When the bug cannot be planted, or Cargo not be run.
    pub fn with(&self, mutant: &Mutant) -> Result<Verdict, String> {
        let path = format!("simd/src/{}", mutant.file);
        let source = fs::read_to_string(workspace::root().join(&path));
        let source = source.map_err(|error| format!("{path}: {error}"))?;
        self.write(&path, mutant.planted_in(&source)?.as_bytes())?;
        let verdict = self.judge();
        self.write(&path, source.as_bytes())?;
        verdict
    }

    /// What the proofs say of the source as it is now.
    ///
    /// # Errors
    /// When Cargo cannot be run.
    pub fn judge(&self) -> Result<Verdict, String> {
        let built = self.cargo("--no-run").output();
        let built = built.map_err(|error| format!("cargo: {error}"))?;
        if !built.status.success() {
            let said = String::from_utf8_lossy(&built.stderr).into_owned();
            return Ok(Verdict::NotCompiled(said));
        }
        // Machine code is compared with the source, which has the bug as well.
        let mut proofs = self.cargo("proof:: -- --skip proof::machine");
        let mut proofs = proofs
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cargo: {error}"))?;
        let mut refuted = None;
        if let Some(said) = proofs.stdout.take() {
            // Read to its end: what is not read would stop it.
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                let failed = line.strip_prefix("test ");
                let failed = failed.and_then(|line| line.strip_suffix(" ... FAILED"));
                if let (None, Some(name)) = (&refuted, failed) {
                    refuted = Some(name.to_owned());
                }
            }
        }
        let held = proofs.wait().map_err(|error| format!("cargo: {error}"))?;
        Ok(match refuted {
            Some(name) => Verdict::Refuted(name),
            None if held.success() => Verdict::Proved,
            None => Verdict::Refuted("the proofs, which were aborted".to_owned()),
        })
    }

    /// Cargo's test of the lanes.
    fn cargo(&self, words: &str) -> Command {
        cargo("test", "--lib")
            .packages(&[LANES])
            .path("--manifest-path", &self.root.join("Cargo.toml"))
            .path("--target-dir", &workspace::target().join("mutants/build"))
            .variable("CARGO_INCREMENTAL", "1")
            .variable("CARGO_PROFILE_DEV_DEBUG", "0")
            .words(words)
            .prepared()
    }
}
