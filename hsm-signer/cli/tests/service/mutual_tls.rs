//! Mutual TLS: who gets in, as whom, and to what. Whatever is refused is refused before the HSM
//! is asked.

use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use mls_hsm_signer::api::{REMOVALS_PATH, RemovalsRequest};
use mls_hsm_signer::client::tls::{self, TlsFiles};
use mls_hsm_signer::encoding::base64;
use mls_hsm_signer::server::problem::KINDS;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Authority, Leaf, PATIENCE, Service, Setup, Wire, item};

const TENANTS: [&str; 2] = ["example.com", "other.example"];
const PERMISSIONS: [&str; 4] = [
    "propose-removals",
    "read-keys",
    "read-audit",
    "read-metrics",
];
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

/// A caller of one tenant, with all permissions, known by a URI.
const BRIG: &str = "uri:spiffe://example/brig";
/// A caller of both tenants, with all permissions.
const GALLEY: &str = "dns:galley.example";

/// An endpoint: its path, the permission that it needs, and whether it is a tenant's.
struct Endpoint {
    path: &'static str,
    permission: Option<&'static str>,
    of_tenant: bool,
}

const fn endpoint(path: &'static str, permission: &'static str) -> Endpoint {
    Endpoint {
        path,
        permission: Some(permission),
        of_tenant: true,
    }
}

const fn open_endpoint(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        permission: None,
        of_tenant: false,
    }
}

/// All endpoints, and a path that is none.
const ENDPOINTS: [Endpoint; 11] = [
    endpoint(REMOVALS_PATH, "propose-removals"),
    endpoint("/mls/public-keys", "read-keys"),
    endpoint("/v1/keys", "read-keys"),
    endpoint("/v1/audit/head", "read-audit"),
    endpoint("/v1/audit/records", "read-audit"),
    endpoint("/v1/audit/statements", "read-audit"),
    Endpoint {
        of_tenant: false,
        ..endpoint("/metrics", "read-metrics")
    },
    open_endpoint("/healthz"),
    open_endpoint("/readyz"),
    open_endpoint("/openapi.json"),
    open_endpoint("/v1/nowhere"),
];

/// Who comes with a certificate.
#[derive(Clone, Debug, PartialEq)]
enum Standing {
    /// The handshake fails.
    Nobody,
    /// The certificate is good, and no caller has its name.
    Stranger,
    Caller {
        tenants: Vec<&'static str>,
        may: Vec<&'static str>,
    },
}

/// A certificate, or none, and what it is worth.
struct Card {
    name: String,
    certificate: Option<Leaf>,
    standing: Standing,
}

/// A service with two tenants and callers of all sorts, over TLS.
struct Secure {
    service: Service,
    port: u16,
    roots: PathBuf,
    cards: Vec<Card>,
}

fn caller(name: &str, san: &str, tenants: &[&str], may: &[&str]) -> String {
    format!("name = {name:?}\nsans = [{san:?}]\ntenants = {tenants:?}\nmay = {may:?}")
}

impl Secure {
    fn start() -> Self {
        let mut setup = Setup::new();
        setup.tenant(TENANTS[1]);
        for tenant in TENANTS {
            setup.faults(tenant).set(&["C_Sign keep"]).unwrap();
        }
        let (servers, callers) = (Authority::new("servers"), Authority::new("callers"));
        let roots = servers.write(&setup.sandbox, "servers.pem");
        let own = servers.issue(&setup.sandbox, "server", &["dns:localhost"]);
        let client_roots = callers.write(&setup.sandbox, "callers.pem");
        let revoked = callers.revoke(&setup.sandbox, "callers.crl");
        let port = free_port();
        setup.listen(
            "tls",
            &format!(
                "address = \"127.0.0.1:{port}\"\ncertificate = {:?}\nkey = {:?}\nclient_roots = \
                 {client_roots:?}\nrevocation_lists = [{revoked:?}]",
                own.certificate, own.key
            ),
        );
        let everything = setup.everything();
        setup.caller(&everything);
        setup.caller(&caller("galley", GALLEY, &TENANTS, &PERMISSIONS));
        setup.caller(&caller("brig", BRIG, &TENANTS[1..], &PERMISSIONS));
        for permission in PERMISSIONS {
            let san = format!("dns:{permission}.example");
            setup.caller(&caller(permission, &san, &TENANTS[..1], &[permission]));
        }
        let cards = cards(&setup, &callers);
        Self {
            service: setup.start(),
            port,
            roots,
            cards,
        }
    }

