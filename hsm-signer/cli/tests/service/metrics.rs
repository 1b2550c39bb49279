//! What Prometheus reads.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::{REVOKED, Secured, Service, Setup, eventually, item};

/// The value of one series.
fn value(metrics: &str, series: &str) -> Option<f64> {
    let found = metrics.lines().find_map(|line| line.strip_prefix(series));
    found.and_then(|rest| rest.strip_prefix(' ')?.parse().ok())
}

fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs_f64()
}

/// The types of all metrics, by their names without what their series end with.
fn types(metrics: &str) -> BTreeMap<&str, &str> {
    let lines = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    lines.filter_map(|line| line.split_once(' ')).collect()
}

/// As OpenMetrics wants them.
#[test]
fn counters_end_with_total_and_units_are_in_the_names() {
    let service = Setup::new().start();
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    let metrics = service.metrics();
    let (mut counters, mut units) = (0, 0);
    for (name, kind) in types(&metrics) {
        let mut lines = metrics.lines().filter(|line| !line.starts_with('#'));
        let is_total = |line: &str| line.starts_with(&format!("{name}_total"));
        assert_eq!(lines.any(is_total), kind == "counter", "{name} {kind}");
        counters += usize::from(kind == "counter");
        let unit = metrics
            .lines()
            .find_map(|line| line.strip_prefix(&format!("# UNIT {name} ")));
        if let Some(unit) = unit {
            assert!(name.ends_with(unit), "{name} {unit}");
            units += 1;
        }
    }
    println!("{counters} counters, {units} units");
    assert!(
        counters >= 17 && units >= 6,
        "{counters} {units}\n{metrics}"
    );
}

#[test]
fn the_program_and_its_process_are_described() {
    let service = Setup::new().start();
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    let metrics = service.metrics();
    let version = env!("CARGO_PKG_VERSION");
    let build = metrics
        .lines()
        .find(|line| line.starts_with("mls_hsm_signer_build_info{"));
    let build = build.expect("build_info");
    assert!(build.contains(&format!("version=\"{version}\"")), "{build}");
    assert!(build.ends_with(" 1"), "{build}");
    let of = |name: &str| value(&metrics, name).unwrap_or_else(|| panic!("{name}: {metrics}"));
    let age = now() - of("process_start_time_seconds");
    assert!((0.0..3600.0).contains(&age), "{age}");
    assert!(of("process_cpu_seconds_total") > 0.0);
    assert!(of("process_resident_memory_bytes") > 1e6);
    assert!(of("process_virtual_memory_bytes") >= of("process_resident_memory_bytes"));
    assert!(of("process_threads") >= 2.0);
    assert!((3.0..of("process_max_fds")).contains(&of("process_open_fds")));
}

#[test]
fn a_token_is_in_one_phase() {
    let service = Setup::new().start();
    let metrics = service.metrics();
    let phases = metrics
        .lines()
        .filter(|line| line.starts_with("mls_hsm_signer_token_phase{"));
    let (mut all, mut now) = (0, Vec::new());
    for phase in phases {
        all += 1;
        if phase.ends_with(" 1") {
            now.push(phase);
        }
    }
    assert!(all > 0 && all % 6 == 0, "{metrics}");
    assert_eq!(now.len(), all / 6, "{now:?}");
    assert!(now.iter().all(|line| line.contains("phase=\"ready\"")));
}

#[test]
fn the_age_of_a_checkpoint_is_that_of_the_last() {
    let mut setup = Setup::new();
    setup.more("[audit]\ncheckpoint_seconds = 1\n");
    let service = setup.start();
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    let name = "mls_hsm_signer_checkpoint_success_timestamp_seconds{tenant=\"example.com\"}";
    let last = || value(&service.metrics(), name);
    eventually("a checkpoint", || last().is_some());
    let first = last().unwrap();
    assert!((now() - first).abs() < 600.0, "{first}");
    eventually("a newer one", || last().is_some_and(|last| last > first));
}

const LIST: &str = "mls_hsm_signer_revocation_list_expiry_timestamp_seconds{of=\"client_roots\"}";
const CERTIFICATE: &str = "mls_hsm_signer_certificate_expiry_timestamp_seconds{of=\"service\"}";
const ROOTS: &str = "mls_hsm_signer_certificate_expiry_timestamp_seconds{of=\"client_roots\"}";

fn failed(service: &Service, reason: &str) -> f64 {
    let series =
        format!("mls_hsm_signer_failed_handshakes_total{{listener=\"tls\",reason=\"{reason}\"}}");
    value(&service.metrics(), &series).unwrap_or_else(|| panic!("no {series}"))
}

#[test]
fn ends_of_certificates_and_lists_and_reasons_of_refusals_are_shown() {
    let mut secured = Secured::new();
    secured.listen_as_usual();
    secured.caller("galley", "dns:galley.example", "");
    let names = ["dns:galley.example"];
    let leaf = secured
        .callers
        .issue_revoked(&secured.setup.sandbox, "galley", &names);
    let service = secured.setup.clone().start();
    let of = |series| value(&service.metrics(), series).unwrap_or_else(|| panic!("no {series}"));
    let year = |seconds: f64| 1970.0 + seconds / 31_556_952.0;
    let until = year(of(LIST));
    assert!((2095.5..2096.6).contains(&until), "{until}");
    assert!(of(CERTIFICATE) > now() && of(ROOTS) > now());
    for reason in ["certificate-revoked", "protocol", "no-certificate"] {
        assert_eq!(failed(&service, reason), 0.0, "{reason}");
    }
    secured.revoke_until(&[REVOKED], 2090);
    eventually("the new list", || year(of(LIST)) < 2091.0);
    let refused = secured.wire(&leaf).0.read(&mut [0; 1]);
    assert!(refused.is_err(), "{refused:?}");
    eventually("revoked", || failed(&service, "certificate-revoked") == 1.0);
    let mut stream = TcpStream::connect(("127.0.0.1", secured.port)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    eventually("no TLS", || failed(&service, "protocol") == 1.0);
}
