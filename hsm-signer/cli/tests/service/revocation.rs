//! Who has lost the right to ask is refused, on connections made before too, and whatever else
//! is out of order.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use mls_hsm_signer::api::{REMOVALS_PATH, RemovalsRequest};
use rustix::process::Signal;

use crate::support::{
    Heedless, Leaf, PATIENCE, REVOKED, Secured, Service, TlsStream, eventually, item,
};

const GALLEY: &str = "dns:galley.example";

/// How long a connection that is told to end may go on: its requests' time and a little.
const LIMITS: &str = "[limits]\nrequest_ms = 1500\nconnection_ms = 600000\n";

fn body(leaf: u32) -> Vec<u8> {
    let request = RemovalsRequest {
        tenant: Some("example.com".into()),
        removals: vec![item("ed25519", "group", leaf)],
        ..RemovalsRequest::default()
    };
    serde_json::to_vec(&request).unwrap()
}

/// Asks without an end. Returns how long it was signed for, and what the refusal said; none if
/// the connection was ended, or nothing happened for [`PATIENCE`].
fn signed_until(client: &mut Heedless<TlsStream>) -> (Duration, Option<String>) {
    let began = Instant::now();
    for leaf in 1000.. {
        match client.ask("POST", REMOVALS_PATH, &body(leaf)) {
            Ok(answer) if answer.contains("\"results\"") => {}
            Ok(refusal) => return (began.elapsed(), Some(refusal)),
            Err(_) => return (began.elapsed(), None),
        }
        assert!(began.elapsed() < PATIENCE, "signed for {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    unreachable!()
}

/// From a refusal on, nothing is signed any more, and the connection is ended.
fn is_ended(mut client: Heedless<TlsStream>) {
    let began = Instant::now();
    while let Ok(answer) = client.ask("POST", REMOVALS_PATH, &body(1)) {
        assert!(!answer.contains("\"results\""), "{answer}");
        assert!(began.elapsed() < PATIENCE, "not ended");
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("ended {:?} after the first refusal", began.elapsed());
}

/// A service, and a caller whose certificate can be revoked.
fn started() -> (Secured, Leaf, Service) {
    let mut secured = Secured::new();
    secured.setup.more(LIMITS);
    secured.listen_as_usual();
    secured.caller("galley", GALLEY, "");
    let leaf = secured
        .callers
        .issue_revoked(&secured.setup.sandbox, "galley", &[GALLEY]);
    let service = secured.setup.clone().start();
    (secured, leaf, service)
}

fn connected(secured: &Secured, leaf: &Leaf) -> Heedless<TlsStream> {
    let mut client = secured.heedless(leaf);
    let answer = client.ask("POST", REMOVALS_PATH, &body(1)).unwrap();
    assert!(answer.contains("\"results\""), "{answer}");
    client
}

#[test]
fn a_revoked_caller_is_refused_on_a_connection_that_heeds_nothing() {
    let (secured, leaf, service) = started();
    let mut client = connected(&secured, &leaf);
    secured.revoke(&[REVOKED]);
    service.signal(Signal::HUP);
    let (time, refusal) = signed_until(&mut client);
    println!("SIGHUP to the first refusal: {time:?}");
    let refusal = refusal.expect("a refusal");
    assert!(
        refusal.contains("\"certificate-refused\"") && refusal.contains("revoked"),
        "{refusal}"
    );
    is_ended(client);
}

#[test]
fn a_list_that_changes_on_the_disk_is_taken_over_without_a_signal() {
    let (secured, leaf, _service) = started();
    let mut client = connected(&secured, &leaf);
    secured.revoke(&[REVOKED]);
    let (time, refusal) = signed_until(&mut client);
    println!("the file changed to the first refusal: {time:?}");
    assert!(refusal.expect("a refusal").contains("revoked"));
    is_ended(client);
    secured.revoke(&[]);
    eventually("it is taken back", || {
        secured.wire(&leaf).get("/healthz").status == 200
    });
}

/// As Kubernetes replaces what a volume has: the directory behind a link.
#[test]
fn files_behind_links_are_followed() {
    let mut secured = Secured::new();
    let sandbox = secured.setup.sandbox.clone();
    for (directory, revoked) in [("old", vec![]), ("new", vec![REVOKED])] {
        std::fs::create_dir(sandbox.path(directory)).unwrap();
        let list = secured.callers.list(&revoked, 2096).pem().unwrap();
        sandbox.write(&format!("{directory}/list"), &list, 0o600);
    }
    symlink("old", sandbox.path("data")).unwrap();
    symlink("data/list", sandbox.path("list")).unwrap();
    secured.listen(&[sandbox.path("list")]);
    secured.caller("galley", GALLEY, "");
    let leaf = secured.callers.issue_revoked(&sandbox, "galley", &[GALLEY]);
    let _service = secured.setup.clone().start();
    let mut client = connected(&secured, &leaf);
    symlink("new", sandbox.path("data-draft")).unwrap();
    std::fs::rename(sandbox.path("data-draft"), sandbox.path("data")).unwrap();
    assert!(
        signed_until(&mut client)
            .1
            .expect("a refusal")
            .contains("revoked")
    );
}

/// What was revoked stays so, the reason is said once, and the whole file is taken when it is
/// there.
#[test]
fn a_half_written_list_leaves_the_one_before_in_force() {
    let (secured, leaf, service) = started();
    let list = secured.setup.sandbox.path("callers.crl");
    let other = secured
        .callers
        .issue(&secured.setup.sandbox, "other", &[GALLEY]);
    secured.revoke(&[REVOKED]);
    eventually("revoked", || {
        secured.wire(&leaf).get("/healthz").status != 200
    });
    let whole = std::fs::read(&list).unwrap();
    std::fs::write(&list, &whole[..whole.len() / 2]).unwrap();
    eventually("refused", || service.log().contains("callers.crl: "));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(service.log().matches("callers.crl: ").count(), 1);
    assert_ne!(secured.wire(&leaf).get("/healthz").status, 200);
    assert_eq!(secured.wire(&other).get("/healthz").status, 200);
    secured.revoke(&[1]);
    eventually("the whole list", || {
        secured.wire(&other).get("/healthz").status != 200
            && secured.wire(&leaf).get("/healthz").status == 200
    });
}

#[test]
fn a_connection_that_heeds_nothing_ends_when_it_is_too_old() {
    let mut secured = Secured::new();
    secured
        .setup
        .more("[limits]\nrequest_ms = 1000\nconnection_ms = 500\n");
    secured.listen_as_usual();
    secured.caller("galley", GALLEY, "");
    let leaf = secured
        .callers
        .issue(&secured.setup.sandbox, "galley", &[GALLEY]);
    let _service = secured.setup.clone().start();
    let mut client = connected(&secured, &leaf);
    let (time, refusal) = signed_until(&mut client);
    assert_eq!(refusal, None);
    println!("ended after {time:?}");
}

#[test]
fn a_certificate_that_expires_is_refused_on_a_live_connection() {
    let mut secured = Secured::new();
    secured.setup.more(LIMITS);
    secured.listen_as_usual();
    secured.caller("galley", GALLEY, "");
    let _service = secured.setup.clone().start();
    let sandbox = &secured.setup.sandbox;
    let valid = Duration::from_secs(8);
    let leaf = secured
        .callers
        .issue_briefly(sandbox, "brief", &[GALLEY], valid);
    let mut client = connected(&secured, &leaf);
    let refusal = signed_until(&mut client).1.expect("a refusal");
    assert!(
        refusal.contains("\"certificate-refused\"") && refusal.contains("expired"),
        "{refusal}"
    );
    is_ended(client);
}

/// Who is removed is so though another caller's file is wrong, and that caller stays.
#[test]
fn one_callers_wrong_file_blocks_no_removal() {
    let mut secured = Secured::new();
    secured.listen_as_usual();
    let sandbox = secured.setup.sandbox.clone();
    let root = sandbox.write("own.pem", &secured.callers.pem, 0o600);
    secured.caller("galley", GALLEY, &format!("client_root = {root:?}"));
    let before = secured.setup.clone();
    secured.caller("brig", "dns:brig.example", "");
    let galley = secured.callers.issue(&sandbox, "galley", &[GALLEY]);
    let brig = secured
        .callers
        .issue(&sandbox, "brig", &["dns:brig.example"]);
    let service = secured.setup.clone().start();
    assert_eq!(secured.wire(&brig).get("/healthz").status, 200);
    std::fs::write(&root, "").unwrap();
    before.write();
    service.signal(Signal::HUP);
    eventually("brig is removed", || {
        secured.wire(&brig).get("/healthz").status == 403
    });
    assert_eq!(secured.wire(&galley).get("/healthz").status, 200);
    eventually("it is said", || {
        service.log().contains("own.pem: there is no certificate")
    });
}

/// Nobody takes another's name, whoever stands first; all other names count.
#[test]
fn a_name_that_two_callers_claim_at_a_reload_counts_for_neither() {
    for first in [true, false] {
        let mut secured = Secured::new();
        secured.listen_as_usual();
        let sandbox = secured.setup.sandbox.clone();
        let root = sandbox.write("own.pem", &secured.callers.pem, 0o600);
        let copy = sandbox.write("copy.pem", &secured.callers.pem, 0o600);
        let bare = secured.setup.clone();
        let galley = |secured: &mut Secured| {
            let more = format!("client_root = {root:?}\nunix_uids = [4711]");
            secured.caller("galley", GALLEY, &more);
        };
        galley(&mut secured);
        let before = secured.setup.clone();
        let service = before.clone().start();
        secured.setup = bare;
        let intruder = |secured: &mut Secured| {
            secured.setup.caller(&format!(
                "name = \"brig\"\nsans = [{GALLEY:?}, \"dns:brig.example\"]\nclient_root = \
                 {copy:?}\nmay = []"
            ));
        };
        if first {
            intruder(&mut secured);
            galley(&mut secured);
        } else {
            galley(&mut secured);
            intruder(&mut secured);
        }
        let issue = |name: &str| secured.callers.issue(&sandbox, "leaf", &[name]);
        let status = |name: &str| secured.wire(&issue(name)).get("/healthz").status;
        assert_eq!(status(GALLEY), 200);
        secured.setup.write();
        service.signal(Signal::HUP);
        eventually("brig is there", || status("dns:brig.example") == 200);
        assert_eq!(status(GALLEY), 403, "{first}");
        let log = service.log();
        let said = log.lines().any(|line| {
            line.contains("part=\"callers\"") && line.contains("galley") && line.contains("neither")
        });
        assert!(said, "{log}");
        // Its root of before is known all the same.
        std::fs::write(&root, "").unwrap();
        before.write();
        service.signal(Signal::HUP);
        eventually("galley is back", || status(GALLEY) == 200);
        assert_eq!(status("dns:brig.example"), 403);
    }
}

/// A key that everybody may read is refused; that nobody else may any more is a change.
#[test]
fn a_file_whose_mode_alone_changes_is_taken_over() {
    let (secured, _leaf, service) = started();
    let key = secured.setup.sandbox.path("server.key");
    let mode = |mode| std::fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
    let says = |what: &str| {
        let log = service.log();
        log.lines()
            .filter(|line| line.contains("part=\"certificate\"") && line.contains(what))
            .count()
    };
    mode(0o644);
    let content = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, content + "\n").unwrap();
    eventually("refused", || says("was not taken over") > 0);
    std::thread::sleep(Duration::from_secs(2));
    let before = says("was taken over");
    mode(0o600);
    eventually("taken over", || says("was taken over") > before);
}

#[test]
fn that_lists_are_gone_is_said() {
    let (mut secured, leaf, service) = started();
    secured.revoke(&[REVOKED]);
    eventually("revoked", || {
        secured.wire(&leaf).get("/healthz").status == 0
    });
    secured
        .setup
        .replace_line("revocation_lists", "revocation_lists = []");
    secured.setup.write();
    service.signal(Signal::HUP);
    eventually("nothing is revoked", || {
        secured.wire(&leaf).get("/healthz").status == 200
    });
    assert!(service.log().contains("nothing is revoked any more"));
}

/// One tenant's token is out, and the configuration has an error elsewhere: who is removed or
/// revoked is so all the same.
#[test]
fn one_tenants_outage_blocks_no_revocation() {
    let mut secured = Secured::new();
    secured.setup.tenant("other.example");
    secured.setup.more(LIMITS);
    secured.listen_as_usual();
    let before = secured.setup.clone();
    secured.caller("galley", GALLEY, "");
    let leaf = secured
        .callers
        .issue_revoked(&secured.setup.sandbox, "galley", &[GALLEY]);
    let service = secured.setup.clone().start();
    let mut client = connected(&secured, &leaf);
    for tenant in ["example.com", "other.example"] {
        let broken: &[&str] = if tenant == "other.example" {
            &["* return 0x30"]
        } else {
            &[]
        };
        service.setup.faults(tenant).set(broken).unwrap();
    }
    let changed = before.configuration().replace(
        "[listen.unix]",
        "[audit]\nretention_days = 7\n[listen.unix]",
    );
    secured.setup.sandbox.write("signer.toml", &changed, 0o600);
    service.signal(Signal::HUP);
    let refusal = signed_until(&mut client).1.expect("a refusal");
    assert!(refusal.contains("\"caller-unknown\""), "{refusal}");
    eventually("the log says it by parts", || {
        let log = service.log();
        let says = |part: &str, what: &str| {
            log.lines()
                .any(|line| line.contains(part) && line.contains(what))
        };
        says("callers", "was taken over")
            && says("client_roots", "was taken over")
            && says("audit", "was not taken over")
            && says("keys of example.com", "was taken over")
            && says("keys of other.example", "was not taken over")
    });
    let taken = "mls_hsm_signer_reloads_total{part=\"callers\",outcome=\"taken-over\"}";
    assert!(service.counted(taken) > 0);
    // And a configuration that cannot be read blocks no list.
    secured
        .setup
        .sandbox
        .write("signer.toml", "nonsense", 0o600);
    service.signal(Signal::HUP);
    eventually("the configuration is refused", || {
        service.log().contains("nonsense")
    });
}
