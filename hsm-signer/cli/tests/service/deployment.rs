//! What operators install: the systemd unit, the rules for Prometheus, the Grafana dashboard.

use std::path::{Path, PathBuf};

use serde_json::Value;

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

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let service = Setup::new().start();
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    let metrics = String::from_utf8(service.wire().get("/metrics").body).unwrap();
    let dashboard: Value = serde_json::from_str(&read(&deploy("grafana/dashboard.json"))).unwrap();
    // Only there once something happened.
    let later = [
        "mls_hsm_signer_token_recovery_steps_total",
        "mls_hsm_signer_waiting_removals",
        "mls_hsm_signer_reloads_total",
    ];
    let mut found = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        let expressions = panel["targets"].as_array().unwrap().iter();
        let expressions = expressions.map(|target| target["expr"].as_str().unwrap());
        let names = expressions
            .flat_map(|expression| expression.split(|c: char| !c.is_alphanumeric() && c != '_'));
        for name in names.filter(|name| name.starts_with("mls_hsm_signer_")) {
            let shown = metrics.contains(name) || later.contains(&name);
            assert!(shown, "{name} is not in\n{metrics}");
            found += 1;
        }
    }
    assert!(found >= 12, "{found}");
}

/// What the documents say of alerts.
fn documented() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let text = read(&path);
    let (_, alerts) = text.split_once("### Alerts").unwrap();
    let (alerts, _) = alerts.split_once("\n## ").unwrap();
    alerts.into()
}

/// A key that is lost, and removals that are refused for it, are nothing that a person would see.
#[test]
fn a_lost_key_raises_alerts() {
    let service = Setup::new().start();
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    let metrics = String::from_utf8(service.wire().get("/metrics").body).unwrap();
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
