//! The command `mls-bench measure lanes` as its users meet it.

mod common;

use common::{json_lines, mls_bench, stderr, stdout};
use mls_bench::lanes::{OPERATIONS, limit::limit};
use mls_lanes::Backend;
use serde_json::Value;

const KEYS: [&str; 10] = [
    "scenario",
    "op",
    "engine",
    "batch",
    "median_us",
    "min_us",
    "mad_us",
    "speedup",
    "cycles_per_lane",
    "share_of_limit",
];

#[test]
fn json_has_one_complete_object_a_line() {
    let output = mls_bench(&[
        "measure",
        "lanes",
        "--op",
        "p256-keygen,x25519-agree",
        "--batch",
        "1,8",
        "--engines",
        "portable,aws-lc-rs",
        "--runs",
        "3",
        "--json",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = json_lines(&output);
    let expected = ["p256-keygen", "x25519-agree"]
        .into_iter()
        .flat_map(|op| [1, 8].map(|batch| (op, batch)))
        .flat_map(|(op, batch)| ["portable", "aws-lc-rs"].map(|engine| (op, batch, engine)));
    let found = lines
        .iter()
        .map(|line| (&line["op"], &line["batch"], &line["engine"]));
    assert_eq!(lines.len(), 8);
    for (found, (op, batch, engine)) in found.zip(expected) {
        assert_eq!(found, (&op.into(), &batch.into(), &engine.into()));
    }
    for (line, text) in lines.iter().zip(stdout(&output).lines()) {
        assert_eq!(line.as_object().unwrap().len(), KEYS.len());
        let places = KEYS.map(|key| text.find(&format!("\"{key}\":")).unwrap());
        assert!(places.is_sorted(), "the keys of {text} are out of order");
        assert_eq!(line["scenario"], "lanes");
        assert!(line["min_us"].as_f64().unwrap() > 0.0);
        assert!(line["median_us"].as_f64() >= line["min_us"].as_f64());
        assert!(line["mad_us"].as_f64().unwrap() >= 0.0);
        assert!(line["cycles_per_lane"].as_f64().unwrap() > 0.0);
        // Neither engine has vectors.
        assert_eq!(line["share_of_limit"], Value::Null);
    }
}

#[test]
fn the_limit_by_the_cycles_is_the_share_of_each_vector_engine() {
    let mut vectors: Vec<_> = Backend::available().iter().map(|b| b.name()).collect();
    vectors.retain(|&name| name != "portable");
    println!("vector engines: {vectors:?}");
    for engine in vectors {
        let output = mls_bench(&[
            "measure",
            "lanes",
            "--batch",
            "8",
            "--engines",
            engine,
            "--runs",
            "3",
            "--json",
        ]);
        let lines = json_lines(&output);
        assert_eq!(lines.len(), OPERATIONS.len());
        for line in lines {
            let limit = limit(engine, line["op"].as_str().unwrap()).unwrap();
            let cycles = line["cycles_per_lane"].as_f64().unwrap();
            let share = line["share_of_limit"].as_f64().unwrap();
            assert!((share - limit / cycles).abs() < 2e-4, "{line}");
        }
    }
}

#[test]
fn speedups_are_the_median_of_aws_lc_rs_by_the_engines() {
    let output = mls_bench(&[
        "measure",
        "lanes",
        "--op",
        "x25519-keygen",
        "--batch",
        "8",
        "--engines",
        "aws-lc-rs,portable,x25519-dalek,ring",
        "--runs",
        "5",
        "--json",
    ]);
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["speedup"], 1.0);
    for line in &lines {
        let median = |line: &Value| line["median_us"].as_f64().unwrap();
        let expected = median(&lines[0]) / median(line);
        let speedup = line["speedup"].as_f64().unwrap();
        assert!((speedup - expected).abs() < expected * 0.01, "{line}");
    }
}

#[test]
fn without_aws_lc_rs_the_speedup_is_null_and_says_why() {
    let output = mls_bench(&[
        "measure",
        "lanes",
        "--op",
        "x25519-keygen",
        "--batch",
        "1",
        "--engines",
        "portable",
        "--runs",
        "1",
        "--json",
    ]);
    assert!(output.status.success());
    assert_eq!(json_lines(&output)[0]["speedup"], Value::Null);
    assert!(stderr(&output).contains("`aws-lc-rs`, which is not measured"));
}

#[test]
fn the_table_has_a_heading_and_a_row_for_each_engine_that_has_the_operation() {
    let output = mls_bench(&[
        "measure",
        "lanes",
        "--op",
        "p256-keygen",
        "--batch",
        "1",
        "--engines",
        "portable,x25519-dalek,p256",
        "--runs",
        "1",
    ]);
    let table = stdout(&output);
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("op "));
    assert_eq!(lines.count(), 2);
    assert!(stderr(&output).contains("skipped: `x25519-dalek` has no p256-keygen"));
}