    /// What this caller's end of TLS is.
    fn config(&self, card: &Card) -> ClientConfig {
        if let Some(leaf) = &card.certificate {
            return tls::client(&TlsFiles {
                certificate: leaf.certificate.clone(),
                key: leaf.key.clone(),
                roots: self.roots.clone(),
                revocation_lists: Vec::new(),
            })
            .unwrap();
        }
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_file_iter(&self.roots).unwrap() {
            roots.add(root.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    fn wire(&self, config: &Arc<ClientConfig>) -> Wire<StreamOwned<ClientConnection, TcpStream>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The handshake is several small writes, and there are thousands of handshakes.
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::clone(config), name).unwrap();
        Wire(StreamOwned::new(connection, stream))
    }
}

/// Each sort of certificate there is.
fn cards(setup: &Setup, callers: &Authority) -> Vec<Card> {
    let sandbox = &setup.sandbox;
    let strangers = Authority::new("strangers");
    let mut cards = Vec::new();
    let mut add = |name: &str, certificate: Option<Leaf>, standing: &Standing| {
        cards.push(Card {
            name: name.into(),
            certificate,
            standing: standing.clone(),
        });
    };
    let nobody = Standing::Nobody;
    add("none", None, &nobody);
    let old = callers.issue_between(sandbox, "expired", &[GALLEY], (2020, 2021));
    add("expired", Some(old), &nobody);
    let early = callers.issue_between(sandbox, "early", &[GALLEY], (2090, 2096));
    add("not yet valid", Some(early), &nobody);
    let foreign = strangers.issue(sandbox, "foreign", &[GALLEY]);
    add("another authority's", Some(foreign), &nobody);
    let revoked = callers.issue_revoked(sandbox, "revoked", &[GALLEY]);
    add("revoked", Some(revoked), &nobody);
    let names: [(&str, &[&str]); 4] = [
        ("an unknown name", &["dns:brig.example"]),
        ("a wildcard", &["dns:*.example"]),
        ("no name", &[]),
        ("two callers' names", &[GALLEY, BRIG]),
    ];
    for (number, (name, sans)) in names.into_iter().enumerate() {
        let leaf = callers.issue(sandbox, &format!("stranger-{number}"), sans);
        add(name, Some(leaf), &Standing::Stranger);
    }
    let mut known = |name: &str, san: &str, tenants: &[&'static str], may: &[&'static str]| {
        let leaf = callers.issue(sandbox, name, &[san]);
        let (tenants, may) = (tenants.to_vec(), may.to_vec());
        add(name, Some(leaf), &Standing::Caller { tenants, may });
    };
    known("galley", GALLEY, &TENANTS, &PERMISSIONS);
    known("brig", BRIG, &TENANTS[1..], &PERMISSIONS);
    for permission in PERMISSIONS {
        let san = format!("dns:{permission}.example");
        known(permission, &san, &TENANTS[..1], &[permission]);
    }
    cards
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// What is to happen: the code of a problem, or `served`.
fn expected(card: &Card, endpoint: &Endpoint, method: &str, tenant: &str) -> &'static str {
    if card.standing == Standing::Nobody {
        return "no connection";
    }
    let known: &[&str] = match endpoint.path {
        "/v1/nowhere" => return "not-found",
        REMOVALS_PATH => &["POST"],
        _ => &["GET", "HEAD"],
    };
    if !known.contains(&method) {
        return "method-not-allowed";
    }
    let Standing::Caller { tenants, may } = &card.standing else {
        return "caller-unknown";
    };
    match endpoint.permission {
        Some(permission) if !may.contains(&permission) => "not-permitted",
        _ if endpoint.of_tenant && !tenants.contains(&tenant) => "tenant-refused",
        _ => "served",
    }
}

/// Asks, and says what happened. The removal's group is this request's alone.
fn asked(
    wire: Wire<StreamOwned<ClientConnection, TcpStream>>,
    endpoint: &Endpoint,
    method: &str,
    tenant: &str,
    group: &str,
) -> String {
    let mut path = endpoint.path.to_owned();
    let mut body = Vec::new();
    if endpoint.path == REMOVALS_PATH {
        let request = RemovalsRequest {
            tenant: Some(tenant.into()),
            removals: vec![item("ed25519", group, 1)],
            ..RemovalsRequest::default()
        };
        body = serde_json::to_vec(&request).unwrap();
    } else if endpoint.of_tenant {
        path = format!("{path}?tenant={tenant}");
    }
    let reply = wire.ask(method, &path, &body);
    match (reply.status, method) {
        (0, _) => "no connection".into(),
        (200, _) => "served".into(),
        // The answer to HEAD has no body: as GET's, by its status.
        (status, "HEAD") => format!("status {status}"),
        _ => reply.code(),
    }
}

/// The status of a code, for HEAD.
fn status(code: &str) -> String {
    let kind = KINDS.iter().find(|kind| kind.code == code).unwrap();
    format!("status {}", kind.status)
}

/// Every certificate x every endpoint x every method x every tenant.
#[test]
fn the_matrix_of_certificates_endpoints_methods_and_tenants() {
    let secure = Secure::start();
    let (mut checked, mut served) = (0, 0);
    let mut groups: [Vec<String>; 2] = Default::default();
    for card in &secure.cards {
        let config = Arc::new(secure.config(card));
        for endpoint in &ENDPOINTS {
            for method in METHODS {
                for (place, tenant) in TENANTS.into_iter().enumerate() {
                    let group = format!("group {checked}");
                    let found = asked(secure.wire(&config), endpoint, method, tenant, &group);
                    let wanted = expected(card, endpoint, method, tenant);
                    let case = format!("{}: {method} {} {tenant}", card.name, endpoint.path);
                    let headed = method == "HEAD" && !["served", "no connection"].contains(&wanted);
                    let wanted = if headed {
                        status(wanted)
                    } else {
                        wanted.into()
                    };
                    assert_eq!(found, wanted, "{case}");
                    if found == "served" {
                        served += 1;
                        if endpoint.path == REMOVALS_PATH {
                            groups[place].push(group);
                        }
                    }
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 15 * 11 * 6 * 2);
    assert_eq!(groups.each_ref().map(Vec::len), [2, 2]);
    println!("{checked} requests, {served} of them served");
    for (tenant, groups) in TENANTS.into_iter().zip(&groups) {
        assert_signed(&secure.service, tenant, groups);
    }
}

/// The tenant's HSM has signed the removals from these groups, and no other proposal.
fn assert_signed(service: &Service, tenant: &str, groups: &[String]) {
    let signed = service.setup.proposals_signed(tenant);
    assert_eq!(signed.len(), groups.len(), "{tenant}");
    for group in groups {
        let has = |data: &Vec<u8>| {
            let group = group.as_bytes();
            data.windows(group.len()).any(|part| part == group)
        };
        assert!(
            signed.iter().any(has),
            "{tenant}: {}",
            base64(group.as_bytes())
        );
    }
    let head = service
        .wire()
        .get(&format!("/v1/audit/head?tenant={tenant}"));
    assert_eq!(head.json()["sequence"], groups.len(), "{tenant}");
}

#[test]
fn without_tls_nobody_is_served() {
    let secure = Secure::start();
    let stream = TcpStream::connect(("127.0.0.1", secure.port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let reply = Wire(stream).get("/healthz");
    assert!(!reply.head.starts_with("HTTP"), "{reply:?}");
    let output = crate::support::programs::program("curl", "curl")
        .args(["--silent", "--show-error", "--max-time", "20", "--cacert"])
        .arg(&secure.roots)
        .arg(format!("https://localhost:{}/healthz", secure.port))
        .output()
        .unwrap();
    assert!(!output.status.success(), "{output:?}");
}
