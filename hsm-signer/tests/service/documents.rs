//! What the program says of itself, and its command line against a service.

use std::collections::BTreeSet;

use mls_hsm_signer::api::REMOVALS_PATH;
use serde_json::Value;

use crate::support::Setup;

#[test]
fn the_openapi_document_lists_the_paths_and_only_those() {
    let service = Setup::new().start();
    let served = service.wire().get("/openapi.json").json();
    let document: Value = serde_json::from_str(&mls_hsm_signer::service::openapi()).unwrap();
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
    let message = mls_hsm_signer::api::bytes(said["message"].as_str().unwrap()).unwrap();
    let read = mls_hsm_signer::audit::ReleasedMessage::decode(&message).unwrap();
    assert_eq!(
        (read.removal.group_id, read.removal.leaf_index),
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
