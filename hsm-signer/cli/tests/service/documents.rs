//! What the program says of itself, and its command line against a service.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use mls_hsm_signer::api::REMOVALS_PATH;
use mls_hsm_signer::encoding::from_base64;
use mls_hsm_signer::message::signed_removal::SignedRemoval;
use mls_hsm_signer::server::problem::KINDS;
use serde_json::Value;

use crate::support::{Service, Setup, on_terminal};

#[test]
fn the_openapi_document_lists_the_paths_and_only_those() {
    let service = Setup::new().start();
    let served = service.wire().get("/openapi.json").json();
    let document: Value = serde_json::from_str(&mls_hsm_signer::server::openapi()).unwrap();
    assert_eq!(served, document);
    let paths: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let expected = [
        REMOVALS_PATH,
        "/mls/public-keys",
        "/v1/keys",
        "/v1/audit/head",
        "/v1/audit/records",
        "/v1/audit/statements",
        "/healthz",
        "/readyz",
        "/metrics",
    ];
    assert_eq!(paths, expected.map(str::to_owned).into());
    for path in &paths {
        let known = service.wire().get(path);
        assert_ne!(known.status, 404, "{path}");
    }
    let text = document.to_string();
    assert!(text.contains("RemovalsRequest") && text.contains("ProblemDetails"));
    assert!(
        !text.to_lowercase().contains("payload"),
        "nothing takes bytes to sign"
    );
}

#[test]
fn manual_pages_and_completions_cover_the_commands() {
    let setup = Setup::new();
    let out = setup.sandbox.path("man");
    let mut command = setup.sandbox.command(&["man", "--out"]);
    assert!(command.arg(&out).status().unwrap().success());
    for page in [
        "mls-hsm-signer",
        "mls-hsm-signer-serve",
        "mls-hsm-signer-audit-verify",
    ] {
        let text = std::fs::read_to_string(out.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = setup
            .sandbox
            .command(&["completions", shell])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains("propose-remove") && text.contains("serve"),
            "{shell}"
        );
    }
}

#[test]
fn the_codes_of_problems_are_unique_and_say_when_to_try_again() {
    let codes: BTreeSet<_> = KINDS.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), KINDS.len());
    for kind in KINDS {
        let busy = matches!(kind.status, 429 | 503 | 504);
        assert_eq!(kind.retry_after.is_some(), busy, "{}", kind.code);
    }
}

/// Of the commands that need no token; the others' tests read it.
#[test]
fn programs_are_answered_in_json() {
    let service = Setup::new().start();
    let sandbox = &service.setup.sandbox;
    let [man, message, export] = ["man", "message", "export"].map(|name| sandbox.path(name));
    let path = |path: &Path| path.display().to_string();
    let place = format!("unix:{}", service.setup.socket().display());
    let config = path(&sandbox.path("signer.toml"));
    let commands: [(&[&str], &str); 6] = [
        (&["completions", "bash"], "script"),
        (&["man", "--out", &path(&man)], "written"),
        (&["openapi"], "paths"),
        (&["status", "--server", &place], "ready"),
        (&["status", "--alive", "--server", &place], "alive"),
        (&["serve", "--check", "--config", &config], "valid"),
    ];
    let mut commands: Vec<_> = commands
        .map(|(arguments, field)| (sandbox.command(arguments), field))
        .into();
    let proposal = propose(&service, 1, &["--out", &path(&message)]);
    commands.push((proposal, "file"));
    commands.push((service.setup.audit(&["verify"]), "sound"));
    commands.push((service.setup.audit(&["export"]), "type"));
    let to_file = service.setup.audit(&["export", "--out", &path(&export)]);
    commands.push((to_file, "records"));
    for (mut command, field) in commands {
        let said = lines(&command.arg("--json").output().unwrap()).join("\n");
        let mut documents = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
        let first = documents.next().unwrap();
        let first = first.unwrap_or_else(|error| panic!("{error}: {said}"));
        assert!(first.get(field).is_some(), "{field}: {first}");
        assert!(documents.all(|document| document.is_ok()), "{said}");
    }
    let mut wrong = sandbox.command(&["status", "--json", "--server", "unix:/nowhere"]);
    let wrong = wrong.output().unwrap();
    let error: Value = serde_json::from_slice(&wrong.stderr).unwrap();
    assert!(error["error"].is_string(), "{error}");
}

#[test]
fn the_command_line_proposes_through_the_service() {
    let service = Setup::new().start();
    let place = format!("unix:{}", service.setup.socket().display());
    let output = service.setup.sandbox.command(&[
        "propose-remove",
        "--json",
        "--server",
        &place,
        "--scheme",
        "ed25519",
        "--group-id",
        "0a0b",
        "--epoch",
        "5",
        "--leaf-index",
        "2",
    ]);
    let mut output = output;
    let output = output.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["epoch"], 5);
    let message = from_base64(said["message"].as_str().unwrap()).unwrap();
    let read = SignedRemoval::read(message).unwrap();
    assert_eq!(
        (read.removal().group_id.clone(), read.removal().leaf_index),
        (vec![10, 11], 2)
    );
    let status = service
        .setup
        .sandbox
        .command(&["status", "--server", &place])
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
}

fn propose(service: &Service, leaves: u32, more: &[&str]) -> Command {
    let place = format!("unix:{}", service.setup.socket().display());
    let mut command = service.setup.sandbox.command(&["propose-remove"]);
    command.args(["--server", &place, "--scheme", "ed25519"]);
    command.args(["--group-id", "0a0b", "--epoch", "5"]);
    for leaf in 0..leaves {
        command.args(["--leaf-index", &leaf.to_string()]);
    }
    command.args(more);
    command
}

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Long work shows how far it is to whoever waits at a terminal, and to nobody else.
#[test]
fn many_removals_are_proposed_with_a_bar_on_a_terminal() {
    let service = Setup::new().start();
    let piped = propose(&service, 250, &[]).output().unwrap();
    assert!(piped.stderr.is_empty(), "{piped:?}");
    let messages = lines(&piped);
    assert_eq!(messages.len(), 250);
    for (leaf, message) in (0..).zip(&messages) {
        let message = from_base64(message).unwrap();
        let read = SignedRemoval::read(message).unwrap();
        assert_eq!(read.removal().leaf_index, leaf);
    }
    let shown = on_terminal(propose(&service, 250, &["--json"]));
    for (line, message) in lines(&shown).iter().zip(&messages) {
        let said: Value = serde_json::from_str(line).unwrap();
        assert_eq!(said["message"], message.as_str(), "other bytes");
    }
    assert_bar(&shown, "proposals signed");
    let out = service.setup.sandbox.path("message");
    let out = ["--out", out.to_str().unwrap()];
    let refused = propose(&service, 2, &out).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(!service.setup.sandbox.path("message").exists());

    let audit = |verb: &str| service.setup.audit(&[verb]);
    for (verb, said) in [
        ("verify", "records verified"),
        ("export", "records exported"),
    ] {
        let piped = audit(verb).output().unwrap();
        assert!(
            piped.status.success() && piped.stderr.is_empty(),
            "{piped:?}"
        );
        let shown = on_terminal(audit(verb));
        assert_eq!(shown.stdout, piped.stdout, "{verb}");
        assert_bar(&shown, said);
    }
}

fn assert_bar(shown: &Output, text: &str) {
    let said = String::from_utf8_lossy(&shown.stderr);
    assert!(said.contains(text) && said.contains("of 250"), "{said:?}");
}
