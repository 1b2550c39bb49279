//! What operators install: the systemd unit, the Helm chart, the Grafana dashboard.
//!
//! The chart is rendered by a Go template engine with the functions of Helm that it uses,
//! and then read as strictly as Kubernetes reads it, as far as its kinds are concerned.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gtmpl::{FuncError, Template, Value as Go};
use serde_json::{Value, json};

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

fn values() -> Value {
    yaml(&read(&deploy("helm/mls-hsm-signer/values.yaml")))
}

fn templates() -> BTreeMap<String, String> {
    let directory = deploy("helm/mls-hsm-signer/templates");
    let files = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, read(&path))
    };
    files.map(named).collect()
}

/// A value as templates see it.
fn go(value: &Value) -> Go {
    match value {
        Value::Null => Go::Nil,
        Value::Bool(value) => Go::Bool(*value),
        Value::Number(number) => Go::from(number.as_i64().unwrap()),
        Value::String(text) => Go::String(text.clone()),
        Value::Array(items) => Go::Array(items.iter().map(go).collect()),
        Value::Object(map) => Go::Map(
            map.iter()
                .map(|(key, value)| (key.clone(), go(value)))
                .collect(),
        ),
    }
}

/// The reverse, for toYaml; JSON is YAML.
fn json_of(value: &Go) -> Value {
    match value {
        Go::Bool(value) => json!(value),
        Go::String(text) => json!(text),
        Go::Number(number) => json!(number.as_i64().unwrap()),
        Go::Array(items) => Value::Array(items.iter().map(json_of).collect()),
        Go::Map(map) | Go::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), json_of(value)))
                .collect(),
        ),
        _ => Value::Null,
    }
}

/// Block YAML, as Helm's toYaml writes it.
fn block(value: &Value, indent: usize, lines: &mut Vec<String>) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                match value {
                    Value::Object(inner) if !inner.is_empty() => {
                        lines.push(format!("{pad}{key}:"));
                        block(value, indent + 2, lines);
                    }
                    _ => lines.push(format!("{pad}{key}: {value}")),
                }
            }
        }
        _ => lines.push(format!("{pad}{value}")),
    }
}

fn to_yaml(arguments: &[Go]) -> Result<Go, FuncError> {
    let mut lines = Vec::new();
    block(&json_of(&arguments[0]), 0, &mut lines);
    Ok(Go::String(lines.join("\n")))
}

fn nindent(arguments: &[Go]) -> Result<Go, FuncError> {
    let Value::Number(width) = json_of(&arguments[0]) else {
        panic!("{arguments:?}");
    };
    let pad = " ".repeat(width.as_u64().unwrap() as usize);
    let text = json_of(&arguments[1]);
    let lines = text
        .as_str()
        .unwrap()
        .lines()
        .map(|line| format!("\n{pad}{line}"));
    Ok(Go::String(lines.collect()))
}

fn quote(arguments: &[Go]) -> Result<Go, FuncError> {
    let text = json_of(&arguments[0]);
    assert!(text.is_string(), "{text}: nothing to quote");
    Ok(Go::String(text.to_string()))
}

/// All objects of the chart with these values, by kind; kinds that are switched off are not
/// there.
fn rendered(values: &Value) -> BTreeMap<String, Value> {
    let context = json!({ "Values": values, "Release": { "Name": "signer" } });
    let mut objects = BTreeMap::new();
    for (name, text) in templates() {
        let mut template = Template::default();
        template.add_func("toYaml", to_yaml);
        template.add_func("nindent", nindent);
        template.add_func("quote", quote);
        template
            .parse(&text)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let rendered = template.render(&gtmpl::Context::from(go(&context)));
        let rendered = rendered.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!rendered.contains("<no value>"), "{name}:\n{rendered}");
        if rendered.trim().is_empty() {
            continue;
        }
        let object = yaml(&rendered);
        let kind = object["kind"].as_str().unwrap().to_owned();
        assert!(objects.insert(kind, object).is_none(), "{name}");
    }
    objects
}

