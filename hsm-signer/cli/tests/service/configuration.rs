//! The configuration: strict, documented, with examples that are valid.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mls_hsm_signer::server::{Config, ConfigError};

use crate::support::Setup;

fn document(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The TOML examples of a Markdown text.
fn examples(text: &str) -> Vec<String> {
    let blocks = text.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// Loads a configuration from a file that only its owner can read.
fn load(text: &str) -> Result<Config, ConfigError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file.path(), private).unwrap();
    Config::load(file.path())
}

/// The keys of a configuration, as the reference writes them.
fn keys(value: &serde_json::Value, path: &str, all: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                let name = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                if !matches!(value, serde_json::Value::Object(_)) && !is_tables(value) {
                    all.insert(name.clone());
                }
                keys(value, &name, all);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, path, all)),
        _ => {}
    }
}

fn is_tables(value: &serde_json::Value) -> bool {
    value
        .as_array()
        .is_some_and(|items| items.first().is_some_and(serde_json::Value::is_object))
}

#[test]
fn the_reference_names_every_key_and_its_examples_are_valid() {
    let reference = document("docs/configuration.md");
    let examples = examples(&reference);
    assert_eq!(examples.len(), 2);
    let mut all = BTreeSet::new();
    for example in &examples {
        let config = load(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
        keys(&serde_json::to_value(&config).unwrap(), "", &mut all);
    }
    assert!(all.len() > 45, "{all:?}");
    for key in &all {
        assert!(
            reference.contains(&format!("| `{key}` |")),
            "{key} is not in the reference"
        );
    }
    let rows = reference
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for row in rows {
        assert!(
            all.contains(row),
            "the reference has {row}, the configuration has not"
        );
    }
}

#[test]
fn mistakes_are_named() {
    let good = &examples(&document("docs/configuration.md"))[0];
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let wrong = [
        (with("[store]", "[store]\nurls = 1"), "urls"),
        (
            with(
                "[listen.unix]",
                "[listen.plain]\naddress = \"192.0.2.1:80\"\ncaller = \"galley\"\ndevelopment = true\n[listen.unix]",
            ),
            "loopback",
        ),
        (
            with(
                "[listen.unix]",
                "[listen.plain]\naddress = \"127.0.0.1:80\"\ncaller = \"galley\"\ndevelopment = false\n[listen.unix]",
            ),
            "development",
        ),
        (
            with(
                "tenants = [\"example.com\"]",
                "tenants = [\"nobody.example\"]",
            ),
            "nobody.example",
        ),
        (with("name = \"galley\"", "name = \"gal ley\""), "gal ley"),
        (
            with("\"propose-removals\"", "\"sign-anything\""),
            "sign-anything",
        ),
        (
            with("token_label = ", "slot = 1\ntoken_label = "),
            "only one",
        ),
        (
            with("[[callers]]", "[limits]\nbatch = 0\n[[callers]]"),
            "batch",
        ),
        (
            with(
                "[[callers]]",
                "[[callers]]\nname = \"x\"\nsans = [\"dns:*.example\"]\nmay = []\n[[callers]]",
            ),
            "wildcard",
        ),
    ];
    let mut wrong = wrong.to_vec();
    for (section, key) in [
        ("process = [false, \"none\", 2]", "process"),
        ("limits = [1]", "limits"),
        ("audit = [60, 0]", "audit"),
    ] {
        wrong.push((format!("{section}\n{good}"), key));
    }
    let caller = "callers = [[\"x\", [], [], [], [\"read-keys\"], [], [], 0, 0, 0, 0, 1]]\n";
    let callers = good.find("[[callers]]").unwrap();
    wrong.push((format!("{caller}{}", &good[..callers]), "callers"));
    let mut refused = 0;
    for (text, named) in &wrong {
        let error = load(text).unwrap_err().to_string();
        assert!(error.contains(named), "{named}: {error}");
        refused += 1;
    }
    assert_eq!(refused, 13);
}

#[test]
fn files_that_everybody_can_read_and_root_are_refused() {
    let setup = Setup::new();
    let refused = |setup: &Setup, configuration: &str, mode: u32| {
        setup.sandbox.write("signer.toml", configuration, mode);
        let mut command = setup.sandbox.command(&["serve", "--config"]);
        let output = command
            .arg(setup.sandbox.path("signer.toml"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let good = setup.configuration();
    assert!(refused(&setup, &good, 0o644).contains("chmod o="));
    if rustix::process::geteuid().is_root() {
        let root = good.replace("allow_root = true", "allow_root = false");
        assert!(refused(&setup, &root, 0o600).contains("does not run as root"));
    }
    let pin = std::fs::read_to_string(setup.sandbox.path("pin")).unwrap();
    setup.sandbox.write("pin", &pin, 0o644);
    assert!(refused(&setup, &good, 0o600).contains("chmod o="));
}
