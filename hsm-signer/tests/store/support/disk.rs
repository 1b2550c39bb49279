//! A disk that fails when told. The functions below stand before libc's in this program, for
//! SQLite as for all else; they forward, and let the files of chosen directories fail. After
//! each sync that succeeded the file's content is kept: what a power cut would leave.

use std::collections::HashMap;
use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::{c_int, c_void, off_t, off64_t, size_t, ssize_t};
use tempfile::TempDir;

/// What fails, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Writes find no room (ENOSPC).
    Full,
    /// Half of what is to be written finds room, the rest not (ENOSPC).
    Torn,
    /// Writes fail (EIO).
    WriteError,
    /// Syncs fail (EIO), after the data was written.
    SyncError,
    /// Syncs find no room (ENOSPC), as on file systems that allocate late.
    SyncFull,
}

impl Rule {
    pub const ALL: [Self; 5] = [
        Self::Full,
        Self::Torn,
        Self::WriteError,
        Self::SyncError,
        Self::SyncFull,
    ];
}

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

/// The file behind `descriptor` and its disk, if it is on a chosen one.
fn chosen(descriptor: c_int) -> Option<(PathBuf, State)> {
    if !ANY.load(Ordering::SeqCst) {
        return None;
    }
    let path = std::fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()?;
    let state = disks().as_ref()?.get(path.parent()?)?.clone();
    Some((path, state))
}

/// The function of this name after this program's.
fn real(name: &CStr) -> *mut c_void {
    // SAFETY: the name is a C string; RTLD_NEXT may be asked from any object.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    if found.is_null() {
        std::process::abort();
    }
    found
}

fn fail(code: c_int) -> c_int {
    FAILED.fetch_add(1, Ordering::SeqCst);
    // SAFETY: it gives the place of this thread's errno.
    unsafe { *libc::__errno_location() = code };
    -1
}

/// How many of `count` bytes may be written to `descriptor`, or the error.
fn room(descriptor: c_int, count: size_t) -> Result<size_t, c_int> {
    match chosen(descriptor).and_then(|(_, state)| state.rule) {
        Some(Rule::Full) => Err(libc::ENOSPC),
        // Of less than a page nothing: what is left of a torn write.
        Some(Rule::Torn) if count < 1024 => Err(libc::ENOSPC),
        Some(Rule::Torn) => Ok(count / 2),
        Some(Rule::WriteError) => Err(libc::EIO),
        Some(Rule::SyncError | Rule::SyncFull) | None => Ok(count),
    }
}

type Write = unsafe extern "C" fn(c_int, *const c_void, size_t) -> ssize_t;

/// write(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, buffer: *const c_void, count: size_t) -> ssize_t {
    match room(fd, count) {
        Ok(count) => {
            // SAFETY: libc's write has this type.
            let real: Write = unsafe { std::mem::transmute(real(c"write")) };
            // SAFETY: the caller's arguments, with no more bytes than it has.
            unsafe { real(fd, buffer, count) }
        }
        Err(code) => fail(code) as ssize_t,
    }
}

type Pwrite = unsafe extern "C" fn(c_int, *const c_void, size_t, off_t) -> ssize_t;

/// pwrite(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(
    fd: c_int,
    buffer: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    match room(fd, count) {
        Ok(count) => {
            // SAFETY: libc's pwrite has this type.
            let real: Pwrite = unsafe { std::mem::transmute(real(c"pwrite")) };
            // SAFETY: the caller's arguments, with no more bytes than it has.
            unsafe { real(fd, buffer, count, offset) }
        }
        Err(code) => fail(code) as ssize_t,
    }
}

type Pwrite64 = unsafe extern "C" fn(c_int, *const c_void, size_t, off64_t) -> ssize_t;

/// pwrite64(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(
    fd: c_int,
    buffer: *const c_void,
    count: size_t,
    offset: off64_t,
) -> ssize_t {
    match room(fd, count) {
        Ok(count) => {
            // SAFETY: libc's pwrite64 has this type.
            let real: Pwrite64 = unsafe { std::mem::transmute(real(c"pwrite64")) };
            // SAFETY: the caller's arguments, with no more bytes than it has.
            unsafe { real(fd, buffer, count, offset) }
        }
        Err(code) => fail(code) as ssize_t,
    }
}

type Sync = unsafe extern "C" fn(c_int) -> c_int;

fn sync(fd: c_int, name: &CStr) -> c_int {
    let chosen = chosen(fd);
    match chosen.as_ref().and_then(|(_, state)| state.rule) {
        Some(Rule::SyncError) => return fail(libc::EIO),
        Some(Rule::SyncFull) => return fail(libc::ENOSPC),
        _ => {}
    }
    // SAFETY: libc's fsync and fdatasync have this type.
    let real: Sync = unsafe { std::mem::transmute(real(name)) };
    // SAFETY: any number may be given.
    let done = unsafe { real(fd) };
    if done == 0 {
        keep_removals(fd);
    }
    if done == 0
        && let Some((path, state)) = chosen
        && path.is_file()
    {
        SYNCED.fetch_add(1, Ordering::SeqCst);
        keep(&path, &state.kept);
    }
    done
}

/// A file that was removed comes back after a power cut unless its directory was synced since.
fn keep_removals(descriptor: c_int) {
    if !ANY.load(Ordering::SeqCst) {
        return;
    }
    let Ok(directory) = std::fs::read_link(format!("/proc/self/fd/{descriptor}")) else {
        return;
    };
    let state = disks()
        .as_ref()
        .and_then(|disks| disks.get(&directory).cloned());
    let Some(state) = state else { return };
    for entry in std::fs::read_dir(&state.kept)
        .into_iter()
        .flatten()
        .flatten()
    {
        if !directory.join(entry.file_name()).exists() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn keep(path: &Path, kept: &Path) {
    let name = path.file_name().unwrap_or_default();
    // Beside the directory, so that a power cut never finds half of a copy.
    let draft = format!("{}-{}", kept.display(), name.display());
    let copied = std::fs::copy(path, &draft).and_then(|_| std::fs::rename(&draft, kept.join(name)));
    if let Err(error) = copied {
        eprintln!("disk: {error}");
        std::process::abort();
    }
}

/// fsync(2).
#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    sync(fd, c"fsync")
}

/// fdatasync(2).
#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    sync(fd, c"fdatasync")
}
