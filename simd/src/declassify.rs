//! Marks what a batch tells its caller about secrets.
//!
//! The check in `checks/secret-flow` runs the crate under valgrind or
//! MemorySanitizer with all scalars marked as undefined, so that a branch or an
//! address that depends on one is reported. The outcome of an element is meant to
//! be seen; here it is marked as defined again. Without the check this is nothing.

/// A value that the caller may know.
#[cfg(not(any(secret_flow = "valgrind", secret_flow = "msan")))]
#[inline(always)]
pub(crate) fn declassify<T>(value: T) -> T {
    value
}

/// A value that the caller may know.
#[cfg(secret_flow = "valgrind")]
pub(crate) fn declassify<T>(mut value: T) -> T {
    /// `VALGRIND_MAKE_MEM_DEFINED` of memcheck.h.
    const MAKE_MEM_DEFINED: usize = 0x4d43_0002;
    let address = core::ptr::from_mut(&mut value).addr();
    let request = [MAKE_MEM_DEFINED, address, size_of::<T>(), 0, 0, 0];
    // SAFETY: the instructions of valgrind.h's client request for x86-64, which
    // change nothing but rdx, and the shadow of the value under valgrind.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") &raw const request, inout("rdx") 0_usize => _,
        );
    }
    value
}

/// A value that the caller may know.
#[cfg(secret_flow = "msan")]
pub(crate) fn declassify<T>(mut value: T) -> T {
    unsafe extern "C" {
        fn __msan_unpoison(address: *const core::ffi::c_void, size: usize);
    }
    // SAFETY: the address and the size are those of a local variable.
    unsafe { __msan_unpoison(core::ptr::from_mut(&mut value).cast(), size_of::<T>()) };
    value
}
