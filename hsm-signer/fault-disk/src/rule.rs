//! What fails, and how.

use libc::{c_int, size_t};

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
    /// All rules.
    pub const ALL: [Self; 5] = [
        Self::Full,
        Self::Torn,
        Self::WriteError,
        Self::SyncError,
        Self::SyncFull,
    ];

    /// Its name in a control file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Torn => "torn",
            Self::WriteError => "write-error",
            Self::SyncError => "sync-error",
            Self::SyncFull => "sync-full",
        }
    }

    /// The rule of this name.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// How many of `count` bytes may be written, or the error.
    pub(crate) fn room(self, count: size_t) -> Result<size_t, c_int> {
        match self {
            Self::Full => Err(libc::ENOSPC),
            // Of less than a page nothing: what is left of a torn write.
            Self::Torn if count < 1024 => Err(libc::ENOSPC),
            Self::Torn => Ok(count / 2),
            Self::WriteError => Err(libc::EIO),
            Self::SyncError | Self::SyncFull => Ok(count),
        }
    }

    /// Whether a sync succeeds, or the error.
    pub(crate) fn sync(self) -> Result<(), c_int> {
        match self {
            Self::SyncError => Err(libc::EIO),
            Self::SyncFull => Err(libc::ENOSPC),
            Self::Full | Self::Torn | Self::WriteError => Ok(()),
        }
    }
}
