//! What a test holds: a copy of the module, and the pen that writes its control file.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::control::{CONTROL, DESCRIPTION, LOG, SIGNED};
use crate::rule::Rule;

/// A copy of the fault module in a directory, and what it is told.
#[derive(Debug)]
pub struct Faults {
    directory: PathBuf,
    real: PathBuf,
    /// Each set of rules counts its calls in a directory of its own.
    set: AtomicU64,
}

impl Faults {
    /// Copies the built library at `library` to `directory`; it forwards to the module
    /// `real`, without a fault so far. A process that loads two copies has two modules,
    /// told apart, that forward to the same one.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn install(library: &Path, directory: &Path, real: &Path) -> std::io::Result<Self> {
        let faults = Self {
            directory: directory.into(),
            real: real.into(),
            set: AtomicU64::new(0),
        };
        std::fs::copy(library, faults.module())?;
        faults.clear()?;
        Ok(faults)
    }

    /// The module to load.
    pub fn module(&self) -> PathBuf {
        self.directory.join("libfault.so")
    }

    /// Replaces all rules, at once and as a whole, by those of the given lines.
    ///
    /// # Errors
    /// When a line is no rule, or the file cannot be written.
    pub fn set(&self, lines: &[&str]) -> std::io::Result<()> {
        let rules: Result<Vec<Rule>, _> = lines.iter().map(|line| line.parse()).collect();
        let rules = rules.map_err(|error| Error::new(ErrorKind::InvalidInput, error))?;
        self.tell(&rules)
    }

    /// Replaces all rules, at once and as a whole. Their counts begin anew.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn tell(&self, rules: &[Rule]) -> std::io::Result<()> {
        let number = self.set.fetch_add(1, Ordering::SeqCst);
        let counters = format!("counters-{number}");
        std::fs::create_dir_all(self.directory.join(&counters))?;
        let lines: String = rules.iter().map(|rule| format!("{rule}\n")).collect();
        let real = self.real.display();
        let draft = self.directory.join(format!("control-{number}"));
        std::fs::write(
            &draft,
            format!("module {real}\ncounters {counters}\n{lines}"),
        )?;
        std::fs::rename(draft, self.directory.join(CONTROL))
    }

    /// No more faults.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear(&self) -> std::io::Result<()> {
        self.tell(&[])
    }

    /// What the process is like that last had a call with a `describe` rule: its id, whether
    /// it can be dumped, its arguments and its environment, one a line.
    pub fn described(&self) -> Option<String> {
        std::fs::read_to_string(self.directory.join(DESCRIPTION)).ok()
    }

    /// The calls of the functions with a `log` rule since the beginning, one name each.
    pub fn log(&self) -> Vec<String> {
        self.lines(LOG)
    }

    /// What the calls of C_Sign with a `keep` rule were to sign since the beginning.
    pub fn signed(&self) -> Vec<Vec<u8>> {
        let lines = self.lines(SIGNED);
        let decoded = lines.iter().map(base16ct::lower::decode_vec);
        decoded.map(Result::unwrap_or_default).collect()
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.directory.join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// The built library.
///
/// # Errors
/// When it is not there.
pub fn library() -> std::io::Result<PathBuf> {
    built(env!("CARGO_PKG_NAME"))
}

/// The built library of a crate such as this one. Cargo builds it with the programs whose
/// crates depend on it, and puts it into the same directory as their tests, or into `deps`
/// beside them.
///
/// # Errors
/// When it is not there.
pub fn built(package: &str) -> std::io::Result<PathBuf> {
    let name = format!("lib{package}.so");
    let program = std::env::current_exe()?;
    let directory = program.parent().unwrap_or(Path::new("."));
    let places = ["", "deps", "..", "../deps"];
    let paths = places.map(|place| directory.join(place).join(&name));
    paths.into_iter().find(|path| path.exists()).ok_or_else(|| {
        let advice = format!(
            "there is no {name} near {}; run: cargo build --package {package}",
            directory.display()
        );
        Error::new(ErrorKind::NotFound, advice)
    })
}
