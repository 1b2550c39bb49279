//! A disk of another program, which has the built library preloaded: told through a control
//! file, and heard of through a file beside it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::rule::Rule;

/// The variable that names the control file to the program.
const CONTROL: &str = "MLS_FAULT_DISK";

/// The files right in one directory, as a program sees them that is started with
/// [`environment`](Self::environment).
pub struct PreloadedDisk {
    library: PathBuf,
    directory: PathBuf,
    control: PathBuf,
}

impl PreloadedDisk {
    /// The files right in `directory`; `library` is this crate's, built, and the control file
    /// `control` lies in another directory.
    ///
    /// # Errors
    /// When the directory is not there, or the control file cannot be written.
    pub fn new(library: &Path, directory: &Path, control: &Path) -> std::io::Result<Self> {
        let disk = Self {
            library: library.into(),
            directory: directory.canonicalize()?,
            control: control.into(),
        };
        disk.set(None)?;
        Ok(disk)
    }

    /// The variables of the program.
    pub fn environment(&self) -> [(String, String); 2] {
        let text = |path: &Path| path.display().to_string();
        [
            ("LD_PRELOAD".into(), text(&self.library)),
            (CONTROL.into(), text(&self.control)),
        ]
    }

    /// From now on the disk fails so, or does not.
    ///
    /// # Errors
    /// When the control file cannot be written.
    pub fn set(&self, rule: Option<Rule>) -> std::io::Result<()> {
        let name = rule.map_or("", Rule::name);
        let draft = self.control.with_extension("draft");
        std::fs::write(&draft, format!("{}\n{name}\n", self.directory.display()))?;
        std::fs::rename(draft, &self.control)
    }

    /// How many calls of the program were made to fail.
    pub fn failed(&self) -> u64 {
        let failures = std::fs::read(failures(&self.control)).unwrap_or_default();
        failures.len() as u64
    }
}

fn failures(control: &Path) -> PathBuf {
    control.with_extension("failures")
}

/// The control file of this process, if it was started with one.
fn control() -> Option<&'static Path> {
    static PLACE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let place = PLACE.get_or_init(|| std::env::var_os(CONTROL).map(PathBuf::from));
    place.as_deref()
}

/// Whether this process was started with a control file.
pub(crate) fn is_told() -> bool {
    control().is_some()
}

/// What the control file says of the files right in `directory`.
pub(crate) fn rule(directory: &Path) -> Option<Rule> {
    let text = std::fs::read_to_string(control()?).ok()?;
    let mut lines = text.lines();
    let concerned = lines.next().map(Path::new) == Some(directory);
    concerned.then(|| Rule::by_name(lines.next()?)).flatten()
}

/// Writes down that a call was made to fail: a byte for each.
pub(crate) fn write_down_failure() {
    let Some(control) = control() else { return };
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).open(failures(control));
    // A failure that is not written down fails the test that counts it.
    let _ = file.and_then(|mut file| file.write_all(b"x"));
}
