//! Looks for secrets in this process's own memory.
//!
//! A [`Secret`] is kept masked, so that knowing what to look for does not put it there, and
//! [`watch`] scans every writable mapping while the code under test stands still. A buffer that was
//! freed without being wiped has lost its first bytes to the allocator, and one on a dead stack
//! frame may be partly overwritten, so parts of a secret count as well.

use std::{
    fs::{self, File},
    io::{self, Write},
    ops::Range,
    os::unix::fs::FileExt,
    sync::{Mutex, PoisonError, mpsc::sync_channel},
    thread,
};

use zeroize::{Zeroize, Zeroizing};

const MASK: u8 = 0xa5;
/// Long enough not to occur by chance.
const FRAGMENT: usize = 16;
const CHUNK: usize = 1 << 20;
/// What follows a chunk when it is searched, so that nothing is overlooked at its end.
const OVERLAP: usize = 1 << 12;

/// A byte string to look for.
#[derive(Clone, Debug)]
pub struct Secret {
    name: String,
    masked: Vec<u8>,
}

impl Secret {
    /// The secret with these bytes.
    pub fn new(name: impl Into<String>, bytes: &[u8]) -> Self {
        let masked = bytes.iter().map(|byte| byte ^ MASK).collect();
        Self {
            name: name.into(),
            masked,
        }
    }

    /// A secret of random bytes: what `masked` becomes when the mask is taken off.
    pub fn unmasked(name: impl Into<String>, masked: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            masked,
        }
    }

    /// The secret with these hexadecimal digits, which never become bytes on the way.
    pub fn from_hex(name: impl Into<String>, digits: &str) -> Self {
        let digit = |i: usize| u8::from_str_radix(&digits[i..=i], 16).expect("a digit");
        let masked = (0..digits.len())
            .step_by(2)
            .map(|i| (digit(i) ^ MASK >> 4) << 4 | (digit(i + 1) ^ MASK & 0x0f))
            .collect();
        Self {
            name: name.into(),
            masked,
        }
    }

    /// The secret in the other byte order, in which a library may keep a number.
    pub fn reversed(&self) -> Self {
        let name = format!("{} (reversed)", self.name);
        Self {
            name,
            masked: self.masked.iter().rev().copied().collect(),
        }
    }

    /// The secret with every byte XORed with `pad`, as HMAC keys its two hashes.
    pub fn padded(&self, pad: u8) -> Self {
        let name = format!("{} (XOR {pad:#04x})", self.name);
        Self {
            name,
            masked: self.masked.iter().map(|byte| byte ^ pad).collect(),
        }
    }

    /// The bytes, wiped when dropped.
    pub fn reveal(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.reveal_unwiped())
    }

    /// The bytes, for a receiver that has to wipe them itself.
    pub fn reveal_unwiped(&self) -> Vec<u8> {
        self.masked.iter().map(|byte| byte ^ MASK).collect()
    }

    /// The beginning, the middle and the end.
    fn fragments(&self) -> Vec<&[u8]> {
        let length = self.masked.len();
        let Some(rest) = length.checked_sub(FRAGMENT) else {
            return vec![&self.masked];
        };
        let mut starts = vec![0, rest / 2, rest];
        starts.dedup();
        starts
            .into_iter()
            .map(|start| &self.masked[start..start + FRAGMENT])
            .collect()
    }
}

/// How often each of the secrets was found, at one point of the watched code.
pub type Sightings = Vec<usize>;

/// Runs `work` on a thread of its own. Each time it calls the function it is given, it stands still
/// and memory is scanned for `secrets`; its stack stays as it was. Returns the sightings of each
/// stop, in the order of `secrets`.
///
/// One scan runs at a time in a process.
///
/// # Errors
///
/// Fails if memory cannot be read.
pub fn watch(
    secrets: &[Secret],
    work: impl FnOnce(&mut dyn FnMut()) + Send,
) -> io::Result<Vec<Sightings>> {
    at_each_stop(|| scan(secrets), work)
}

