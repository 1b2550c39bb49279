//! The choice of the instruction set.

use core::{fmt, str::FromStr};
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use crate::isa::{avx2::Avx2, avx512ifma::Avx512Ifma};
use crate::{
    isa::{Isa, portable::Portable},
    wipe,
};

mod break_even;

pub use break_even::Operation;

/// How much stack the copying around a kernel uses at most, in bytes.
const AROUND: usize = 64 * 1024;

/// An instruction set that this CPU has.
///
/// A value of this type is a proof of detection: none can be made for an
/// instruction set that the CPU or the operating system lacks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Backend(Kind);

/// One row for each instruction set, holding the witness of its detection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512Ifma(Avx512Ifma),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(all(test, emulated, target_arch = "x86_64"))]
    Emulated(crate::isa::emulated::Avx512Ifma),
    Portable(Portable),
}

/// The backend asked for by name cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// No backend has this name.
    #[error("unknown backend {0:?}: use one of {names}", names = Backend::NAMES.join(", "))]
    Unknown(String),
    /// This CPU, or this build, lacks the instruction set.
    #[error(
        "backend {0} needs instructions that this CPU lacks, or mls_lanes is not optimised in this \
         build: unset {variable}",
        variable = Backend::VARIABLE
    )]
    Unavailable(&'static str),
}

/// Runs one expression with the witness of the chosen instruction set.
macro_rules! with_isa {
    ($backend:expr, $isa:ident => $body:expr) => {
        match $backend.kind() {
            #[cfg(target_arch = "x86_64")]
            $crate::backend::Kind::Avx512Ifma($isa) => $body,
            #[cfg(target_arch = "x86_64")]
            $crate::backend::Kind::Avx2($isa) => $body,
            #[cfg(all(test, emulated, target_arch = "x86_64"))]
            $crate::backend::Kind::Emulated($isa) => $body,
            $crate::backend::Kind::Portable($isa) => $body,
        }
    };
}
pub(crate) use with_isa;

impl Backend {
    /// The names of all backends, best first, whether this CPU has them or not.
    pub const NAMES: &[&str] = &["avx512ifma", "avx2", "portable"];

    /// The environment variable that overrides [`selected`](Self::selected), for
    /// support cases: the name of a backend.
    pub const VARIABLE: &str = "MLS_LANES_BACKEND";

    /// The backends that this CPU has, best first; the last is always `portable`, which is the
    /// only one where the compiler does not optimise this crate. Cargo's profile `dev` does with
    /// `[profile.dev.package.mls_lanes] opt-level = 3`.
    pub fn available() -> Vec<Self> {
        Self::NAMES
            .iter()
            .filter_map(|name| Self::detect(name))
            .collect()
    }

    /// AVX-512 IFMA's, on an emulated processor.
    #[cfg(all(test, emulated, target_arch = "x86_64"))]
    pub(crate) fn emulated() -> Self {
        Self(Kind::Emulated(crate::isa::emulated::Avx512Ifma))
    }

    /// The best backend that this CPU has, whatever the environment says.
    pub fn best() -> Self {
        Self::available()
            .first()
            .copied()
            .unwrap_or(Self(Kind::Portable(Portable)))
    }

    /// The backend to use: the one named by [`VARIABLE`](Self::VARIABLE), or else
    /// the [`best`](Self::best). Decided at the first call and never changed.
    ///
    /// # Errors
    ///
    /// If the variable names no backend, or one that this CPU lacks.
    pub fn selected() -> Result<Self, BackendError> {
        static SELECTED: OnceLock<Result<Backend, BackendError>> = OnceLock::new();
        SELECTED.get_or_init(Self::from_environment).clone()
    }

    fn from_environment() -> Result<Self, BackendError> {
        match std::env::var_os(Self::VARIABLE) {
            Some(name) => name.to_string_lossy().parse(),
            None => Ok(Self::best()),
        }
    }

    /// The name, one of [`NAMES`](Self::NAMES).
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Ifma(_) => "avx512ifma",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(all(test, emulated, target_arch = "x86_64"))]
            Kind::Emulated(_) => "avx512ifma, emulated",
            Kind::Portable(_) => "portable",
        }
    }

    /// The number of elements computed at once. Batches that are a multiple of it
    /// leave no lane idle.
    pub fn lanes(self) -> usize {
        fn of<I: Isa>(_: I) -> usize {
            I::LANES
        }
        with_isa!(self, isa => of(isa))
    }

    /// The most elements computed together.
    pub(crate) fn group(self) -> usize {
        fn of<I: Isa>(_: I) -> usize {
            I::GROUP
        }
        with_isa!(self, isa => of(isa))
    }

    /// Runs what handles secrets, then clears the stack and the vector registers that it
    /// used: a kernel clears up after itself, but copying its results to the caller leaves
    /// traces too.
    pub(crate) fn clear_after(self, work: impl FnOnce()) {
        apart(work);
        wipe::stack(AROUND);
        with_isa!(self, isa => isa.clear_registers());
    }

    pub(crate) fn kind(self) -> Kind {
        self.0
    }

    fn detect(name: &str) -> Option<Self> {
        let kind = match name {
            // Their frames would be of megabytes.
            "avx512ifma" | "avx2" if cfg!(unoptimised) => return None,
            #[cfg(target_arch = "x86_64")]
            "avx512ifma" => Kind::Avx512Ifma(Avx512Ifma::detect()?),
            #[cfg(target_arch = "x86_64")]
            "avx2" => Kind::Avx2(Avx2::detect()?),
            "portable" => Kind::Portable(Portable),
            _ => return None,
        };
        Some(Self(kind))
    }
}

impl FromStr for Backend {
    type Err = BackendError;

    fn from_str(name: &str) -> Result<Self, BackendError> {
        let known = Self::NAMES.iter().find(|known| **known == name);
        let known = known.ok_or_else(|| BackendError::Unknown(name.to_owned()))?;
        Self::detect(known).ok_or(BackendError::Unavailable(known))
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backend({})", self.name())
    }
}

/// Gives what it runs a frame below the caller's.
#[inline(never)]
fn apart(work: impl FnOnce()) {
    work();
}