const LABELS: [&str; 2] = ["app.kubernetes.io/name", "app.kubernetes.io/instance"];

fn lint(objects: &BTreeMap<String, Value>) {
    for (kind, object) in objects {
        assert!(object["apiVersion"].is_string(), "{kind}");
        assert_eq!(object["metadata"]["name"], "signer", "{kind}");
        for label in LABELS {
            assert!(
                object["metadata"]["labels"][label].is_string(),
                "{kind} {label}"
            );
        }
    }
    let deployment = &objects["Deployment"]["spec"];
    let pod = &deployment["template"]["spec"];
    let labels = &deployment["template"]["metadata"]["labels"];
    let selectors = [
        &deployment["selector"]["matchLabels"],
        &objects["Service"]["spec"]["selector"],
        &objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        &objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ];
    for selector in selectors {
        assert_eq!(selector, labels);
    }
    let container = &pod["containers"][0];
    let names = |list: &Value| -> BTreeSet<String> {
        let items = list.as_array().unwrap().iter();
        items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&container["volumeMounts"]), names(&pod["volumes"]));
    let ports = names(&container["ports"]);
    let target = objects["Service"]["spec"]["ports"][0]["targetPort"]
        .as_str()
        .unwrap();
    assert!(ports.contains(target));
    let context = &container["securityContext"];
    assert_eq!(context["allowPrivilegeEscalation"], false);
    assert_eq!(context["readOnlyRootFilesystem"], true);
    assert_eq!(context["capabilities"]["drop"], json!(["ALL"]));
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(
        pod["securityContext"]["seccompProfile"]["type"],
        "RuntimeDefault"
    );
    assert_eq!(pod["automountServiceAccountToken"], false);
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["exec"]["command"][1], "status", "{probe}");
    }
    // Secrets by reference only, closed to other users.
    let text = json!(objects).to_string();
    assert!(!text.contains("stringData") && !text.contains("PRIVATE KEY"));
    for volume in pod["volumes"].as_array().unwrap() {
        if let Some(secret) = volume.get("secret") {
            assert_eq!(secret["defaultMode"], 0o440);
        }
    }
    let policy = &objects["NetworkPolicy"]["spec"];
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    assert!(!policy["ingress"][0]["from"].as_array().unwrap().is_empty());
}

#[test]
fn the_chart_renders_and_is_sound() {
    let objects = rendered(&values());
    let kinds = [
        "Deployment",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
        "ServiceMonitor",
    ];
    assert!(objects.keys().eq(kinds), "{:?}", objects.keys());
    lint(&objects);
    let monitor = &objects["ServiceMonitor"]["spec"]["endpoints"][0];
    assert_eq!(
        (&monitor["scheme"], &monitor["path"]),
        (&json!("https"), &json!("/metrics"))
    );

    let mut sqlite = values();
    sqlite["replicas"] = json!(1);
    sqlite["store"]["claim"] = json!("signer-store");
    sqlite["database"]["secret"] = json!("");
    sqlite["serviceMonitor"]["enabled"] = json!(false);
    let objects = rendered(&sqlite);
    lint(&objects);
    assert!(!objects.contains_key("ServiceMonitor"));
    assert_eq!(
        objects["Deployment"]["spec"]["strategy"]["type"],
        "Recreate"
    );
}

/// Every value is used, and every value used is there.
#[test]
fn values_and_templates_agree() {
    let values = values();
    let all: String = templates().into_values().collect();
    let used: BTreeSet<&str> = all
        .split(".Values.")
        .skip(1)
        .map(|rest| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '.')
                .next()
                .unwrap()
        })
        .collect();
    for path in &used {
        let found = path
            .split('.')
            .try_fold(&values, |value, key| value.get(key));
        assert!(found.is_some(), ".Values.{path} is not in values.yaml");
    }
    for key in values.as_object().unwrap().keys() {
        assert!(
            used.iter().any(|path| path.split('.').next() == Some(key)),
            "{key} is not used"
        );
    }
    assert!(used.len() > 15, "{used:?}");
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
