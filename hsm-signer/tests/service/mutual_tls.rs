//! Mutual TLS: who gets in, and as whom.

use mls_hsm_signer::api::{RemovalsRequest, RemovalsResponse};
use mls_hsm_signer::client::{ClientError, Endpoint, SignerClient};
use mls_hsm_signer::tls::TlsFiles;

use crate::support::{Authority, Leaf, Service, Setup, item, runtime};

const GALLEY: &str = "dns:galley.example";
const BRIG: &str = "uri:spiffe://example/brig";

/// A service with two tenants, each with a caller of its own, over TLS.
struct Secure {
    service: Service,
    port: u16,
    callers: Authority,
    roots: std::path::PathBuf,
}

impl Secure {
    fn start() -> Self {
        let mut setup = Setup::new();
        setup.tenant("other.example");
        let (servers, callers) = (Authority::new("servers"), Authority::new("callers"));
        let roots = servers.write(&setup.sandbox, "servers.pem");
        let client_roots = callers.write(&setup.sandbox, "callers.pem");
        let own = servers.issue(&setup.sandbox, "server", &["dns:localhost"]);
        let port = free_port();
        setup.listen(
            "tls",
            &format!(
                "address = \"127.0.0.1:{port}\"\ncertificate = {:?}\nkey = {:?}\nclient_roots = \
                 {client_roots:?}",
                own.certificate, own.key
            ),
        );
        let everything = setup.everything();
        setup.caller(&everything);
        for (name, san, tenant) in [
            ("galley", GALLEY, "example.com"),
            ("brig", BRIG, "other.example"),
        ] {
            setup.caller(&format!(
                "name = {name:?}\nsans = [{san:?}]\ntenants = [{tenant:?}]\nmay = \
                 [\"propose-removals\", \"read-keys\"]"
            ));
        }
        for tenant in ["example.com", "other.example"] {
            setup.faults(tenant).set(&["C_Sign log"]).unwrap();
        }
        Self {
            service: setup.start(),
            port,
            callers,
            roots,
        }
    }

    fn issue(&self, file: &str, names: &[&str]) -> Leaf {
        self.callers.issue(&self.service.setup.sandbox, file, names)
    }

    /// What a caller with this certificate is told when it asks for a tenant's removal.
    fn asked(&self, leaf: &Leaf, tenant: &str) -> Result<RemovalsResponse, ClientError> {
        let files = TlsFiles {
            certificate: leaf.certificate.clone(),
            key: leaf.key.clone(),
            roots: self.roots.clone(),
            revocation_lists: Vec::new(),
        };
        let client = SignerClient::new(Endpoint::tls("localhost", self.port, files)).unwrap();
        let request = RemovalsRequest {
            tenant: Some(tenant.into()),
            removals: vec![item("ed25519", "group", 1)],
            ..RemovalsRequest::default()
        };
        runtime()
            .block_on(client.propose_once(&request))
            .map(|(response, _)| response)
    }

    /// How many removals have been recorded.
    fn records(&self, tenant: &str) -> u64 {
        let head = self
            .service
            .wire()
            .get(&format!("/v1/audit/head?tenant={tenant}"));
        head.json()["sequence"].as_u64().unwrap()
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn code(answer: Result<RemovalsResponse, ClientError>) -> String {
    match answer {
        Ok(_) => "signed".into(),
        Err(ClientError::Refused(problem)) => problem.code,
        Err(ClientError::Unreachable(_)) => "no connection".into(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn each_caller_gets_its_own_tenant_and_strangers_get_nothing() {
    let secure = Secure::start();
    let stranger = Authority::new("strangers");
    let sandbox = &secure.service.setup.sandbox;
    let matrix = [
        (
            secure.issue("galley", &[GALLEY]),
            ["signed", "tenant-refused"],
        ),
        (secure.issue("brig", &[BRIG]), ["tenant-refused", "signed"]),
        (
            secure.issue("wrong", &["dns:brig.example"]),
            ["caller-unknown"; 2],
        ),
        (
            secure.issue("wild", &["dns:*.example"]),
            ["caller-unknown"; 2],
        ),
        (secure.issue("none", &[]), ["caller-unknown"; 2]),
        (secure.issue("two", &[GALLEY, BRIG]), ["caller-unknown"; 2]),
        (
            secure.callers.issue_until(sandbox, "old", &[GALLEY], 2021),
            ["no connection"; 2],
        ),
        (
            stranger.issue(sandbox, "stranger", &[GALLEY]),
            ["no connection"; 2],
        ),
    ];
    let mut checked = 0;
    for (leaf, expected) in &matrix {
        for (tenant, expected) in ["example.com", "other.example"].iter().zip(expected) {
            let before = (
                secure.records("example.com"),
                secure.records("other.example"),
            );
            assert_eq!(
                code(secure.asked(leaf, tenant)),
                *expected,
                "{leaf:?} {tenant}"
            );
            let after = (
                secure.records("example.com"),
                secure.records("other.example"),
            );
            if *expected != "signed" {
                assert_eq!(before, after, "{leaf:?} {tenant}: something was signed");
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 16);
    assert_eq!(
        (
            secure.records("example.com"),
            secure.records("other.example")
        ),
        (1, 1)
    );
}

#[test]
fn without_a_certificate_or_without_tls_nobody_is_served() {
    use std::io::{Read, Write};
    let secure = Secure::start();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", secure.port)).unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: s\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    let output = std::process::Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20", "--cacert"])
        .arg(&secure.roots)
        .arg(format!("https://localhost:{}/healthz", secure.port))
        .output()
        .unwrap();
    assert!(!output.status.success(), "{output:?}");
}
