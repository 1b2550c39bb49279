//! A disk for tests that fails when told. Functions of this crate stand before libc's write,
//! pwrite, fsync and fdatasync: they forward, and let the files of chosen directories fail.
//!
//! A test that links this crate has them in its own process, and tells them by [`Disk`]. A
//! program that a test starts gets them by `LD_PRELOAD` of the built library, and is told
//! through a control file by [`PreloadedDisk`].

mod calls;
mod disk;
mod preloaded;
mod rule;

pub use disk::{Disk, failed, synced};
pub use preloaded::PreloadedDisk;
pub use rule::Rule;
