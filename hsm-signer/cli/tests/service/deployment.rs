//! What operators install: the systemd unit, the rules for Prometheus, the Grafana dashboard.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::python::said;
use crate::support::{Setup, item};

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What a service shows that has signed one removal.
fn metrics() -> String {
    let service = Setup::new().start();
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    service.metrics()
}

/// What is only there with mutual TLS, or once something has happened.
const LATER: [&str; 6] = [
    "mls_hsm_signer_certificate_expiry_timestamp_seconds",
    "mls_hsm_signer_checkpoint_success_timestamp_seconds",
    "mls_hsm_signer_reloads_total",
    "mls_hsm_signer_revocation_list_expiry_timestamp_seconds",
    "mls_hsm_signer_token_recovery_steps_total",
    "mls_hsm_signer_waiting_removals",
];

/// The metrics that an expression of Prometheus asks for.
fn asked(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|c: char| !c.is_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("mls_hsm_signer_") || word.starts_with("process_"))
        .collect()
}

/// Whether all of them are shown, and how many there are.
fn all_shown(metrics: &str, expressions: &[&str]) -> usize {
    let names: BTreeSet<&str> = expressions.iter().flat_map(|one| asked(one)).collect();
    for name in &names {
        let shown = LATER.contains(name)
            || metrics.lines().any(|line| {
                let rest = line.strip_prefix(name);
                rest.is_some_and(|rest| rest.starts_with([' ', '{']))
            });
        assert!(shown, "{name} is not in\n{metrics}");
    }
    names.len()
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let dashboard: Value = serde_json::from_str(&read(&deploy("grafana/dashboard.json"))).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    let expressions: Vec<&str> = targets
        .map(|target| target["expr"].as_str().unwrap())
        .map(|expression| expression.split("_bucket").next().unwrap())
        .collect();
    let bare: Vec<&str> = expressions
        .into_iter()
        .filter(|one| !one.contains("stage_duration"))
        .collect();
    let found = all_shown(&metrics(), &bare);
    println!("{found} metrics on the dashboard");
    assert!(found >= 20, "{found}");
}

#[test]
fn the_rules_ask_for_metrics_that_there_are() {
    let rules = yaml(&read(&deploy("prometheus/alerts.yaml")));
    let rules = rules["groups"][0]["rules"].as_array().unwrap().iter();
    let expressions: Vec<&str> = rules.map(|rule| rule["expr"].as_str().unwrap()).collect();
    let found = all_shown(&metrics(), &expressions);
    println!("{found} metrics in the rules");
    assert!(found >= 16, "{found}");
}

/// promtool, of Debian's package, whose files `cargo xtask install test` unpacks.
fn promtool(arguments: [&str; 3]) -> String {
    // A build for another processor has a folder of its own below.
    let mut folders = Path::new(env!("CARGO_TARGET_TMPDIR")).ancestors();
    let program = folders.find_map(|folder| {
        let program = folder.join("debian/prometheus/usr/bin/promtool");
        program.exists().then_some(program)
    });
    let program = program.expect("promtool is not there: cargo xtask install test");
    let mut command = Command::new(program);
    said(command.current_dir(deploy("prometheus")).args(arguments))
}

/// By Prometheus itself: each alert on series that raise it, and none on those of a good hour.
#[test]
fn the_rules_are_sound_and_each_is_tested() {
    promtool(["check", "rules", "alerts.yaml"]);
    promtool(["test", "rules", "alerts.test.yaml"]);
    let rules = yaml(&read(&deploy("prometheus/alerts.yaml")));
    let tests = read(&deploy("prometheus/alerts.test.yaml"));
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    for rule in rules {
        let name = rule["alert"].as_str().unwrap();
        let tested = tests.contains(&format!("alertname: {name}\n"));
        assert!(tested, "{name} is not tested");
    }
    println!("{} alerts, each raised in a test", rules.len());
    assert_eq!(rules.len(), 22);
}

/// What the documents say of alerts.
fn documented() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    let text = read(&path);
    let (_, alerts) = text.split_once("## Alerts").unwrap();
    let (alerts, _) = alerts.split_once("\n## ").unwrap();
    alerts.into()
}

/// A key that is lost, and removals that are refused for it, are nothing that a person would see.
#[test]
fn a_lost_key_raises_alerts() {
    let metrics = metrics();
    let rules = yaml(&read(&deploy("prometheus/alerts.yaml")));
    let rules = rules["groups"][0]["rules"].as_array().unwrap().clone();
    let dashboard = read(&deploy("grafana/dashboard.json"));
    let dashboard = dashboard.replace("\\\"", "\"");
    let documented = documented();
    for (metric, wanted, severity) in [
        ("refused_keys", "refused_keys", "warning"),
        (
            "removals_total",
            "removals_total{outcome=\"signing-failed\"}",
            "critical",
        ),
    ] {
        assert!(metrics.contains(metric), "{metrics}");
        let expression = format!("mls_hsm_signer_{wanted}");
        let has = |rule: &&Value| rule["expr"].as_str().unwrap().contains(&expression);
        let rule = rules.iter().find(has);
        let rule = rule.unwrap_or_else(|| panic!("no alert for {wanted}"));
        assert_eq!(rule["labels"]["severity"], severity, "{rule}");
        let mut rows = documented.lines();
        let row = rows.find(|row| row.contains(&format!("`{wanted}`")));
        let row = row.unwrap_or_else(|| panic!("{wanted}: {documented}"));
        assert!(row.starts_with(&format!("| {severity} ")), "{row}");
        assert!(dashboard.contains(&expression), "no panel for {wanted}");
    }
}

#[test]
fn the_unit_is_hardened_and_tells_systemd() {
    let unit = read(&deploy("systemd/mls-hsm-signer.service"));
    let needed = [
        "Type=notify",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "MemoryDenyWriteExecute=yes",
        "CapabilityBoundingSet=\n",
        "SystemCallFilter=@system-service",
        "LimitCORE=0",
        "User=mls-hsm-signer",
    ];
    for line in needed {
        assert!(unit.contains(line), "{line}");
    }
    // What systemd is told, in order.
    let mut setup = Setup::new();
    let path = setup.sandbox.path("notify.sock");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_secs(60)))
        .unwrap();
    setup
        .environment
        .push(("NOTIFY_SOCKET".into(), path.display().to_string()));
    let mut service = setup.start();
    service.signal(rustix::process::Signal::HUP);
    let told = |wanted: &str| {
        let mut buffer = [0; 64];
        let length = socket.recv(&mut buffer).unwrap();
        let state = std::str::from_utf8(&buffer[..length]).unwrap();
        assert_eq!(state.trim_end(), wanted);
    };
    for wanted in ["READY=1", "RELOADING=1", "READY=1"] {
        told(wanted);
    }
    service.signal(rustix::process::Signal::TERM);
    told("STOPPING=1");
    assert_eq!(service.wait(), Some(0));
}
