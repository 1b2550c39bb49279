//! Small C programs and libraries, made by gcc as a test needs them.

use std::path::{Path, PathBuf};

use super::programs::program;

/// Compiles `source` to `name` in `directory`, by gcc with `arguments`.
pub fn compiled(directory: &Path, name: &str, source: &str, arguments: &[&str]) -> PathBuf {
    let file = directory.join(format!("{name}.c"));
    std::fs::write(&file, source).unwrap();
    let out = directory.join(name);
    let mut gcc = program("gcc", "gcc");
    let output = gcc.arg("-o").arg(&out).arg(&file).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    out
}

/// A shared library of `source`.
pub fn library(directory: &Path, name: &str, source: &str, arguments: &[&str]) -> PathBuf {
    let arguments = [&["-shared", "-fPIC"], arguments].concat();
    compiled(directory, name, source, &arguments)
}
