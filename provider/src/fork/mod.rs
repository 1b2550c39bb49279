//! Which process this is: a number that the child of a `fork` does not share with its parent.
//!
//! A child has a copy of everything, and what is for one use would be used by both. So whatever waits
//! to be used carries the number of the process that made it, and is none in another.
//!
//! | System | By |
//! |---|---|
//! | Linux | a page that the kernel wipes in a child |
//! | other Unix, emulators of Linux | the identifier of the process |
//! | without processes | nothing: there is no child |

#[cfg(target_os = "linux")]
mod page;

/// The number of this process. No process has that of one it descends from.
#[cfg(target_os = "linux")]
pub(crate) fn generation() -> u64 {
    page::wiped_on_fork().map_or_else(process_id, generation_of)
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn generation() -> u64 {
    process_id()
}

#[cfg(not(unix))]
pub(crate) const fn generation() -> u64 {
    0
}

/// A child has another one than its parent, and might have that of a process before it that has
/// ended.
#[cfg(unix)]
fn process_id() -> u64 {
    std::process::id().into()
}

/// The number on the page, or in a child that has none yet the next one.
#[cfg(target_os = "linux")]
fn generation_of(page: &std::sync::atomic::AtomicU64) -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    /// The last number that was given out here or before the fork.
    static LAST: AtomicU64 = AtomicU64::new(0);
    match page.load(Relaxed) {
        0 => {
            let next = LAST.fetch_add(1, Relaxed) + 1;
            // Of threads that come here at the same time one is first.
            match page.compare_exchange(0, next, Relaxed, Relaxed) {
                Ok(_) => next,
                Err(first) => first,
            }
        }
        generation => generation,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_process_keeps_its_number() {
        let here = generation();
        assert_ne!(here, 0);
        let elsewhere = std::thread::spawn(generation).join().unwrap();
        assert_eq!([generation(), elsewhere], [here; 2]);
    }

    /// What the kernel does to the page in a child.
    #[test]
    fn a_page_that_was_wiped_has_another_number() {
        let page = AtomicU64::new(0);
        let mut seen = Vec::new();
        for _ in 0..100 {
            let generation = generation_of(&page);
            assert_eq!(generation_of(&page), generation);
            assert!(!seen.contains(&generation));
            seen.push(generation);
            page.store(0, Ordering::Relaxed);
        }
    }
}
