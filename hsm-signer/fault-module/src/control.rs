//! The control file: written by tests, read by the module.

use std::ffi::CStr;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

const CONTROL: &str = "control";
const LOG: &str = "log";
const DESCRIPTION: &str = "process";

/// A copy of the fault module in a directory, and what it is told.
pub struct Faults {
    directory: PathBuf,
    real: PathBuf,
}

impl Faults {
    /// Copies the built library at `library` to `directory`; it forwards to the module
    /// `real`, without a fault so far.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn install(library: &Path, directory: &Path, real: &Path) -> std::io::Result<Self> {
        let faults = Self {
            directory: directory.into(),
            real: real.into(),
        };
        std::fs::copy(library, faults.module())?;
        faults.set(&[])?;
        Ok(faults)
    }

    /// The module to load.
    pub fn module(&self) -> PathBuf {
        self.directory.join("libfault.so")
    }

    /// Replaces all rules, at once and as a whole.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, rules: &[&str]) -> std::io::Result<()> {
        let text = format!("module {}\n{}\n", self.real.display(), rules.join("\n"));
        let draft = self.directory.join("control.draft");
        std::fs::write(&draft, text)?;
        for entry in std::fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "count")
            {
                std::fs::remove_file(path)?;
            }
        }
        std::fs::rename(draft, self.directory.join(CONTROL))
    }

    /// What the process that loaded the module last is like, where a rule asked for it: its
    /// id, whether it can be dumped, its arguments and its environment, one a line.
    pub fn described(&self) -> Option<String> {
        std::fs::read_to_string(self.directory.join(DESCRIPTION)).ok()
    }

    /// The calls of the functions with a `log` rule since the beginning, one name each.
    pub fn log(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.directory.join(LOG)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// What a rule does.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Delay(u64),
    Hang,
    Crash,
    Return(u64),
    Flip,
    Length(u64),
    Limit(u64),
    Lie,
    Log,
    Describe,
}

/// One line of the control file.
#[derive(Debug)]
pub(crate) struct Rule {
    pub function: String,
    pub action: Action,
    times: Option<u64>,
    every: u64,
    calls: AtomicU64,
    counter: PathBuf,
}

impl Rule {
    fn parse(line: &str, counter: PathBuf) -> Option<Self> {
        let mut words = line.split_whitespace();
        let function = words.next()?.to_owned();
        let action = words.next()?;
        let mut number = || number(words.next()?);
        let action = match action {
            "delay" => Action::Delay(number()?),
            "hang" => Action::Hang,
            "crash" => Action::Crash,
            "return" => Action::Return(number()?),
            "flip" => Action::Flip,
            "length" => Action::Length(number()?),
            "limit" => Action::Limit(number()?),
            "lie" => Action::Lie,
            "log" => Action::Log,
            "describe" => Action::Describe,
            _ => return None,
        };
        let rest: Vec<&str> = words.collect();
        let after = |word: &str| {
            let place = rest.iter().position(|other| *other == word)?;
            number_of(rest.get(place + 1)?)
        };
        Some(Self {
            function,
            action,
            times: after("times"),
            every: after("every").unwrap_or(1).max(1),
            calls: AtomicU64::new(0),
            counter,
        })
    }

    /// Whether the rule takes effect on this call.
    pub fn fires(&self) -> bool {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        call.is_multiple_of(self.every) && self.times.is_none_or(|times| self.counted() <= times)
    }

    /// Counts a call in a file, since processes come and go.
    fn counted(&self) -> u64 {
        let append = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.counter);
        let Ok(mut file) = append else {
            return u64::MAX;
        };
        match file.write_all(b".").and_then(|()| file.metadata()) {
            Ok(metadata) => metadata.len(),
            Err(_) => u64::MAX,
        }
    }
}

fn number(word: &str) -> Option<u64> {
    number_of(word)
}

fn number_of(word: &str) -> Option<u64> {
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

/// The rules as the control file has them now.
pub(crate) fn rules() -> Arc<Vec<Rule>> {
    static READ: Mutex<Option<(Stamp, Arc<Vec<Rule>>)>> = Mutex::new(None);
    let stamp = stamp();
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((before, rules)) = read.as_ref()
        && *before == stamp
    {
        return Arc::clone(rules);
    }
    let rules = Arc::new(parse());
    *read = Some((stamp, Arc::clone(&rules)));
    rules
}

/// The real module that the control file names.
pub(crate) fn real_module() -> Option<PathBuf> {
    let text = std::fs::read_to_string(directory()?.join(CONTROL)).ok()?;
    let line = text.lines().next()?.strip_prefix("module ")?;
    Some(line.into())
}

/// Writes down a call.
pub(crate) fn log(function: &str) {
    let Some(directory) = directory() else {
        return;
    };
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join(LOG));
    if let Ok(mut log) = log {
        let _ = log.write_all(format!("{function}\n").as_bytes());
    }
}

/// Writes down what the process is like.
pub(crate) fn describe() {
    let Some(directory) = directory() else {
        return;
    };
    // SAFETY: PR_GET_DUMPABLE takes no arguments and touches no memory.
    let dumpable = unsafe { libc::prctl(libc::PR_GET_DUMPABLE) };
    let mut lines = vec![
        format!("pid {}", std::process::id()),
        format!("dumpable {dumpable}"),
    ];
    lines.extend(std::env::args_os().map(|word| format!("argument {}", word.display())));
    lines.extend(
        std::env::vars_os()
            .map(|(name, value)| format!("variable {}={}", name.display(), value.display())),
    );
    // A test that finds no file fails.
    let draft = directory.join("process.draft");
    let _ = std::fs::write(&draft, lines.join("\n"))
        .and_then(|()| std::fs::rename(draft, directory.join(DESCRIPTION)));
}

/// By which a changed file is known: each is a new one.
type Stamp = Option<(u64, i64, i64)>;

fn stamp() -> Stamp {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(directory()?.join(CONTROL)).ok()?;
    Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec()))
}

fn parse() -> Vec<Rule> {
    let Some(directory) = directory() else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(directory.join(CONTROL)).unwrap_or_default();
    let lines = text.lines().enumerate().skip(1);
    lines
        .filter_map(|(number, line)| Rule::parse(line, directory.join(format!("{number}.count"))))
        .collect()
}

/// Where this library was loaded from.
fn directory() -> Option<&'static Path> {
    static DIRECTORY: OnceLock<Option<PathBuf>> = OnceLock::new();
    DIRECTORY.get_or_init(find_directory).as_deref()
}

fn find_directory() -> Option<PathBuf> {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    let address = find_directory as *const ();
    // SAFETY: dladdr reads the address, which is one of this library's functions, and
    // writes the structure, for which zeroes are valid.
    let info = unsafe {
        if libc::dladdr(address.cast(), info.as_mut_ptr()) == 0 {
            return None;
        }
        info.assume_init()
    };
    if info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: dladdr gave a string that lives as long as the library is loaded.
    let path = unsafe { CStr::from_ptr(info.dli_fname) };
    let path = Path::new(path.to_str().ok()?).canonicalize().ok()?;
    File::open(&path).ok()?;
    path.parent().map(Path::to_path_buf)
}
