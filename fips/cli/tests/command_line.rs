//! `mls-fips`: what it prints, and its exit codes.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::process::{Command, Output};

use serde_json::Value;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mls-fips"));
    command.args(arguments).env_remove(mls_fips::VARIABLE);
    command.env_remove(mls_fips::AFFIRMED_BY);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// 0 if this build can be in FIPS mode, else 1.
const EXPECTED: i32 = if cfg!(feature = "fips") { 0 } else { 1 };

#[test]
fn status_as_text() {
    let output = run(&["status"]);
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(code(&output), EXPECTED, "{said}");
    for line in [
        "status ",
        "claim ",
        "module ",
        "certificate ",
        "environment ",
        "entropy ",
        "because ",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(said.contains("0x0001 MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: X25519"));
    // Why not, on the other stream.
    assert_eq!(output.stderr.is_empty(), EXPECTED == 0);
}

#[test]
fn status_as_json() {
    let output = run(&["status", "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(code(&output), EXPECTED);
    let enabled = json["suites"].as_array().unwrap().iter();
    let enabled = enabled.filter(|suite| suite["enabled"] == true).count();
    assert_eq!(enabled, if EXPECTED == 0 { 3 } else { 0 });
    assert_eq!(json["self_test"]["integrity"] == "passed", EXPECTED == 0);
    assert_eq!(json["requirement"], "none");
}

/// The status of a module that is in process is no certificate, and 1 says so.
#[test]
fn a_health_check_can_ask_for_a_status() {
    let status = mls_fips::status().status;
    println!("status here: {status:?}");
    for (least, needed) in [
        ("pending", mls_fips::FipsStatus::Pending),
        ("affirmed", mls_fips::FipsStatus::Affirmed),
        ("certified", mls_fips::FipsStatus::Certified),
    ] {
        let output = run(&["status", "--at-least", least]);
        assert_eq!(code(&output) == 0, status >= needed, "{least}");
    }
}

/// What is nearly a value is none, and the program says so before it says anything else.
#[test]
fn an_unknown_requirement_is_refused() {
    for value in ["strictt", "1", "ON"] {
        let output = command(&["status"]).env(mls_fips::VARIABLE, value).output();
        let output = output.unwrap();
        assert_eq!(code(&output), 1, "{value}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains(&format!("MLS_FIPS={value:?} is unknown")),
            "{said}"
        );
    }
}

/// A name alone makes nothing certified, and of a version without a certificate it changes nothing.
#[test]
fn who_affirms_is_named() {
    let mut named = command(&["status", "--json"]);
    let output = named.env(mls_fips::AFFIRMED_BY, "Ada Lovelace").output();
    let json: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(json["environment"]["affirmed_by"], "Ada Lovelace");
    let claim = json["claim"].as_str().unwrap();
    let is_affirmed = json["status"] == "Affirmed";
    assert_eq!(
        claim.contains("affirmed by its operator, Ada Lovelace"),
        is_affirmed
    );

    let json: Value = serde_json::from_slice(&run(&["status", "--json"]).stdout).unwrap();
    assert_ne!(json["status"], "Affirmed");
    assert!(json["environment"]["affirmed_by"].is_null());
}

#[test]
fn the_tests_on_demand() {
    let output = run(&["self-test"]);
    assert_eq!(code(&output), EXPECTED);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said.matches("Passed").count(),
        if EXPECTED == 0 { 2 } else { 0 }
    );
}

#[test]
fn wrong_arguments() {
    for arguments in [&[][..], &["stat"], &["status", "--at-least", "best"]] {
        assert_eq!(code(&run(arguments)), 2, "{arguments:?}");
    }
}

/// The commands that print.
const PRINTING: [&[&str]; 3] = [&["status"], &["status", "--json"], &["self-test"]];

/// As in `mls-fips status | head -1`, and with standard error closed as well.
#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    for arguments in PRINTING {
        let closed = || {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            writer
        };
        let output = command(arguments).stdout(closed()).output().unwrap();
        assert_eq!(code(&output), EXPECTED, "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("the result cannot be written"), "{said}");
        let mut silent = command(arguments);
        let status = silent.stdout(closed()).stderr(closed()).status().unwrap();
        assert_eq!(status.code(), Some(EXPECTED), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    for arguments in PRINTING {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        assert_eq!(code(&output), 1, "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("the result cannot be written"), "{said}");
    }
}
