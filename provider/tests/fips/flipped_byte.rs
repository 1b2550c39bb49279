//! One byte flipped in the module's text: the program does not start.

use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use crate::boundary::{addresses, module_text};

const SIGABRT: i32 = 6;

/// Copies of this program beside it, removed in the end.
struct Copy(PathBuf);

impl Copy {
    fn of(program: &[u8], name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mls-fips-{name}-{}", std::process::id()));
        fs::write(&path, program).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        Self(path)
    }

    /// Lists its tests: nothing of the module is called, but it is started.
    ///
    /// A test that starts a child just now may have handed it our file, still open for
    /// writing; then it is busy for a moment.
    fn start(&self) -> Output {
        loop {
            match Command::new(&self.0).arg("--list").output() {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                    thread::sleep(Duration::from_millis(10));
                }
                started => return started.unwrap(),
            }
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The place in the file of the module's text.
fn place_of_module(program: &Path) -> Range<usize> {
    let text = module_text(&addresses(program));
    let shift = text_shift(program);
    text.start - shift..text.end - shift
}

/// How much higher `.text` is in memory than in the file.
fn text_shift(program: &Path) -> usize {
    let readelf = Command::new("readelf")
        .args(["--section-headers", "--wide"])
        .arg(program)
        .output();
    let headers =
        String::from_utf8(readelf.expect("readelf (apt-get install binutils)").stdout).unwrap();
    let text = headers
        .lines()
        .find(|line| line.contains(" .text "))
        .unwrap();
    let fields: Vec<&str> = text
        .split(".text")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .collect();
    let [address, offset] = [1, 2].map(|i| usize::from_str_radix(fields[i], 16).unwrap());
    address - offset
}

#[test]
fn a_program_with_one_flipped_byte_is_aborted_at_start() {
    let path = std::env::current_exe().unwrap();
    let program = fs::read(&path).unwrap();
    let Range { start, end } = place_of_module(&path);
    assert!(
        end - start > 100_000,
        "the module's text has {} bytes",
        end - start
    );
    let whole = Copy::of(&program, "whole").start();
    assert!(whole.status.success(), "{whole:?}");
    for place in [start, start + (end - start) / 2, end - 1] {
        let mut flipped = program.clone();
        flipped[place] ^= 1;
        let output = Copy::of(&flipped, "flipped").start();
        let said = String::from_utf8_lossy(&output.stderr);
        println!("byte {place} flipped: {} {}", output.status, said.trim());
        assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
        assert!(said.contains("integrity test failed"), "{said}");
        assert!(output.stdout.is_empty(), "it got as far as its own code");
    }
}
