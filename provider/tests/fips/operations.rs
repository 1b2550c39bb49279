//! The table of operations: generated here, committed under `fips/operations/`.
//!
//! `cargo xtask tables fips` writes it; without `MLS_FIPS_TABLE=write` it is compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mls_fips::{Approval, Call, Exception, Module, Observation, Operation, Operations};
use openmls_hw_crypto::HwCrypto;

use crate::walk::{CASES, Case, cases};

/// The tables are written by a build with every suite of the drafts; another has less to compare.
#[test]
fn the_committed_tables_are_what_the_module_says() {
    let table = table();
    assert_eq!(table.rows.len(), CASES);
    if std::env::var_os("MLS_FIPS_TABLE").is_some_and(|value| value == "write") {
        for (path, text) in files(&table) {
            fs::write(path, text).unwrap();
        }
    }
    let committed = committed(&table.module_version);
    assert_eq!(
        rows_of(&committed, &table),
        table.rows,
        "drifted: run `cargo xtask tables fips` and read the difference"
    );
    for (path, text) in files(&committed) {
        let is_same = fs::read_to_string(&path).unwrap() == text;
        assert!(is_same, "{}: run `cargo xtask tables fips`", path.display());
    }
}

/// The files of a table and what is in them.
fn files(table: &Operations) -> [(PathBuf, String); 2] {
    let json = serde_json::to_string_pretty(table).unwrap() + "\n";
    [("json", json), ("md", markdown(table))]
        .map(|(extension, text)| (path(&table.module_version, extension), text))
}

fn committed(version: &str) -> Operations {
    let json = fs::read_to_string(path(version, "json")).unwrap();
    serde_json::from_str(&json).unwrap()
}

/// The rows of `committed` without those of drafts that this build, whose `table` it is to be
/// compared with, has not.
fn rows_of(committed: &Operations, table: &Operations) -> Vec<Operation> {
    let algorithms: BTreeSet<&str> = table.rows.iter().map(|row| &*row.algorithm).collect();
    let is_here = |row: &&Operation| algorithms.contains(&*row.algorithm);
    let rows = committed.rows.iter();
    rows.filter(|row| is_here(row) || !is_draft(&row.algorithm))
        .cloned()
        .collect()
}

/// Whether a row's algorithm is a ciphersuite or a signature scheme of a draft.
fn is_draft(algorithm: &str) -> bool {
    match algorithm.strip_prefix("0x") {
        Some(code_point) => u16::from_str_radix(code_point, 16).unwrap() > 0x0007,
        None => algorithm.starts_with("ML-DSA"),
    }
}

fn path(version: &str, extension: &str) -> PathBuf {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR"));
    let above = ours
        .ancestors()
        .map(|folder| folder.join("fips/operations"));
    let mut operations = above.filter(|folder| folder.is_dir());
    let operations = operations.next().expect("fips/operations");
    operations.join(format!("{version}.{extension}"))
}

fn table() -> Operations {
    let crypto = HwCrypto::default();
    let fips = HwCrypto::fips().unwrap();
    Operations {
        module_version: Module::linked().version.unwrap(),
        rows: cases()
            .iter()
            .map(|case| row(case, &crypto, &fips))
            .collect(),
    }
}

fn row(case: &Case, crypto: &HwCrypto, fips: &HwCrypto) -> Operation {
    // What is made once and kept is made before: the row is of the operation itself.
    case.run(crypto).unwrap();
    let (outcome, observations) = case.observe(crypto);
    assert_eq!(outcome, Ok(()), "{}", case.name());
    let (why, rule) = reason(case, &observations);
    Operation {
        operation: case.operation.into(),
        algorithm: case.algorithm.clone(),
        indicator: indicator(&observations).into(),
        why,
        rule,
        enabled: case.run(fips).is_ok(),
        calls: calls(&observations),
    }
}

