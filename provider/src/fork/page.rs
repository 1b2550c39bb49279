//! A page that the kernel wipes in a child (Linux, `madvise(2)`, MADV_WIPEONFORK), for one number.

use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

/// Advice that does not exist. An emulator that takes it for done does not follow advice at all, as
/// QEMU's user mode up to version 8 does.
const NO_ADVICE: libc::c_int = -1;

/// The page of this process, zero at first and in each child; `None` where the kernel (before
/// Linux 4.14) or an emulator has no such pages.
pub(super) fn wiped_on_fork() -> Option<&'static AtomicU64> {
    static PAGE: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();
    *PAGE.get_or_init(map)
}

fn map() -> Option<&'static AtomicU64> {
    let len = size_of::<AtomicU64>();
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping at an address of the kernel's choice touches no memory there is.
    let page = unsafe { libc::mmap(ptr::null_mut(), len, access, kind, -1, 0) };
    if page == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: `page` is the mapping made above, which nothing else refers to; advice that does not
    // exist changes nothing.
    let advised = |advice| unsafe { libc::madvise(page, len, advice) } == 0;
    if advised(NO_ADVICE) || !advised(libc::MADV_WIPEONFORK) {
        // SAFETY: the mapping made above, to which no reference was made.
        unsafe { libc::munmap(page, len) };
        return None;
    }
    // SAFETY: the mapping is never unmapped, begins at a page and so is aligned, is zeros, which are
    // an `AtomicU64`, and is reached through this reference alone. The kernel wipes it in a
    // child before anything runs there.
    Some(unsafe { AtomicU64::from_ptr(page.cast()) })
}
