//! Requests that no client should send: refused, within bounds, while others are served.

use mls_hsm_signer::api::{REMOVALS_PATH, RemovalsRequest};
use mls_hsm_signer::client::ClientError;

use crate::support::{Service, Setup, eventually, item, runtime};

fn small() -> Setup {
    let mut setup = Setup::new();
    setup.more("[limits]\nbody_bytes = 20000\nall_bodies_bytes = 60000\nbatch = 50\nwaiting = 100");
    setup
}

fn served(service: &Service, leaf: u32) {
    assert_eq!(
        service
            .propose(vec![item("ed25519", "group", leaf)])
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_a_code() {
    let service = small().start();
    let good = serde_json::to_vec(&RemovalsRequest {
        removals: vec![item("ed25519", "group", 1)],
        ..RemovalsRequest::default()
    });
    let many = serde_json::to_vec(&RemovalsRequest {
        removals: (0..51).map(|leaf| item("ed25519", "group", leaf)).collect(),
        ..RemovalsRequest::default()
    });
    let deep = "[".repeat(19_000).into_bytes();
    let long = vec![b' '; 20_001];
    let cases: [(&[u8], &str); 6] = [
        (b"", "malformed-request"),
        (b"{\"removals\":[]}", "malformed-request"),
        (b"{\"to_sign\":\"AAAA\"}", "malformed-request"),
        (&deep, "malformed-request"),
        (&long, "body-too-large"),
        (&many.unwrap(), "batch-too-large"),
    ];
    for (body, code) in cases {
        assert_eq!(service.wire().post(REMOVALS_PATH, body).code(), code);
    }
    assert_eq!(
        service.wire().post(REMOVALS_PATH, &good.unwrap()).status,
        200
    );
    assert_eq!(service.wire().get("/nowhere").code(), "not-found");
    assert_eq!(
        service.wire().get(REMOVALS_PATH).code(),
        "method-not-allowed"
    );
    assert_eq!(
        service.wire().get("/v1/keys?tenants=x").code(),
        "malformed-request"
    );
    let mut wire = service.wire();
    wire.send(
        b"POST /v1/external-proposals/remove HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\
                Content-Length: 2\r\n\r\n{}",
    );
    assert_eq!(wire.read().code(), "unsupported-media-type");
    let mut wire = service.wire();
    wire.send(
        format!(
            "GET /healthz HTTP/1.1\r\nHost: s\r\nX: {}\r\n\r\n",
            "x".repeat(40_000)
        )
        .as_bytes(),
    );
    assert_eq!(wire.read().status, 431);
    let mut wire = service.wire();
    wire.send(b"\x16\x03\x01 no HTTP at all\r\n\r\n");
    assert_eq!(wire.read().status, 400);
}

/// serde would read an array of the fields in their order in an object's place.
#[test]
fn undocumented_forms_are_refused_and_nothing_is_signed() {
    let setup = small();
    setup.faults("example.com").set(&["C_Sign keep"]).unwrap();
    let service = setup.start();
    let item = r#"{"group_id":"Z3JvdXA=","epoch":7,"leaf_index":1,"sender_index":0,"signature_scheme":"ed25519"}"#;
    let array = r#"["Z3JvdXA=",7,1,0,"ed25519",null,null]"#;
    let bodies = [
        format!(r#"[null,null,[{item}]]"#),
        format!(r#"[null,null,[{array}]]"#),
        format!(r#"{{"removals":[{array}]}}"#),
    ];
    for body in bodies {
        let reply = service.wire().post(REMOVALS_PATH, body.as_bytes());
        assert_eq!(reply.status, 400, "{body}: {reply:?}");
        assert_eq!(reply.code(), "malformed-request", "{body}");
    }
    let body = format!(r#"{{"removals":[{item}]}}"#);
    let headers = [
        ("Content-Encoding: gzip", 415, "Content-Encoding is"),
        ("X-Request-Id:", 400, "it is empty"),
        ("X-Request-Id: a\r\nX-Request-Id: b", 400, "twice"),
        (
            "Content-Encoding: identity\r\nX-Request-Id: a",
            200,
            "message",
        ),
    ];
    for (header, status, said) in headers {
        let mut wire = service.wire();
        wire.send(
            format!(
                "POST {REMOVALS_PATH} HTTP/1.1\r\nHost: s\r\nConnection: close\r\nContent-Type: \
                 application/json\r\n{header}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        let reply = wire.read();
        assert_eq!(reply.status, status, "{header}: {reply:?}");
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(text.contains(said), "{header}: {text}");
    }
    for path in [
        "/healthz?x=1",
        "/readyz?x=1",
        "/metrics?x=1",
        "/v1/keys?tenant=example.com&tenant=example.com",
        "/openapi.json?x=1",
        "/v1/audit/records?after=%2B0",
        "/v1/audit/records?after=9223372036854775808",
        "/v1/audit/statements?after=18446744073709551615",
        "/mls/public-keys?format=",
    ] {
        assert_eq!(service.wire().get(path).status, 400, "{path}");
    }
    for what in ["records", "statements"] {
        let last = format!("/v1/audit/{what}?after=9223372036854775807");
        assert_eq!(service.wire().get(&last).status, 200, "{last}");
    }
    assert_eq!(service.setup.proposals_signed("example.com").len(), 1);
}

/// What two servers in a row may take for two requests, and what names no host of this one
/// (RFC 9112, sections 3.2 and 3.3).
#[test]
fn a_request_names_one_host_and_no_other_scheme() {
    let service = small().start();
    let ask = |line: &str, headers: &str| {
        let mut wire = service.wire();
        wire.send(format!("{line}\r\nConnection: close\r\n{headers}\r\n").as_bytes());
        wire.read()
    };
    for (line, headers) in [
        ("GET /healthz HTTP/1.1", ""),
        ("GET /healthz HTTP/1.1", "Host: a\r\nHost: b\r\n"),
        ("GET /healthz HTTP/1.1", "Host: s\r\nHost: s\r\n"),
        ("GET /healthz HTTP/1.0", "Host: s\r\nHost: s\r\n"),
        ("GET /healthz HTTP/1.1", "Host: a b\r\n"),
        ("GET /healthz HTTP/1.1", "Host: user@s\r\n"),
        ("GET ftp://s/healthz HTTP/1.1", "Host: s\r\n"),
        ("GET file://s/healthz HTTP/1.1", "Host: s\r\n"),
    ] {
        let reply = ask(line, headers);
        assert_eq!(reply.status, 400, "{line} {headers}: {reply:?}");
        assert_eq!(reply.code(), "malformed-request", "{line} {headers}");
    }
    for (line, headers) in [
        ("GET /healthz HTTP/1.1", "Host: s:1\r\n"),
        ("GET /healthz HTTP/1.1", "Host: [::1]:1\r\n"),
        ("GET /healthz HTTP/1.1", "Host:\r\n"),
        ("GET /healthz HTTP/1.0", ""),
        ("GET http://s/healthz HTTP/1.1", "Host: s\r\n"),
    ] {
        let reply = ask(line, headers);
        assert_eq!(reply.status, 200, "{line} {headers}: {reply:?}");
    }
}

#[test]
fn slow_bodies_and_heads_end_while_others_are_served() {
    let mut setup = Setup::new();
    // Short, and yet nothing to others on a machine that does much else.
    setup.more("[limits]\nbody_ms = 2500\nheader_ms = 2500");
    let service = setup.start();
    let mut body = service.wire();
    body.send(
        b"POST /v1/external-proposals/remove HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    );
    let mut head = service.wire();
    head.send(b"GET /healthz HTTP/1.1\r\nHo");
    served(&service, 1);
    assert_eq!(body.read().code(), "body-too-slow");
    assert_ne!(head.read().status, 200, "an unfinished head was answered");
    served(&service, 2);
}

#[test]
fn more_connections_than_allowed_are_closed_and_places_come_back() {
    let mut setup = Setup::new();
    setup.more("[limits]\nconnections = 24\nconnections_per_caller = 20");
    let service = setup.start();
    let mut idle: Vec<_> = (0..40).map(|_| service.wire()).collect();
    eventually("the places are taken", || {
        idle.push(service.wire());
        service.wire().get("/healthz").status == 0
    });
    drop(idle);
    eventually("a place came back", || {
        service.wire().get("/healthz").status == 200
    });
    served(&service, 3);
    let refused = "mls_hsm_signer_refused_connections_total{listener=\"unix\"}";
    let refused = service.counted(refused);
    assert!(refused > 10, "{refused}");
    let lines = service.log().matches("beyond limits.").count();
    assert!(
        lines > 0 && (lines as u64) < refused,
        "{lines} of {refused}"
    );
}

#[test]
fn a_long_queue_is_refused_with_a_time_to_come_back() {
    let mut setup = small();
    setup.sessions = 1;
    setup
        .faults("example.com")
        .set(&["C_Sign delay 30000"])
        .unwrap();
    let service = setup.start();
    let batches: Vec<_> = std::thread::scope(|scope| {
        let service = &service;
        let threads: Vec<_> = (0..6)
            .map(|number| {
                scope.spawn(move || {
                    let items = (0..40).map(|leaf| item("ed25519", &format!("g{number}"), leaf));
                    let request = RemovalsRequest {
                        removals: items.collect(),
                        ..RemovalsRequest::default()
                    };
                    let body = serde_json::to_vec(&request).unwrap();
                    service.wire().post(REMOVALS_PATH, &body)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let busy = batches
        .iter()
        .filter(|reply| reply.status == 429 || reply.status == 503);
    let busy: Vec<_> = busy.collect();
    assert!(!busy.is_empty() && busy.len() < 6, "{batches:?}");
    for reply in busy {
        assert!(
            reply.head.to_lowercase().contains("retry-after: "),
            "{reply:?}"
        );
        assert!(["caller-busy", "overloaded"].contains(&reply.code().as_str()));
    }
}

/// Else it would be asked about another tenant, or with other parameters.
#[test]
fn a_tenants_name_does_not_change_the_query() {
    let service = Setup::new().start();
    let client = service.client();
    let keys = |tenant| runtime().block_on(client.keys(Some(tenant)));
    assert!(keys("example.com").is_ok());
    for tenant in [
        "example.com#other",
        "example.com&x=1",
        "example.com%20",
        "",
        "a b",
    ] {
        let error = keys(tenant).unwrap_err();
        assert!(
            matches!(error, ClientError::Refused(_)),
            "{tenant}: {error}"
        );
    }
}