fn indicator(observations: &[Observation]) -> &'static str {
    if observations.is_empty() {
        "calls no service"
    } else if observations.iter().all(Observation::is_approved) {
        "approved"
    } else if observations.iter().all(Observation::passes) {
        "approved with exceptions"
    } else {
        "not approved"
    }
}

/// The exceptions that an operation needs; else what the standards say of its algorithms,
/// of those that are not approved if there are any.
fn reason(case: &Case, observations: &[Observation]) -> (String, String) {
    let excepted = observations.iter().filter(|seen| !seen.is_approved());
    let mut exceptions: Vec<&Exception> = excepted
        .filter_map(|seen| Exception::covering(seen.service, seen.algorithm))
        .collect();
    exceptions.dedup_by_key(|exception| exception.name);
    exceptions.sort_by_key(|exception| exception.name);
    exceptions.dedup_by_key(|exception| exception.name);
    let enabled = case.is_enabled();
    if enabled && !exceptions.is_empty() {
        return (
            joined(exceptions.iter().map(|exception| exception.name)),
            joined(exceptions.iter().map(|exception| exception.rule)),
        );
    }
    let rules = case.approvals.iter().map(|algorithm| algorithm.rule());
    let rules = rules.filter(|rule| enabled || rule.approval == Approval::NotApproved);
    let why = match enabled {
        true => String::new(),
        false => {
            joined(rules.clone().map(|rule| format!("{:?}", rule.algorithm)))
                + " is no approved algorithm"
        }
    };
    (why, joined(rules.map(|rule| rule.citation)))
}

fn joined(parts: impl Iterator<Item = impl Into<String>>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for part in parts.map(Into::into) {
        if !distinct.contains(&part) {
            distinct.push(part);
        }
    }
    distinct.join("; ")
}

/// The calls by service and what was said of them, in the order in which they first came.
/// How often a rejected candidate was drawn again is left to chance, and almost never.
fn calls(observations: &[Observation]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for seen in observations {
        let service = format!("{:?} {:?}", seen.service, seen.algorithm);
        let same = |call: &&mut Call| call.service == service && call.moved == seen.moved;
        match calls.iter_mut().find(same) {
            Some(call) => call.times += 1,
            None => calls.push(Call {
                service,
                times: 1,
                moved: seen.moved,
                approved: seen.is_approved(),
                exception: Exception::covering(seen.service, seen.algorithm)
                    .filter(|_| !seen.is_approved())
                    .map(|exception| exception.name.into()),
            }),
        }
    }
    calls
}

fn markdown(table: &Operations) -> String {
    let mut text = format!(
        "# Operations under AWS-LC FIPS {}\n\n\
         Every function of the provider, run with every algorithm under the module's service \
         indicator,\nwhich was read around each call of the module. Generated by `cargo \
         xtask tables fips`; a\ntest fails when it drifts. A call that is not approved \
         is struck out. Entering a key is no security function and never\napproved; where the \
         indicator moves all the same (\u{2191}), a hash or a check inside moved it.\n\n\
         | Operation | Algorithm | Indicator | In FIPS mode | Calls | Why | Rule |\n\
         |---|---|---|---|---|---|---|\n",
        table.module_version
    );
    for row in &table.rows {
        let enabled = if row.enabled { "enabled" } else { "refused" };
        let calls: Vec<String> = row.calls.iter().map(call).collect();
        text += &format!(
            "| `{}` | {} | {} | {enabled} | {} | {} | {} |\n",
            row.operation,
            row.algorithm,
            row.indicator,
            calls.join(", "),
            row.why,
            row.rule
        );
    }
    text
}

fn call(call: &Call) -> String {
    let Call { service, times, .. } = call;
    match (call.approved, call.moved) {
        (true, _) => format!("{times} {service}"),
        (false, false) => format!("~~{times} {service}~~"),
        (false, true) => format!("~~{times} {service}~~ \u{2191}"),
    }
}
