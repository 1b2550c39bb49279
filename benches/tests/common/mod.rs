//! Running the command `mls-bench` and reading what it says.

use std::process::{Command, Output};

use serde_json::Value;

pub fn mls_bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mls-bench"))
        .args(arguments)
        .output()
        .unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[allow(dead_code, reason = "not every test reads JSON")]
pub fn json_lines(output: &Output) -> Vec<Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
