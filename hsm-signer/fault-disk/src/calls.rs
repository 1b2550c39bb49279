//! The functions that stand before libc's, for SQLite as for all else.

use std::ffi::CStr;

use libc::{c_int, c_void, off_t, off64_t, size_t, ssize_t};

use crate::disk;
use crate::rule::Rule;

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
    disk::count_failure();
    // SAFETY: it gives the place of this thread's errno.
    unsafe { *libc::__errno_location() = code };
    -1
}

/// How many of `count` bytes may be written to `descriptor`, or the error.
fn room(descriptor: c_int, count: size_t) -> Result<size_t, c_int> {
    disk::rule(descriptor).map_or(Ok(count), |rule| rule.room(count))
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
    if let Some(Err(code)) = disk::rule(fd).map(Rule::sync) {
        return fail(code);
    }
    // SAFETY: libc's fsync and fdatasync have this type.
    let real: Sync = unsafe { std::mem::transmute(real(name)) };
    // SAFETY: any number may be given.
    let done = unsafe { real(fd) };
    if done == 0 {
        disk::keep(fd);
    }
    done
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
