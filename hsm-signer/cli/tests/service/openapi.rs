//! The OpenAPI document: valid, and enough to generate a client that gets a removal signed.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use mls_hsm_signer::encoding::from_base64;
use mls_hsm_signer::message::signed_removal::SignedRemoval;
use mls_hsm_signer::server::problem::KINDS;
use serde_json::{Value, json};

use crate::support::Setup;
use crate::support::python::{said, tools};

/// A validator, a generator of clients, and what that formats with.
const TOOLS: &str = "\
openapi-spec-validator==0.9.0
openapi-python-client==0.29.1
ruff==0.17.6
";

#[test]
fn the_document_says_who_may_call_and_every_problem() {
    let document: Value = serde_json::from_str(&mls_hsm_signer::server::openapi()).unwrap();
    assert_eq!(document["info"]["license"]["name"], "MIT OR Apache-2.0");
    assert_eq!(document["security"], json!([{ "mutualTLS": [] }, {}]));
    let scheme = &document["components"]["securitySchemes"]["mutualTLS"];
    assert_eq!(scheme["type"], "mutualTLS");
    let code = &document["components"]["schemas"]["ProblemDetails"]["properties"]["code"];
    let codes: Vec<_> = KINDS.iter().map(|kind| kind.code).collect();
    assert_eq!(code["examples"], json!(codes));
    for (name, status) in [("SignedResult", "signed"), ("RefusedResult", "refused")] {
        let properties = &document["components"]["schemas"][name]["properties"];
        let expected = json!({ "type": "string", "enum": [status] });
        assert_eq!(properties["status"], expected);
    }
}

#[test]
fn a_validator_and_a_generated_client_understand_the_document() {
    let mut setup = Setup::new();
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let lines = format!("address = \"{address}\"\ncaller = \"tester\"\ndevelopment = true");
    setup.listen("plain", &lines);
    let service = setup.start();
    let sandbox = &service.setup.sandbox;
    let document = sandbox.write("openapi.json", &mls_hsm_signer::server::openapi(), 0o600);
    let tools = tools("openapi", TOOLS);
    let tool = |name: &str| Command::new(tools.join(name));
    said(tool("openapi-spec-validator").arg(&document));
    let path = std::env::var("PATH").unwrap_or_default();
    let mut generate = tool("openapi-python-client");
    generate.args(["generate", "--path"]).arg(&document);
    generate.current_dir(sandbox.path("."));
    said(generate.env("PATH", format!("{}:{path}", tools.display())));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service/generated_client.py");
    let mut client = tool("python3");
    client.arg(script).arg(format!("http://{address}"));
    client.env("PYTHONPATH", sandbox.path("mls-removal-signer-client"));
    let message = from_base64(said(&mut client).trim()).unwrap();
    assert_eq!(
        SignedRemoval::read(message).unwrap().removal().leaf_index,
        1
    );
}
