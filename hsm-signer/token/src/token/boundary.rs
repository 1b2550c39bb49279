//! The boundary to a module: an answer on which cryptoki panics, such as a length that no memory
//! holds, is the module's error.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::Path;

use cryptoki::error::Error as CryptokiError;

use crate::error::Error;

/// What is returned, most often, where there is a panic.
pub(super) const TOO_LONG: &str = "a length or a count that no memory holds";

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Has a panic on a module's answer print nothing, since it is an error that is said. For a
/// program, once, at its start: it is the process's panic hook that is changed.
pub fn hush_module_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !INSIDE.get() {
            before(panic);
        }
    }));
}

/// Runs one operation in the module at `path`, which has returned `what` where it panics.
pub(super) fn guarded<T>(
    path: &Path,
    what: &str,
    operation: impl FnOnce() -> Result<T, CryptokiError>,
) -> Result<T, Error> {
    INSIDE.set(true);
    let done = catch_unwind(AssertUnwindSafe(operation));
    INSIDE.set(false);
    match done {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(lied(path, what)),
    }
}

/// The module at `path` returned `what`, which cannot be.
pub(super) fn lied(path: &Path, what: impl Into<String>) -> Error {
    Error::ModuleLied {
        module: path.into(),
        what: what.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_modules_error() {
        let path = Path::new("module.so");
        let answered = guarded(path, TOO_LONG, || Ok(7)).unwrap();
        assert_eq!(answered, 7);
        let length = u64::MAX as usize;
        let error = guarded(path, TOO_LONG, || Ok(vec![0u8; length])).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("module.so returned a length"), "{said}");
        assert!(!INSIDE.get());
    }
}
