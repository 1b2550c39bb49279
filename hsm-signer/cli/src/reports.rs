//! What the supervised process tells its supervisor, over a pipe that the PKCS#11 module beside it
//! does not know of: what a module prints is no answer, and that it ends the process is no success.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// One report.
pub enum Report {
    /// For standard output.
    Result(Vec<u8>),
    /// For standard error.
    Said(Vec<u8>),
    /// This module is loaded next.
    Loading(PathBuf),
    /// The module has answered, and its time begins anew.
    Answered,
    /// The command is done, with this exit code.
    Done(u8),
}

impl Report {
    /// The byte before its length (four bytes, the highest first) and its content.
    fn parts(&self) -> (u8, &[u8]) {
        match self {
            Self::Result(text) => (b'r', text),
            Self::Said(text) => (b's', text),
            Self::Loading(path) => (b'l', path.as_os_str().as_bytes()),
            Self::Answered => (b'a', &[]),
            Self::Done(code) => (b'd', std::slice::from_ref(code)),
        }
    }

    /// The next one; none where there is no other.
    ///
    /// # Errors
    /// [`NoReport`] when what is there is none.
    pub fn read(from: &mut impl Read) -> Option<Result<Self, NoReport>> {
        let mut head = [0; 5];
        from.read_exact(&mut head).ok()?;
        let [kind, length @ ..] = head;
        if !KINDS.contains(&kind) {
            return Some(Err(NoReport));
        }
        let length = u32::from_be_bytes(length);
        let mut content = Vec::new();
        from.take(length.into()).read_to_end(&mut content).ok()?;
        // It was ended as it wrote.
        if content.len() != length as usize {
            return None;
        }
        Some(match (kind, &content[..]) {
            (b'r', _) => Ok(Self::Result(content)),
            (b's', _) => Ok(Self::Said(content)),
            (b'l', path) => Ok(Self::Loading(Path::new(OsStr::from_bytes(path)).into())),
            (b'a', []) => Ok(Self::Answered),
            (b'd', [code]) => Ok(Self::Done(*code)),
            _ => Err(NoReport),
        })
    }
}

/// The bytes with which reports begin.
const KINDS: &[u8] = b"rslad";

/// What is in the pipe is no report: the module wrote it.
#[derive(Debug)]
pub struct NoReport;

/// The supervised end of the pipe.
#[derive(Clone)]
pub struct Reports(Arc<Mutex<std::fs::File>>);

impl Reports {
    /// The pipe comes as standard output, which from now on is where standard error is: both are for
    /// whatever the module prints.
    pub fn take_stdout() -> io::Result<Self> {
        let pipe = io::stdout().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(Self(Arc::new(Mutex::new(pipe.into()))))
    }

    pub fn send(&self, report: &Report) -> io::Result<()> {
        let (kind, content) = report.parts();
        let length = u32::try_from(content.len()).map_err(io::Error::other)?;
        let frame = [&[kind][..], &length.to_be_bytes(), content].concat();
        let mut pipe = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pipe.write_all(&frame)
    }
}

/// The log is for standard error.
impl Write for Reports {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.send(&Report::Said(text.to_vec()))?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_no_report_is_none() {
        let frame = [&b"r"[..], &3u32.to_be_bytes(), b"abc"].concat();
        let whole = Report::read(&mut frame.as_slice());
        assert!(matches!(whole, Some(Ok(Report::Result(text))) if text == b"abc"));
        for length in 0..frame.len() {
            assert!(Report::read(&mut &frame[..length]).is_none(), "{length}");
        }
        let announced = [&b"r"[..], &u32::MAX.to_be_bytes(), b"abc"].concat();
        assert!(Report::read(&mut announced.as_slice()).is_none());
        let printed = b"hello from the vendor\n{}\n";
        let two_codes = [&b"d"[..], &2u32.to_be_bytes(), &[0, 0]].concat();
        let zeros = [0; 8];
        for foreign in [&printed[..], &two_codes, &zeros] {
            assert!(matches!(Report::read(&mut &*foreign), Some(Err(NoReport))));
        }
    }
}