#[test]
fn nothing_measured_is_a_failure() {
    let output = mls_bench(&[
        "measure",
        "lanes",
        "--op",
        "p256-keygen",
        "--engines",
        "x25519-dalek",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("nothing was measured"));
}

#[test]
fn the_break_even_measures_every_batch_and_ends_with_what_it_found() {
    let output = mls_bench(&[
        "measure",
        "lanes",
        "--break-even",
        "--op",
        "x25519-keygen",
        "--engines",
        "aws-lc-rs,portable",
        "--runs",
        "1",
        "--json",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = json_lines(&output);
    let (found, measured) = lines.split_last().unwrap();
    let batches: Vec<_> = measured.iter().map(|line| line["batch"].as_u64()).collect();
    let expected: Vec<_> = (1..=32).flat_map(|batch| [Some(batch); 2]).collect();
    assert_eq!(batches, expected);
    assert_eq!(found.as_object().unwrap().len(), 6);
    assert_eq!(found["scenario"], "lanes-break-even");
    assert_eq!(found["op"], "x25519-keygen");
    assert_eq!(found["engine"], "portable");
    assert_eq!(found["largest_measured"], 32);
    let first = found["first_faster"].as_u64().unwrap_or(33);
    for line in measured.iter().filter(|line| line["engine"] == "portable") {
        let speedup = line["speedup"].as_f64().unwrap();
        let batch = line["batch"].as_u64().unwrap();
        assert!(batch >= first || speedup <= 1.0, "{line} before {found}");
        assert!(batch != first || speedup >= 1.0, "{line} is not {found}");
    }
    assert!(found.get("always_faster_from").is_some());
}

#[test]
fn bad_arguments_fail_with_what_would_be_right() {
    let cases: [(&[&str], &str); 12] = [
        (
            &["lanes", "--op", "x448-agree"],
            "choose from: x25519-agree,",
        ),
        (&["lanes", "--op", ""], "unknown operation ``"),
        (
            &["lanes", "--engines", "nss"],
            "unknown engine `nss`; choose from: ",
        ),
        (&["lanes", "--batch", "0"], "give one from 1 to 65536"),
        (&["lanes", "--batch", "8,-1"], "give one from 1 to 65536"),
        (&["lanes", "--batch", "65537"], "give one from 1 to 65536"),
        (
            &["lanes", "--batch", "8", "--break-even"],
            "cannot be used with",
        ),
        (
            &["lanes", "--break-even", "--engines", "ring"],
            "no break-even without engine `aws-lc-rs`",
        ),
        (
            &["lanes", "--suite", "0x0001"],
            "unexpected argument '--suite'",
        ),
        (&["hash", "--batch", "8"], "unexpected argument '--batch'"),
        (&["hash,lanes"], "`measure lanes`, its options behind it"),
        (
            &["--runs", "1", "lanes"],
            "`measure lanes`, its options behind it",
        ),
    ];
    for (arguments, message) in cases {
        let output = mls_bench(&[&["measure"], arguments].concat());
        assert!(!output.status.success(), "{arguments:?} succeeded");
        let said = stderr(&output);
        assert!(said.contains(message), "{arguments:?} said: {said}");
        assert!(!said.contains("panicked"), "{arguments:?} panicked");
        assert_eq!(stdout(&output), "");
    }
}
