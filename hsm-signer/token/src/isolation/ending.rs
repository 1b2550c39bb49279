//! How a process ended that held a PKCS#11 module, said for a person.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// With which glibc's loader ends a process when it calls a function that is nowhere.
const LOADER_GAVE_UP: i32 = 127;

/// How Rust's runtime begins the line that it prints before it ends a process for want of memory.
const NO_MEMORY: &str = "memory allocation of ";

/// With which Rust's runtime ends a process.
const SIGABRT: i32 = 6;

/// Whether a line that was printed in the process says that it ends for want of memory: cryptoki
/// takes as much as a module says that its answer has.
pub fn is_want_of_memory(line: &str) -> bool {
    line.starts_with(NO_MEMORY)
}

/// How a module ended the process that held it: what follows the words "the PKCS#11 module".
pub fn how_ended(status: ExitStatus, lacked_memory: bool) -> String {
    match (status.code(), status.signal()) {
        (Some(LOADER_GAVE_UP), _) => {
            "needs a function that no library here has, and ended; a library that \
                                      it needs is missing or of another version: ldd -r shows which"
                .into()
        }
        (Some(code), _) => format!(
            "ended this program (exit status {code}) before the command was done; ask its vendor, or try \
             another version"
        ),
        (None, Some(SIGABRT)) if lacked_memory => {
            "returned a length or a count that no memory holds; ask its \
                                                   vendor, or try another version"
                .into()
        }
        (None, signal) => format!(
            "crashed (signal {}); ask its vendor, or try another version",
            signal.unwrap_or(0)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_a_sentence_of_its_own() {
        // Wait statuses: the code in the second byte, the signal in the first.
        for (status, lacked_memory, said) in [
            (0, false, "ended this program (exit status 0)"),
            (7 << 8, true, "ended this program (exit status 7)"),
            (127 << 8, false, "needs a function that no library here has"),
            (6, false, "crashed (signal 6)"),
            (6, true, "returned a length or a count that no memory holds"),
            (11, true, "crashed (signal 11)"),
        ] {
            let how = how_ended(ExitStatus::from_raw(status), lacked_memory);
            assert!(how.starts_with(said), "{status}: {how}");
        }
        assert!(is_want_of_memory("memory allocation of 8 bytes failed"));
        assert!(!is_want_of_memory("hello from the vendor"));
    }
}
