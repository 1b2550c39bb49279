//! The functions of AWS-LC's FIPS module that `aws-lc-rs` does not hand out.

use std::ffi::CStr;

use aws_lc_fips_sys as module;

/// The module's name and version, as in `AWS-LC FIPS 4.2.0`.
pub(crate) fn version_string() -> &'static str {
    // SAFETY: takes nothing, and returns a string constant of the library, terminated by
    // a zero byte, which lives as long as the process.
    let version = unsafe { CStr::from_ptr(module::awslc_version_string()) };
    version.to_str().unwrap_or_default()
}

/// Whether the module's code and read-only data have the hash that was put in at build time.
pub(crate) fn integrity_test() -> bool {
    // SAFETY: takes nothing, and reads the module's own text and constants only.
    unsafe { module::BORINGSSL_integrity_test() == 1 }
}

/// Runs the module's known-answer tests.
pub(crate) fn self_test() -> bool {
    // SAFETY: takes nothing; the tests work on constants and buffers of their own, and may
    // run on any thread at any time.
    unsafe { module::BORINGSSL_self_test() == 1 }
}

/// Whether the module was built with its assembly.
pub(crate) fn has_assembly() -> bool {
    // SAFETY: takes nothing and returns a constant of the build.
    unsafe { module::CRYPTO_has_asm() == 1 }
}

/// This thread's service indicator: a counter that an approved service moves.
pub(crate) fn service_indicator() -> u64 {
    // SAFETY: takes nothing, and reads a counter that belongs to the calling thread.
    // FIPS_service_indicator_after_call reads the same one.
    unsafe { module::FIPS_service_indicator_before_call() }
}
