//! A copy of the workspace, for bugs to be planted in.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::mutant::{Mutant, Part};
use super::planted::likeliest;
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
        let mut copied = HashSet::new();
        for path in listed.split_terminator('\0') {
            // A file that was removed is listed until that is committed.
            if let Ok(content) = fs::read(workspace::root().join(path)) {
                tree.write(path, &content)?;
                copied.insert(tree.root.join(path));
            }
        }
        let said = |error| format!("{}: {error}", tree.root.display());
        keep(&tree.root, &copied).map_err(said)?;
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
        // As it was copied: whoever works on meanwhile changes nothing here.
        let source = fs::read_to_string(self.root.join(&path));
        let source = source.map_err(|error| format!("{path}: {error}"))?;
        self.write(&path, mutant.planted_in(&source)?.as_bytes())?;
        let verdict = self.judge(mutant.part(), likeliest(mutant.file));
        self.write(&path, source.as_bytes())?;
        verdict
    }

    /// What the proofs of a part say of the source as it is now; those whose names contain one of
    /// `first` are asked first.
    ///
    /// # Errors
    /// When Cargo or the proofs cannot be run.
    pub fn judge(&self, part: Part, first: &[&str]) -> Result<Verdict, String> {
        let proofs = match self.built()? {
            Ok(proofs) => proofs,
            Err(said) => return Ok(Verdict::NotCompiled(said)),
        };
        let beside = match part {
            // Machine code is compared with the source, which has the bug as well.
            Part::Lanes => "proof::machine",
            // Bugs in machine code need no others beside them.
            Part::Proofs => "machine::planted",
        };
        if !first.is_empty() {
            let verdict = self.asked(&proofs, first, &[beside])?;
            if matches!(verdict, Verdict::Refuted(_)) {
                return Ok(verdict);
            }
        }
        let beside: Vec<&str> = first.iter().copied().chain([beside]).collect();
        self.asked(&proofs, &["proof::"], &beside)
    }

    /// The program of the proofs, or what the compiler says of the source.
    fn built(&self) -> Result<Result<PathBuf, String>, String> {
        let built = self.cargo().output();
        let built = built.map_err(|error| format!("cargo: {error}"))?;
        let said = String::from_utf8_lossy(&built.stderr).into_owned();
        if !built.status.success() {
            return Ok(Err(said));
        }
        let program = said.lines().find_map(|line| {
            let (_, path) = line.trim().strip_prefix("Executable ")?.split_once('(')?;
            Some(workspace::root().join(path.strip_suffix(')')?))
        });
        let program = program.ok_or_else(|| format!("cargo names no program:\n{said}"))?;
        Ok(Ok(program))
    }

    /// What the proofs say whose names contain one of `names` and none of `beside`.
    fn asked(&self, proofs: &Path, names: &[&str], beside: &[&str]) -> Result<Verdict, String> {
        let mut run = Command::new(proofs);
        run.args(names)
            .args(beside.iter().flat_map(|name| ["--skip", name]))
            .current_dir(self.root.join("simd"));
        heard(run)
    }

    /// Cargo's build of the proofs. A bug has them compiled once more and run up to the first that
    /// fails: not optimised, that takes a quarter of the time.
    fn cargo(&self) -> Command {
        cargo("test", "--lib --no-run")
            .packages(&[LANES])
            .path("--manifest-path", &self.root.join("Cargo.toml"))
            .path("--target-dir", &workspace::target().join("mutants/build"))
            .variable("CARGO_INCREMENTAL", "1")
            .variable("CARGO_PROFILE_DEV_DEBUG", "0")
            .variable("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
            .prepared()
    }
}

/// Removes the other files of a folder: what was renamed since would be there twice.
fn keep(folder: &Path, files: &HashSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            keep(&path, files)?;
        } else if !files.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// What a run of proofs says, up to the first that fails.
fn heard(mut run: Command) -> Result<Verdict, String> {
    let mut run = run
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("the proofs: {error}"))?;
    let said = run.stdout.take().map(BufReader::new);
    let lines = said.into_iter().flat_map(BufRead::lines);
    let refuted = lines.map_while(Result::ok).find_map(|line| {
        let failed = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
        Some(failed.to_owned())
    });
    if refuted.is_some() {
        // The others have nothing to add. It may have ended by itself.
        let _ = run.kill();
    }
    let held = run.wait().map_err(|error| format!("the proofs: {error}"))?;
    Ok(match refuted {
        Some(name) => Verdict::Refuted(name),
        None if held.success() => Verdict::Proved,
        None => Verdict::Refuted("the proofs, which were aborted".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::process::Command;
    use std::{env, fs, process};

    use super::{Tree, Verdict, heard, keep};

    /// Runs as a shell says, with the words that a program of tests would print.
    fn verdict(script: &str) -> Verdict {
        let mut run = Command::new("sh");
        run.args(["-c", script]);
        heard(run).expect("there is a shell")
    }

    #[test]
    fn the_first_that_fails_ends_a_run() {
        let said = "echo 'test one ... ok'; echo 'test two ... FAILED'; exec sleep 100000";
        assert!(matches!(verdict(said), Verdict::Refuted(name) if name == "two"));
    }

    #[test]
    fn what_ends_badly_without_a_failure_is_refuted() {
        assert!(matches!(verdict("exit 1"), Verdict::Refuted(_)));
        assert!(matches!(verdict("echo 'test one ... ok'"), Verdict::Proved));
    }

    #[test]
    fn what_was_renamed_is_there_once() {
        let root = env::temp_dir().join(format!("mutants-{}", process::id()));
        let tree = Tree { root: root.clone() };
        for path in ["proofs/old.rs", "proofs/new.rs"] {
            tree.write(path, b"").expect("a temporary folder");
        }
        let copied = HashSet::from([root.join("proofs/new.rs")]);
        keep(&root, &copied).expect("a folder that is there");
        let left = ["proofs/old.rs", "proofs/new.rs"].map(|path| root.join(path).exists());
        fs::remove_dir_all(&root).expect("a folder that is there");
        assert_eq!(left, [false, true]);
    }
}
