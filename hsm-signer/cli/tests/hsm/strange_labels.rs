//! Labels as others write them: padded by zero bytes, or with what a terminal would obey.

use std::process::Command;

use serde_json::Value;

use crate::support::compiled::compiled;
use crate::support::programs::program;
use crate::support::{Sandbox, failed, module_path, succeeded};

/// Initialises a token with a label that is padded by zero bytes, as programs over libp11 0.4.12
/// and p11-kit's RPC client did: MODULE LABEL SO-PIN PIN.
const PADS_BY_ZEROS: &str = r#"
#include <dlfcn.h>
#include <string.h>
typedef unsigned long number;
int main(int count, char **words) {
    struct { unsigned char version[2]; number (*functions[68])(); } *list;
    void *library = dlopen(words[1], RTLD_NOW);
    number (*functions)() = (number (*)())dlsym(library, "C_GetFunctionList");
    number slots[16], slot, there = 16, session;
    unsigned char label[32] = { 0 };
    memcpy(label, words[2], strlen(words[2]));
    if (functions(&list) || list->functions[0](0) || list->functions[4](1, slots, &there)) return 1;
    slot = slots[there - 1];
    if (list->functions[9](slot, words[3], strlen(words[3]), label)) return 2;
    if (list->functions[12](slot, 6L, 0L, 0L, &session)) return 3;
    if (list->functions[18](session, 0L, words[3], strlen(words[3]))) return 4;
    if (list->functions[10](session, words[4], strlen(words[4]))) return 5;
    return list->functions[1](0L) != 0;
}
"#;

/// The characters that no terminal may see, beside what ours escape.
fn obeyed(text: &str) -> bool {
    text.chars()
        .any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{2069}').contains(&c))
}

#[test]
fn a_label_padded_by_zero_bytes_is_found_and_is_taken() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    let made = compiled(directory.path(), "pad", PADS_BY_ZEROS, &["-ldl", "-w"]);
    let status = Command::new(made)
        .arg(module_path())
        .args(["removal", "31415926", crate::support::PIN])
        .env("SOFTHSM2_CONF", sandbox.path("softhsm2.conf"))
        .status();
    assert!(status.unwrap().success());
    sandbox.succeed(&["keys", "generate"]);
    assert!(failed(&sandbox.init("removal")).contains("never overwritten"));
}

/// pkcs11-tool writes any label.
#[test]
fn a_terminal_is_shown_labels_and_obeys_none() {
    let sandbox = Sandbox::new();
    let bidirectional = "a\u{202e}b\u{2066}";
    sandbox.succeed(&[
        "keys",
        "generate",
        "--scheme",
        "ed25519",
        "--label",
        bidirectional,
    ]);
    let labels = ["evil\u{1b}[2J\r\nhealthy", "c1\u{9b}31m"];
    for label in labels {
        let mut tool = program("pkcs11-tool", "opensc");
        let output = tool
            .arg("--module")
            .arg(module_path())
            .args([
                "--token-label",
                "removal",
                "--login",
                "--pin",
                crate::support::PIN,
            ])
            .args([
                "--keypairgen",
                "--key-type",
                "EC:prime256v1",
                "--label",
                label,
            ])
            .env("SOFTHSM2_CONF", sandbox.path("softhsm2.conf"))
            .output();
        succeeded(&output.unwrap());
    }
    let listed = sandbox.succeed(&["keys", "list"]);
    assert!(listed.contains("evil\\u{1b}[2J\\r\\nhealthy\n"), "{listed}");
    assert!(listed.contains("a\\u{202e}b\\u{2066}\n"), "{listed}");
    let json = sandbox.succeed(&["keys", "list", "--json"]);
    let entries: Vec<Value> = serde_json::from_str(&json).unwrap();
    for label in labels.iter().chain([&bidirectional]) {
        assert!(
            entries.iter().any(|entry| entry["label"] == **label),
            "{label:?}"
        );
    }
    let doctor = sandbox.run(&["doctor", "--label", labels[0]]);
    let doctor = String::from_utf8([doctor.stdout, doctor.stderr].concat()).unwrap();
    assert!(doctor.contains("evil"), "{doctor}");
    let mut missing = sandbox.command(&["keys", "list", "--token-serial", "\u{1b}c"]);
    missing.arg("--module").arg(module_path());
    missing.arg("--pin-file").arg(sandbox.path("pin"));
    let missing = failed(&missing.output().unwrap());
    for text in [listed, json, doctor, missing] {
        assert!(!obeyed(&text), "{text:?}");
    }
}

#[test]
fn a_user_pin_that_is_refused_leaves_nothing_or_a_way_on() {
    let sandbox = Sandbox::empty();
    sandbox.write("pin", "12", 0o600);
    let said = failed(&sandbox.init("removal"));
    assert!(
        said.contains("the user's PIN: it must have 4 to 255 bytes"),
        "{said}"
    );
    assert!(said.contains("Nothing was made"), "{said}");
    sandbox.write("pin", "", 0o600);
    assert!(failed(&sandbox.init("removal")).contains("the PIN is empty"));
    sandbox.write("pin", crate::support::PIN, 0o600);
    // The token itself refuses it, once it is made.
    let directory = tempfile::tempdir().unwrap();
    let library = mls_fault_module::library().unwrap();
    let faults = mls_fault_module::Faults::install(&library, directory.path(), module_path());
    let faults = faults.unwrap();
    faults.set(&["C_InitPIN return 0xa1"]).unwrap();
    let said = failed(&sandbox.init_through(&faults.module(), "removal"));
    for wanted in [
        "\"removal\"",
        "has no user PIN",
        "CKR_PIN_INVALID",
        "Go on with the same command",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    faults.clear().unwrap();
    succeeded(&sandbox.init_through(&faults.module(), "removal"));
    sandbox.succeed(&["keys", "list"]);
    assert!(failed(&sandbox.init("removal")).contains("never overwritten"));
    // One token was made in all.
    let tokens = std::fs::read_dir(sandbox.path("tokens")).unwrap();
    let directories = tokens.filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(directories.count(), 1);
}
