//! Disks of this process. After each sync that succeeded the file's content is kept: what a
//! power cut would leave.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::c_int;
use tempfile::TempDir;

use crate::preloaded;
use crate::rule::Rule;

/// The files right in one directory.
pub struct Disk {
    directory: PathBuf,
    kept: TempDir,
}

#[derive(Clone)]
struct State {
    rule: Option<Rule>,
    kept: PathBuf,
}

static DISKS: Mutex<Option<HashMap<PathBuf, State>>> = Mutex::new(None);
static ANY: AtomicBool = AtomicBool::new(false);
static FAILED: AtomicU64 = AtomicU64::new(0);
static SYNCED: AtomicU64 = AtomicU64::new(0);

fn disks() -> MutexGuard<'static, Option<HashMap<PathBuf, State>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    /// The files right in `directory`, without a fault so far.
    ///
    /// # Panics
    /// When the directory is not there.
    pub fn new(directory: &Path) -> Self {
        let disk = Self {
            directory: directory.canonicalize().unwrap(),
            kept: tempfile::tempdir().unwrap(),
        };
        disk.set(None);
        ANY.store(true, Ordering::SeqCst);
        disk
    }

    /// From now on the disk fails so, or does not.
    pub fn set(&self, rule: Option<Rule>) {
        let kept = self.kept.path().to_owned();
        let state = State { rule, kept };
        let mut disks = disks();
        disks
            .get_or_insert_default()
            .insert(self.directory.clone(), state);
    }

    /// Copies what a power cut would leave now into `directory`.
    ///
    /// # Panics
    /// When a file cannot be copied.
    pub fn power_cut(&self, directory: &Path) {
        for entry in std::fs::read_dir(self.kept.path()).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, directory.join(path.file_name().unwrap())).unwrap();
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        disks().get_or_insert_default().remove(&self.directory);
    }
}

/// How many calls were made to fail in this process.
pub fn failed() -> u64 {
    FAILED.load(Ordering::SeqCst)
}

/// How many syncs of chosen directories succeeded in this process.
pub fn synced() -> u64 {
    SYNCED.load(Ordering::SeqCst)
}

/// Whether a file of this process may be on a disk that fails.
fn any() -> bool {
    ANY.load(Ordering::SeqCst) || preloaded::is_told()
}

/// The file behind `descriptor`.
fn file(descriptor: c_int) -> Option<PathBuf> {
    let path = std::fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()?;
    path.is_absolute().then_some(path)
}

/// The disk right in this directory.
fn state(directory: &Path) -> Option<State> {
    disks().as_ref()?.get(directory).cloned()
}

/// What fails on the disk of the file behind `descriptor`.
pub(crate) fn rule(descriptor: c_int) -> Option<Rule> {
    if !any() {
        return None;
    }
    let file = file(descriptor)?;
    let directory = file.parent()?;
    match state(directory) {
        Some(state) => state.rule,
        None => preloaded::rule(directory),
    }
}

/// Counts a call that was made to fail.
pub(crate) fn count_failure() {
    FAILED.fetch_add(1, Ordering::SeqCst);
    preloaded::write_down_failure();
}

/// The file behind `descriptor` was synced: a power cut would leave what it has now.
pub(crate) fn keep(descriptor: c_int) {
    if !ANY.load(Ordering::SeqCst) {
        return;
    }
    let Some(path) = file(descriptor) else { return };
    if let Some(state) = state(&path) {
        keep_removals(&path, &state.kept);
    }
    if let Some(state) = path.parent().and_then(state)
        && path.is_file()
    {
        SYNCED.fetch_add(1, Ordering::SeqCst);
        keep_content(&path, &state.kept);
    }
}

/// A file that was removed comes back after a power cut unless its directory was synced since.
fn keep_removals(directory: &Path, kept: &Path) {
    let entries = std::fs::read_dir(kept).into_iter().flatten().flatten();
    for entry in entries {
        if !directory.join(entry.file_name()).exists() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn keep_content(path: &Path, kept: &Path) {
    let name = path.file_name().unwrap_or_default();
    // Beside the directory, so that a power cut never finds half of a copy.
    let draft = format!("{}-{}", kept.display(), name.display());
    let copied = std::fs::copy(path, &draft).and_then(|_| std::fs::rename(&draft, kept.join(name)));
    if let Err(error) = copied {
        eprintln!("disk: {error}");
        std::process::abort();
    }
}
