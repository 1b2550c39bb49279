//! The command `mls-bench` as its users meet it.

mod common;

use common::{json_lines, mls_bench, stderr, stdout};
use serde_json::Value;

#[test]
fn json_has_one_complete_object_a_line() {
    let output = mls_bench(&[
        "measure", "hash", "--suite", "0x0001", "--runs", "3", "--json",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = json_lines(&output);
    let engines: Vec<_> = lines.iter().map(|line| &line["engine"]).collect();
    assert_eq!(
        engines,
        [
            "hw",
            "hw-batch",
            "rust-crypto",
            "libcrux",
            "mls-rs-openssl",
            "mls-rs-rustcrypto",
            "ring",
        ]
    );
    let keys = [
        "scenario",
        "suite",
        "members",
        "engine",
        "threads",
        "runs",
        "median_us",
        "min_us",
        "mad_us",
        "ratio",
    ];
    for (line, text) in lines.iter().zip(stdout(&output).lines()) {
        assert_eq!(line.as_object().unwrap().len(), keys.len());
        let places = keys.map(|key| text.find(&format!("\"{key}\":")).unwrap());
        assert!(places.is_sorted(), "the keys of {text} are out of order");
        assert_eq!(line["scenario"], "hash");
        assert_eq!(line["suite"], "0x0001");
        assert_eq!(line["members"], Value::Null);
        assert_eq!(line["threads"], Value::Null);
        assert_eq!(line["runs"], 3);
        assert!(line["min_us"].as_f64().unwrap() > 0.0);
        assert!(line["median_us"].as_f64() >= line["min_us"].as_f64());
        assert!(line["mad_us"].as_f64().unwrap() >= 0.0);
    }
}

#[test]
fn ratios_are_medians_by_that_of_hw() {
    let output = mls_bench(&["measure", "hmac", "--suite", "1", "--runs", "5", "--json"]);
    let lines = json_lines(&output);
    assert_eq!(lines[0]["ratio"], 1.0);
    for line in &lines {
        let median = |line: &Value| line["median_us"].as_f64().unwrap();
        let expected = median(line) / median(&lines[0]);
        let ratio = line["ratio"].as_f64().unwrap();
        assert!((ratio - expected).abs() < expected * 0.01, "{line}");
    }
}

#[test]
fn a_group_scenario_says_how_many_members() {
    let output = mls_bench(&[
        "measure",
        "commit,join",
        "--suite",
        "0x0001",
        "--members",
        "3",
        "--engines",
        "hw",
        "--runs",
        "2",
        "--json",
    ]);
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["members"], 3);
    assert_eq!(lines[1]["scenario"], "join");
}

#[test]
fn a_batch_is_measured_with_each_number_of_members_and_of_threads() {
    let output = mls_bench(&[
        "measure",
        "seal-many,hash",
        "--suite",
        "0x0001",
        "--members",
        "2,70",
        "--threads",
        "1,2",
        "--engines",
        "hw,hw-batch",
        "--reference",
        "hw-batch",
        "--runs",
        "1",
        "--json",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = json_lines(&output);
    let found: Vec<_> = lines
        .iter()
        .map(|line| {
            let number = |key: &str| line[key].as_u64();
            let engine = line["engine"].as_str().unwrap();
            (number("members"), engine, number("threads"))
        })
        .collect();
    let expected: Vec<_> = [Some(2), Some(70), None]
        .into_iter()
        .flat_map(|members| ["hw", "hw-batch"].map(|engine| (members, engine)))
        .flat_map(|(members, engine)| [1, 2].map(|threads| (members, engine, Some(threads))))
        .collect();
    assert_eq!(found, expected);
    for line in &lines {
        let is_reference = line["engine"] == "hw-batch";
        assert!(!is_reference || line["ratio"] == 1.0, "{line}");
    }
}

#[test]
fn without_hw_the_ratio_is_null_and_says_why() {
    let output = mls_bench(&[
        "measure",
        "hash",
        "--suite",
        "1",
        "--engines",
        "libcrux",
        "--runs",
        "1",
        "--json",
    ]);
    assert!(output.status.success());
    assert_eq!(json_lines(&output)[0]["ratio"], Value::Null);
    assert!(stderr(&output).contains("`hw`, which is not measured"));
}

#[test]
fn an_engine_without_the_suite_is_skipped_aloud() {
    let output = mls_bench(&[
        "measure",
        "hpke-seal",
        "--suite",
        "0x0007",
        "--engines",
        "hw,libcrux",
        "--runs",
        "1",
    ]);
    assert!(output.status.success());
    assert!(stderr(&output).contains("`libcrux` does not support 0x0007 for hpke-seal"));
    assert!(!stdout(&output).contains("libcrux"));
}

#[test]
fn nothing_measured_is_a_failure() {
    let output = mls_bench(&[
        "measure",
        "commit",
        "--suite",
        "0x0005",
        "--engines",
        "libcrux",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("nothing was measured"));
}

#[test]
fn the_table_has_a_heading_and_a_row_for_each_engine() {
    let output = mls_bench(&["measure", "random", "--suite", "1", "--runs", "1"]);
    let table = stdout(&output);
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("scenario"));
    assert_eq!(lines.count(), 7);
}

#[test]
fn the_list_names_everything_that_can_be_chosen() {
    let listed = stdout(&mls_bench(&["list"]));
    let names = [
        "hkdf-extract",
        "process",
        "rust-crypto",
        "0x0007",
        "p256-agree",
        "portable",
    ];
    for name in names {
        assert!(listed.contains(name), "{name} is missing");
    }
}

#[test]
fn bad_arguments_fail_with_what_would_be_right() {
    let cases: [(&[&str], &str); 12] = [
        (
            &["measure", "sing"],
            "unknown scenario `sing`; choose from: hkdf-extract,",
        ),
        (&["measure", "all,hash"], "unknown scenario `all`"),
        (
            &["measure", "hash", "--suite", "0x0004"],
            "unknown ciphersuite `0x0004`; choose from: 0x0001,",
        ),
        (
            &["measure", "hash", "--engines", "hw,nss"],
            "unknown engine `nss`; choose from: hw,",
        ),
        (&["measure", "hash", "--engines", ""], "unknown engine ``"),
        (
            &["measure", "commit", "--members", "1"],
            "1 is not in 2..=50000",
        ),
        (
            &["measure", "seal-many", "--members", "2,50001"],
            "50001 is not in 2..=50000",
        ),
        (
            &["measure", "hash", "--threads", "1,0"],
            "number would be zero",
        ),
        (
            &["measure", "hash", "--reference", "nss"],
            "unknown engine `nss`; choose from: hw,",
        ),
        (&["measure", "hash", "--runs", "0"], "0 is not in 1.."),
        (&["measure", "hash", "--seconds", "-1"], "no time budget"),
        (&["measure"], "SCENARIO"),
    ];
    for (arguments, message) in cases {
        let output = mls_bench(arguments);
        assert!(!output.status.success(), "{arguments:?} succeeded");
        let said = stderr(&output);
        assert!(said.contains(message), "{arguments:?} said: {said}");
        assert!(!said.contains("panicked"), "{arguments:?} panicked");
        assert_eq!(stdout(&output), "");
    }
}
