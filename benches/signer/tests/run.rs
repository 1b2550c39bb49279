//! A quick run of the program: what it counts is verified, and each row is complete. How fast
//! anything was is not asserted.

use std::process::Command;

use serde_json::{Map, Value};

/// The rows of `command`, which names its contenders beside the bare module's.
fn rows(arguments: &[&str]) -> Vec<Map<String, Value>> {
    let quick = ["--json", "--seconds", "0.2", "--rounds", "2"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_mls-signer-bench"));
    let output = command.args(arguments).args(quick).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |line| serde_json::from_str(line).unwrap();
    text.lines().map(row).collect()
}

fn assert_complete(rows: &[Map<String, Value>], contenders: &[&str]) {
    let of_row = |row: &Map<String, Value>| row["contender"].as_str().unwrap().to_owned();
    let found: Vec<String> = rows.iter().map(of_row).collect();
    assert_eq!(found, contenders);
    for row in rows {
        assert_eq!(row.len(), 15, "{row:?}");
        assert_eq!(row["rounds"], 2);
        assert!(row["verified"].as_u64().unwrap() > 0, "{row:?}");
        let numbers = row.values().filter(|value| !value.is_string());
        for number in numbers {
            assert!(
                number.as_f64().is_some_and(|number| number >= 0.0),
                "{row:?}"
            );
        }
    }
}

#[test]
fn the_engine_is_measured_and_what_counts_is_verified() {
    let rows = rows(&["engine", "--scheme", "ecdsa_secp256r1_sha256"]);
    let single = ["bare", "in-process", "isolated"];
    let on_cores = ["bare", "bare", "bare", "bare", "in-process", "isolated"];
    assert_complete(&rows, &[&single[..], &on_cores, &single, &single].concat());
}

#[test]
fn the_service_is_measured_and_what_counts_is_verified() {
    let rows = rows(&["service", "--scheme", "ed25519", "--batch", "10"]);
    let on_cores = ["bare", "bare", "bare", "mutual-tls", "unix"];
    assert_complete(
        &rows,
        &[&on_cores[..], &["bare", "mutual-tls", "unix"]].concat(),
    );
}