/// As [`watch`] does, but keeps all memory of each stop, to be searched later.
///
/// # Errors
///
/// Fails if memory cannot be read, or a temporary file not be written.
pub fn snapshots(work: impl FnOnce(&mut dyn FnMut()) + Send) -> io::Result<Vec<Snapshot>> {
    at_each_stop(Snapshot::take, work)
}

fn at_each_stop<T>(
    mut look: impl FnMut() -> io::Result<T>,
    work: impl FnOnce(&mut dyn FnMut()) + Send,
) -> io::Result<Vec<T>> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (stopped, stops) = sync_channel::<()>(0);
    let (resume, resumed) = sync_channel::<()>(0);
    // The watcher owns its ends of the channels: should it fail, the work is not left waiting.
    thread::scope(move |scope| {
        scope.spawn(move || {
            work(&mut || {
                if stopped.send(()).is_ok() {
                    let _ = resumed.recv();
                }
            });
        });
        let mut seen = Vec::new();
        while stops.recv().is_ok() {
            seen.push(look()?);
            let _ = resume.send(());
        }
        Ok(seen)
    })
}

/// Watches `work`, which stops twice: each of `secrets` has to be found at the first stop, and all
/// of them and of `other_forms` have to be gone at the second. Prints the sightings.
///
/// # Panics
///
/// Panics if that is not so, or if memory cannot be read.
pub fn gone_after(
    what: &str,
    secrets: &[Secret],
    other_forms: &[Secret],
    work: impl FnOnce(&mut dyn FnMut()) + Send,
) {
    let all = [secrets, other_forms].concat();
    let sightings = watch(&all, work).expect("memory can be read");
    let [in_use, after] = &sightings[..] else {
        panic!("{what}: stopped {} times", sightings.len());
    };
    for ((secret, in_use), after) in all.iter().zip(in_use).zip(after) {
        println!("{what}, {}: {in_use} in use, {after} after", secret.name);
    }
    let found = in_use.iter().take(secrets.len()).all(|&count| count > 0);
    assert!(found, "{what}: not found while in use");
    assert!(
        after.iter().all(|&count| count == 0),
        "{what}: left in memory"
    );
}

/// The largest number of times that a fragment of each secret occurs.
fn scan(secrets: &[Secret]) -> io::Result<Sightings> {
    let mut counters = Counters::new(secrets);
    read_memory(|chunk| {
        counters.count(chunk);
        Ok(())
    })?;
    Ok(counters.sightings(secrets.len()))
}

/// Hands every writable mapping to `each`, [`CHUNK`] bytes at a time with [`OVERLAP`] bytes of
/// what follows.
fn read_memory(mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let memory = File::open("/proc/self/mem")?;
    let mut buffer = Zeroizing::new(vec![0; CHUNK + OVERLAP]);
    for range in writable_memory(&buffer)? {
        for start in range.clone().step_by(CHUNK) {
            let length = buffer.len().min((range.end - start) as usize);
            let chunk = &mut buffer[..length];
            // A mapping may go while others are being read.
            if memory.read_exact_at(chunk, start).is_ok() {
                each(chunk)?;
            }
            chunk.zeroize();
        }
    }
    Ok(())
}

/// All writable memory as it was at one moment, in a file: for secrets that are known only later.
pub struct Snapshot {
    file: File,
    /// The length of each chunk, in the order of the file.
    chunks: Vec<usize>,
}

