//! Marks what a batch tells its caller about secrets.
//!
//! The check in `checks/secret-flow` runs the crate under valgrind or
//! MemorySanitizer with all scalars marked as undefined, so that a branch or an
//! address that depends on one is reported. The outcome of an element is meant to
//! be seen; here it is marked as defined again. Without the check this is nothing.

/// A value that the caller may know.
#[cfg(not(any(secret_flow = "valgrind", secret_flow = "msan")))]
#[inline(always)]
pub(crate) fn declassify(value: bool) -> bool {
    value
}

/// A value that the caller may know.
#[cfg(secret_flow = "valgrind")]
pub(crate) fn declassify(mut value: bool) -> bool {
    use crabgrind::memcheck::{MemState, mark_memory};
    let address = core::ptr::from_mut(&mut value).cast();
    mark_memory(address, size_of::<bool>(), MemState::Defined).expect("running under valgrind");
    value
}

/// A value that the caller may know.
#[cfg(secret_flow = "msan")]
pub(crate) fn declassify(mut value: bool) -> bool {
    unsafe extern "C" {
        fn __msan_unpoison(address: *const core::ffi::c_void, size: usize);
    }
    // SAFETY: the address and the size are those of a local variable.
    unsafe { __msan_unpoison(core::ptr::from_mut(&mut value).cast(), size_of::<bool>()) };
    value
}
