//! The control file as the module reads it.

use std::ffi::CStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::counters::Counter;
use crate::rule::{Action, Rule};

pub(crate) const CONTROL: &str = "control";
pub(crate) const LOG: &str = "log";
pub(crate) const SIGNED: &str = "signed";
pub(crate) const DESCRIPTION: &str = "process";

/// A rule in force, with its counter.
#[derive(Debug)]
pub(crate) struct Ruling {
    pub rule: Rule,
    counter: Counter,
}

impl Ruling {
    /// Whether the rule takes effect on this call, which is counted. A count that cannot
    /// be kept ends the process: a test must not pass because a fault did not happen.
    pub fn fires(&self) -> bool {
        if self.rule.may_end() && self.counter.ended() {
            return false;
        }
        !self.rule.counts() || self.rule.fires_on(self.counter.next().unwrap_or_else(stop))
    }

    /// Ends the rule if it was to last until this function.
    pub fn pass(&self, function: &str) {
        if self.rule.ends_at(function) {
            self.counter.end();
        }
    }

    /// Whether the rule still keeps `function` hanging.
    pub fn holds(&self, function: &str) -> bool {
        self.rule.action() == Action::Hang && self.rule.concerns(function)
    }
}

/// The rules as the control file has them now.
pub(crate) fn rules() -> Arc<Vec<Ruling>> {
    static READ: Mutex<Option<(Stamp, Arc<Vec<Ruling>>)>> = Mutex::new(None);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let now = stamp();
    if let Some((before, rules)) = read.as_ref()
        && *before == now
    {
        return Arc::clone(rules);
    }
    let rules = Arc::new(parse());
    *read = Some((now, Arc::clone(&rules)));
    rules
}

/// The real module that the control file names.
pub(crate) fn real_module() -> Option<PathBuf> {
    let text = std::fs::read_to_string(directory()?.join(CONTROL)).ok()?;
    value(&text, "module ").map(PathBuf::from)
}

/// Writes down a call.
pub(crate) fn log(function: &str) {
    append(LOG, function);
}

/// Writes down what is to be signed, in hexadecimal.
pub(crate) fn keep(data: &[u8]) {
    append(SIGNED, &base16ct::lower::encode_string(data));
}

/// Adds a line to a file. A test that misses it fails.
fn append(name: &str, line: &str) {
    let Some(directory) = directory() else {
        return;
    };
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).open(directory.join(name));
    let _ = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
}

/// Writes down what this process is like. A test that finds no file fails.
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
    let variable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        format!("variable {}={}", name.display(), value.display())
    };
    lines.extend(std::env::vars_os().map(variable));
    let draft = directory.join("process-draft");
    let _ = std::fs::write(&draft, lines.join("\n"))
        .and_then(|()| std::fs::rename(draft, directory.join(DESCRIPTION)));
}

/// By which a changed file is known: each is a new one.
type Stamp = Option<(u64, i64, i64)>;

fn stamp() -> Stamp {
    let metadata = std::fs::metadata(directory()?.join(CONTROL)).ok()?;
    Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec()))
}

fn parse() -> Vec<Ruling> {
    let Some(directory) = directory() else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(directory.join(CONTROL)).unwrap_or_else(stop);
    let counters = directory.join(value(&text, "counters ").unwrap_or("."));
    let rules = text
        .lines()
        .filter(|line| line.starts_with("C_") || line.starts_with('*'));
    let ruling = |(number, line): (usize, &str)| Ruling {
        rule: line.parse().unwrap_or_else(stop),
        counter: Counter::new(counters.join(number.to_string())),
    };
    rules.enumerate().map(ruling).collect()
}

/// What follows `name` on the line that begins with it.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name))
}

fn stop<T>(error: impl std::fmt::Display) -> T {
    eprintln!("fault module: {error}");
    std::process::abort()
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
    path.parent().map(Path::to_path_buf)
}
