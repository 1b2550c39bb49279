//! What FIPS 140-3 says of the signer: in `/readyz`, in each audit record, by the doctor, and at
//! the service's start where FIPS mode is required. Of a build without the FIPS module as of
//! one with it.

use std::process::Stdio;

use mls_fips::{FipsStatus, Requirement, VARIABLE};
use mls_hsm_signer::api::{AuditRecords, Readiness};
use mls_hsm_signer::audit::FipsMark;
use mls_hsm_signer::audit::Record;
use mls_hsm_signer::client::tls::{self, TlsFiles};
use mls_hsm_signer::encoding::from_base64;
use serde_json::{Value, json};

use crate::support::{Authority, Service, Setup, item, message};

/// What the configuration requires, what the environment does, and what holds then.
const REQUIRED: [(&str, &str, Requirement); 6] = [
    ("none", "on", Requirement::Fips),
    ("none", "strict", Requirement::Strict),
    ("fips", "off", Requirement::Fips),
    ("fips", "strict", Requirement::Strict),
    ("strict", "off", Requirement::Strict),
    ("strict", "on", Requirement::Strict),
];

/// The service's, which is built as this test is.
fn expected(requirement: Requirement) -> FipsMark {
    let mark = FipsMark {
        requirement,
        ..FipsMark::of_process()
    };
    println!("{mark:?}");
    // The module that is linked by default has no certificate.
    assert_eq!(mark.status, FipsStatus::Unvalidated);
    assert_eq!(mark.module.is_empty(), !cfg!(feature = "fips"));
    mark
}

fn setup(configured: &str, environment: &str) -> Setup {
    let mut setup = Setup::new();
    setup.process = format!("fips = {configured:?}");
    setup.environment = vec![(VARIABLE.into(), environment.into())];
    setup
}

/// Signs, and looks at what is said and written down.
fn assert_carried(service: &Service, expected: &FipsMark) {
    let readiness = service.wire().get("/readyz").json();
    assert_eq!(readiness["ready"], true);
    let fips = json!({
        "status": expected.status,
        "requirement": expected.requirement,
        "module": expected.module,
    });
    assert_eq!(readiness["fips"], fips);
    assert!(serde_json::from_value::<Readiness>(readiness).is_ok());
    let schemes = [
        "ed25519",
        "ecdsa_secp256r1_sha256",
        "ecdsa_secp384r1_sha384",
        "ecdsa_secp521r1_sha512",
    ];
    let items = schemes.map(|scheme| item(scheme, "group", 1)).to_vec();
    let results = service.propose(items).unwrap();
    assert_eq!(results.iter().map(message).count(), schemes.len());
    let records = service.wire().get("/v1/audit/records").json();
    let records: AuditRecords = serde_json::from_value(records).unwrap();
    assert_eq!(records.records.len(), schemes.len());
    for stored in &records.records {
        let record = Record::decode(&from_base64(&stored.record).unwrap()).unwrap();
        assert_eq!(record.fips, *expected);
    }
    service.verify_audit();
}

#[test]
fn readiness_and_every_record_carry_the_status() {
    let service = setup("none", "off").start();
    assert_carried(&service, &expected(Requirement::None));
    let place = format!("unix:{}", service.setup.socket().display());
    let mut command = service.setup.sandbox.command(&["status"]);
    let output = command.args(["--server", &place]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let status = format!("{:?}", FipsMark::of_process().status);
    assert!(output.status.success() && said.contains(&status), "{said}");
}

/// The export has it too, and what is read back from it hashes to the same chain.
#[test]
fn the_exported_log_carries_the_status() {
    let service = setup("none", "off").start();
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    let output = service.setup.audit(&["export"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let export = String::from_utf8(output.stdout).unwrap();
    let mark = expected(Requirement::None);
    let fields = format!(
        "\"fips_status\":\"{:?}\",\"fips_requirement\":\"none\",\"fips_module\":\"{}\"",
        mark.status, mark.module
    );
    assert_eq!(export.matches(&fields).count(), 1, "{export}");
    let file = service.setup.sandbox.write("log.jsonl", &export, 0o600);
    let mut command = service.setup.sandbox.command(&["audit", "verify"]);
    let output = command.arg(file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The status is the lowest of its parts; that there is no FIPS mode is bad where it is required.
#[test]
fn the_doctor_says_the_status() {
    let setup = Setup::new();
    for (required, good) in [("off", true), ("on", cfg!(feature = "fips"))] {
        let mut doctor = setup.sandbox.command(&["doctor", "--json"]);
        doctor.args(["--token-label", "example.com", "--module"]);
        doctor.arg(setup.faults("example.com").module());
        doctor.arg("--pin-file").arg(setup.sandbox.path("pin"));
        let output = doctor.env(VARIABLE, required).output().unwrap();
        assert_eq!(output.status.success(), good, "{output:?}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let check = &report["checks"][0];
        assert_eq!(check["name"], "fips");
        assert_eq!(check["verdict"], if good { "good" } else { "bad" });
        let status = format!("{:?}; ", FipsMark::of_process().status);
        let detail = check["detail"].as_str().unwrap();
        assert!(detail.starts_with(&status), "{detail}");
        assert_eq!(report["healthy"], good);
    }
}

/// With the FIPS module it starts, and says so; without, it does not start.
#[test]
fn fips_mode_can_be_required_and_not_be_turned_off() {
    for (configured, environment, requirement) in REQUIRED {
        println!("configured {configured}, {VARIABLE}={environment}: {requirement:?}");
        let setup = setup(configured, environment);
        match cfg!(feature = "fips") {
            true => assert_carried(&setup.start(), &expected(requirement)),
            false => assert_refused_to_start(&setup),
        }
    }
}

/// ChaCha20-Poly1305 and X25519 are not approved, nor is X25519 in a hybrid.
#[test]
fn a_fips_build_negotiates_what_is_approved_and_nothing_else() {
    let setup = Setup::new();
    let sandbox = &setup.sandbox;
    let authority = Authority::new("callers");
    let leaf = authority.issue(sandbox, "caller", &["dns:caller.example"]);
    let config = tls::client(&TlsFiles {
        certificate: leaf.certificate,
        key: leaf.key,
        roots: authority.write(sandbox, "roots.pem"),
        revocation_lists: Vec::new(),
    });
    let config = config.unwrap();
    let provider = config.crypto_provider();
    let suites = provider.cipher_suites.iter();
    let groups = provider.kx_groups.iter();
    let mut names: Vec<_> = suites.map(|suite| format!("{:?}", suite.suite())).collect();
    names.extend(groups.map(|group| format!("{:?}", group.name())));
    println!("{names:?}");
    let refused = |name: &&String| name.contains("CHACHA20") || name.contains("X25519");
    let fips = cfg!(feature = "fips");
    assert_eq!(provider.fips(), fips);
    assert_eq!(names.iter().filter(refused).count() == 0, fips);
    assert!(names.iter().any(|name| name == "secp256r1"));
    assert!(names.iter().any(|name| name == "TLS13_AES_128_GCM_SHA256"));
}

fn assert_refused_to_start(setup: &Setup) {
    let output = setup.command().stdout(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("no FIPS module is linked"), "{said}");
    assert!(!setup.socket().exists());
}