impl Snapshot {
    fn take() -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let mut chunks = Vec::new();
        read_memory(|chunk| {
            if chunk.iter().any(|&byte| byte != 0) {
                chunks.push(chunk.len());
                file.write_all(chunk)?;
            }
            Ok(())
        })?;
        Ok(Self { file, chunks })
    }

    /// How often each of `secrets` was there.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read.
    pub fn scan(&self, secrets: &[Secret]) -> io::Result<Sightings> {
        let mut counters = Counters::new(secrets);
        self.read(|chunk| counters.count(chunk))?;
        Ok(counters.sightings(secrets.len()))
    }

    /// The `length` bytes after each place where `bytes` was, 4,096 bytes in all at most. They are
    /// no secrets: what finds them does not hide them.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read.
    pub fn after(&self, bytes: &[u8], length: usize) -> io::Result<Vec<Vec<u8>>> {
        assert!(
            bytes.len() + length <= OVERLAP,
            "too long to be found at the end of a chunk"
        );
        let mut found = Vec::new();
        self.read(|chunk| {
            for (start, window) in chunk.windows(bytes.len() + length).enumerate() {
                if start < CHUNK && window.starts_with(bytes) {
                    found.push(window[bytes.len()..].to_vec());
                }
            }
        })?;
        Ok(found)
    }

    fn read(&self, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = Zeroizing::new(vec![0; CHUNK + OVERLAP]);
        let mut start = 0;
        for &length in &self.chunks {
            let chunk = &mut buffer[..length];
            self.file.read_exact_at(chunk, start)?;
            each(chunk);
            start += length as u64;
        }
        Ok(())
    }
}

/// A fragment to look for, and how often it was found.
struct Counter<'a> {
    secret: usize,
    masked: &'a [u8],
    count: usize,
}

/// The fragments of all secrets, by their first byte.
struct Counters<'a>(Vec<Vec<Counter<'a>>>);

impl<'a> Counters<'a> {
    fn new(secrets: &'a [Secret]) -> Self {
        let mut by_first_byte: Vec<_> = (0..=u8::MAX).map(|_| Vec::new()).collect();
        for (secret, fragments) in secrets.iter().map(Secret::fragments).enumerate() {
            for masked in fragments {
                let first = usize::from(masked[0] ^ MASK);
                by_first_byte[first].push(Counter {
                    secret,
                    masked,
                    count: 0,
                });
            }
        }
        Self(by_first_byte)
    }

    /// Counts what starts in the first [`CHUNK`] bytes; the rest begins the next chunk.
    fn count(&mut self, chunk: &[u8]) {
        for (start, &first) in chunk.iter().enumerate().take(CHUNK) {
            for counter in &mut self.0[usize::from(first)] {
                counter.count += usize::from(is_at_start(&chunk[start..], counter.masked));
            }
        }
    }

    fn sightings(&self, secrets: usize) -> Sightings {
        let mut sightings = vec![0; secrets];
        for counter in self.0.iter().flatten() {
            sightings[counter.secret] = counter.count.max(sightings[counter.secret]);
        }
        sightings
    }
}

fn is_at_start(bytes: &[u8], masked: &[u8]) -> bool {
    bytes.len() >= masked.len()
        && bytes
            .iter()
            .zip(masked)
            .all(|(byte, part)| byte ^ MASK == *part)
}

/// The readable and writable mappings without `buffer`, which holds copies of the others.
fn writable_memory(buffer: &[u8]) -> io::Result<Vec<Range<u64>>> {
    let own = buffer.as_ptr_range();
    let own = own.start as u64..own.end as u64;
    let maps = fs::read_to_string("/proc/self/maps")?;
    let ranges = maps.lines().filter_map(writable_mapping);
    Ok(ranges
        .flat_map(|range| {
            let before = range.start..range.end.min(own.start).max(range.start);
            let after = range.start.max(own.end).min(range.end)..range.end;
            [before, after]
        })
        .filter(|range| !range.is_empty())
        .collect())
}

/// `start-end perms ...`, addresses in hexadecimal (proc(5)).
fn writable_mapping(line: &str) -> Option<Range<u64>> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    fields
        .next()
        .filter(|permissions| permissions.starts_with("rw"))?;
    Some(u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?)
}
