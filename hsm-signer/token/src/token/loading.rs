//! Which file is a PKCS#11 module, and why another is none: said before it is loaded where its first
//! bytes tell, for a vendor's library runs as soon as it is.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use cryptoki::error::Error as CryptokiError;

use crate::error::Error;

/// This program, whose architecture its libraries must have.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// The ELF header up to the machine (System V ABI, chapter 4).
const HEADER_LENGTH: usize = 20;
const MAGIC: &[u8] = b"\x7fELF";
/// A position-independent file: a library, and most programs.
const ET_DYN: u16 = 3;

/// Numbers of machines in ELF, of those that HSMs' libraries are made for.
const MACHINES: &[(u16, &str)] = &[
    (3, "i386"),
    (20, "ppc"),
    (21, "ppc64"),
    (22, "s390x"),
    (40, "arm"),
    (62, "x86_64"),
    (183, "aarch64"),
    (243, "riscv64"),
    (258, "loongarch64"),
];

/// The module's own path.
///
/// # Errors
/// [`Error::ModuleMissing`], or [`Error::ModuleUnusable`] where it cannot be reached.
pub(crate) fn find(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Error::ModuleMissing(path.into()),
        _ => unusable(path, format!("it cannot be reached: {error}")),
    })
}

/// Looks at the file's first bytes.
///
/// # Errors
/// [`Error::ModuleUnusable`] when it is no library for this program.
pub(super) fn inspect(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        let reason = "it is a directory; name the library itself, most often a file .so in it";
        return Err(unusable(path, reason));
    }
    // One that nobody writes to would be waited for.
    let kind = path.metadata().map(|metadata| metadata.file_type());
    if kind.is_ok_and(|kind| !kind.is_file()) {
        let reason = "it is a pipe or a device; name the library itself, a regular file";
        return Err(unusable(path, reason));
    }
    let header =
        header(path).map_err(|error| unusable(path, format!("it cannot be read: {error}")))?;
    if header.is_empty() {
        return Err(unusable(
            path,
            "the file is empty; install the HSM's library anew",
        ));
    }
    let Some(found) = Elf::of(&header) else {
        let reason = "it is no shared library (ELF); name the library itself, not a text or an \
                      archive that leads to it";
        return Err(unusable(path, reason));
    };
    if found.kind != ET_DYN {
        let reason = "it is a program or an object file, not a shared library; name the HSM's \
                      PKCS#11 library";
        return Err(unusable(path, reason));
    }
    // Where /proc is not to be had, the loader says it in its own words.
    let own = self::header(Path::new(OWN_PROGRAM)).ok();
    match own.as_deref().and_then(Elf::of) {
        Some(own)
            if (own.class, own.data, own.machine) != (found.class, found.data, found.machine) =>
        {
            let reason = format!(
                "it is for {}, and this program is for {}; install the HSM's library for the latter",
                found.architecture(),
                own.architecture()
            );
            Err(unusable(path, reason))
        }
        _ => Ok(()),
    }
}

/// Why the loader did not take a library, and what helps.
pub(super) fn refused(path: &Path, error: &CryptokiError) -> Error {
    let said = error.to_string();
    let reason = match error {
        CryptokiError::MissingSymbol(_) | CryptokiError::NullFunctionPointer => {
            "it is a library, but none of PKCS#11: it has no C_GetFunctionList; name the HSM's \
             PKCS#11 library"
                .into()
        }
        CryptokiError::Pkcs11(..) => format!("it gives no list of its functions: {said}"),
        _ if said.contains("undefined symbol") => format!(
            "it needs a function that no library here has ({said}); a library that it needs is \
             missing or of another version: ldd -r {}",
            path.display()
        ),
        _ if said.contains("cannot open shared object file") => format!(
            "it needs a library that is not installed ({said}); install that: ldd {}",
            path.display()
        ),
        _ if said.contains("executable") => {
            "it is a program, not a library; name the HSM's PKCS#11 library".into()
        }
        _ if said.contains("version `") => format!(
            "it was made for a newer system ({said}); install the HSM's library for this one"
        ),
        _ => said,
    };
    unusable(path, reason)
}

pub(super) fn unusable(path: &Path, reason: impl Into<String>) -> Error {
    Error::ModuleUnusable {
        path: path.into(),
        reason: reason.into(),
    }
}

fn header(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut header = Vec::new();
    let file = File::open(path)?;
    file.take(HEADER_LENGTH as u64).read_to_end(&mut header)?;
    Ok(header)
}

/// What an ELF header says of the machine.
struct Elf {
    /// 1 for 32 bits, 2 for 64.
    class: u8,
    /// 1 for little-endian, 2 for big-endian.
    data: u8,
    kind: u16,
    machine: u16,
}

impl Elf {
    fn of(header: &[u8]) -> Option<Self> {
        let header: &[u8; HEADER_LENGTH] = header.try_into().ok()?;
        if !header.starts_with(MAGIC) {
            return None;
        }
        let (class, data) = (header[4], header[5]);
        let number = |at: usize| {
            let bytes = [header[at], header[at + 1]];
            if data == 2 {
                u16::from_be_bytes(bytes)
            } else {
                u16::from_le_bytes(bytes)
            }
        };
        Some(Self {
            class,
            data,
            kind: number(16),
            machine: number(18),
        })
    }

    fn architecture(&self) -> String {
        let known = MACHINES.iter().find(|(number, _)| *number == self.machine);
        let name = known.map_or_else(
            || format!("machine {}", self.machine),
            |(_, name)| (*name).into(),
        );
        let bits = if self.class == 1 { 32 } else { 64 };
        format!("{name} ({bits} bits)")
    }
}
