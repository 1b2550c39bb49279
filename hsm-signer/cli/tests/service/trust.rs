//! What the configuration names must have at least one object of its kind, and decides who is
//! believed: certificates, roots, revocation lists.

use std::path::PathBuf;

use crate::support::{Authority, REVOKED, Secured, eventually, refusal};

const GALLEY: &str = "dns:galley.example";

/// The files that are named for something and have nothing of it, and what is said of each.
#[test]
fn a_file_without_an_object_of_its_kind_is_refused() {
    let files = |secured: &Secured| {
        let sandbox = &secured.setup.sandbox;
        let list = secured.callers.list(&[], 2096);
        std::fs::write(sandbox.path("list.der"), list.der()).unwrap();
        std::fs::write(sandbox.path("root.der"), &secured.callers.der).unwrap();
        sandbox.write("list.pem", &list.pem().unwrap(), 0o600);
        sandbox.write("empty", "", 0o600);
        sandbox.write("text", "there is nothing here", 0o600);
        let half = list.pem().unwrap();
        sandbox.write("half", &half[..half.len() / 2], 0o600);
    };
    let wrong = [
        ("revocation_lists", "empty", "nothing"),
        ("revocation_lists", "text", "neither PEM nor DER"),
        ("revocation_lists", "callers.pem", "certificate in PEM"),
        ("revocation_lists", "root.der", "certificate in DER"),
        ("revocation_lists", "server.key", "private key in PEM"),
        ("revocation_lists", "half", "has no end"),
        ("client_roots", "empty", "nothing"),
        ("client_roots", "list.pem", "revocation list in PEM"),
        ("client_roots", "list.der", "revocation list in DER"),
        ("certificate", "empty", "nothing"),
        ("certificate", "server.key", "private key in PEM"),
        ("key", "empty", "nothing"),
        ("key", "server.pem", "certificate in PEM"),
    ];
    let mut refused = 0;
    for (key, name, said) in wrong {
        let mut secured = Secured::new();
        files(&secured);
        secured.listen_as_usual();
        secured.caller("galley", GALLEY, "");
        let path = secured.setup.sandbox.path(name);
        let value = match key {
            "revocation_lists" => format!("{key} = [{path:?}]"),
            _ => format!("{key} = {path:?}"),
        };
        secured.setup.replace_line(&format!("{key} = "), &value);
        let error = secured.refusal();
        assert!(
            error.contains(name) && error.contains(said),
            "{key} {name}: {error}"
        );
        refused += 1;
    }
    assert_eq!(refused, wrong.len());
}

/// The same of secrets.
#[test]
fn an_empty_pin_is_refused() {
    let setup = crate::support::Setup::new();
    setup.sandbox.write("pin", "\n", 0o600);
    assert!(refusal(&setup).contains("the PIN is empty, and the token needs a login"));
}

#[cfg(feature = "postgres")]
#[test]
fn an_empty_password_is_refused() {
    let mut setup = crate::support::Setup::new();
    let mut store = mls_hsm_signer::audit::store::StoreConfig::new("postgres://signer@localhost/x");
    store.password_file = Some(setup.sandbox.write("password", "\n", 0o600));
    setup.store(store);
    assert!(refusal(&setup).contains("1 to 1024 bytes"));
}

#[test]
fn lists_and_roots_are_read_in_der_and_many_from_one_file() {
    for der in [true, false] {
        let mut secured = Secured::new();
        let sandbox = secured.setup.sandbox.clone();
        let list = secured.callers.list(&[REVOKED], 2096);
        let path = sandbox.path("list");
        if der {
            std::fs::write(&path, list.der()).unwrap();
            std::fs::write(&secured.roots, &secured.callers.der).unwrap();
        } else {
            let other = Authority::new("other").list(&[], 2096);
            let both = other.pem().unwrap() + &list.pem().unwrap();
            std::fs::write(&path, both).unwrap();
        }
        secured.listen(&[path]);
        secured.caller("galley", GALLEY, "");
        let good = secured.callers.issue(&sandbox, "good", &[GALLEY]);
        let revoked = secured
            .callers
            .issue_revoked(&sandbox, "revoked", &[GALLEY]);
        let _service = secured.setup.clone().start();
        assert_eq!(secured.wire(&good).get("/healthz").status, 200, "{der}");
        assert_eq!(secured.wire(&revoked).get("/healthz").status, 0, "{der}");
    }
}

/// Each issuer between the caller and the root needs its list, and each must be up to date.
#[test]
fn the_whole_chain_is_checked() {
    let far = 2096;
    // The lists that there are, of the root and of the intermediate, until when, and whether
    // the caller is served.
    let cases: [(&[(bool, i32)], bool); 5] = [
        (&[(true, far), (false, far)], true),
        (&[(true, far)], false),
        (&[(false, far)], false),
        (&[(true, 2021), (false, far)], false),
        (&[(true, far), (false, 2021)], false),
    ];
    for (lists, served) in cases {
        let mut secured = Secured::new();
        let sandbox = secured.setup.sandbox.clone();
        let between = secured.callers.intermediate("between");
        let written = lists.iter().map(|(of_root, until)| {
            let issuer = if *of_root { &secured.callers } else { &between };
            let list = issuer.list(&[], *until).pem().unwrap();
            sandbox.write(&format!("list-{of_root}"), &list, 0o600)
        });
        let written: Vec<PathBuf> = written.collect();
        secured.listen(&written);
        secured.caller("galley", GALLEY, "");
        let leaf = between.issue(&sandbox, "leaf", &[GALLEY]);
        let own = std::fs::read_to_string(&leaf.certificate).unwrap();
        sandbox.write("leaf.pem", &(own + &between.pem), 0o600);
        let _service = secured.setup.clone().start();
        let status = secured.wire(&leaf).get("/healthz").status;
        assert_eq!(status == 200, served, "{lists:?}");
    }
}

/// A search for a path in many certificates that are called alike takes long, and whoever sends
/// them has proved nothing.
#[test]
fn a_caller_sends_four_certificates_beside_its_own_and_no_more() {
    let mut secured = Secured::new();
    secured.listen(&[]);
    secured.caller("galley", GALLEY, "");
    let sandbox = secured.setup.sandbox.clone();
    let service = secured.setup.clone().start();
    let mut issuer = secured.callers.intermediate("1");
    let mut between = issuer.pem.clone();
    for length in 1..6 {
        let leaf = issuer.issue(&sandbox, "leaf", &[GALLEY]);
        let own = std::fs::read_to_string(&leaf.certificate).unwrap();
        sandbox.write("leaf.pem", &(own + &between), 0o600);
        let status = secured.wire(&leaf).get("/healthz").status;
        assert_eq!(status == 200, length <= 4, "{length}");
        issuer = issuer.intermediate(&length.to_string());
        between = issuer.pem.clone() + &between;
    }
    let leaf = Authority::new("X").issue(&sandbox, "leaf", &[GALLEY]);
    let own = std::fs::read_to_string(&leaf.certificate).unwrap();
    let alike: String = (0..10).map(|_| Authority::new("X").pem).collect();
    sandbox.write("leaf.pem", &(own + &alike), 0o600);
    assert_eq!(secured.wire(&leaf).get("/healthz").status, 0);
    let refused = "more than 4 certificates beside the caller's own";
    eventually("the log says both", || {
        service.log().matches(refused).count() == 2
    });
}

/// Of two lists of one issuer the first would count, and what it lacks would not be revoked.
#[test]
fn two_lists_of_one_issuer_are_refused() {
    let mut secured = Secured::new();
    let sandbox = secured.setup.sandbox.clone();
    let pem = |revoked: &[u64]| secured.callers.list(revoked, 2096).pem().unwrap();
    let (old, new) = (pem(&[]), pem(&[REVOKED]));
    let old_file = sandbox.write("old.crl", &old, 0o600);
    let new_file = sandbox.write("new.crl", &new, 0o600);
    let appended = sandbox.write("appended.crl", &(old + &new), 0o600);
    let bare = secured.setup.clone();
    for lists in [vec![old_file, new_file.clone()], vec![appended.clone()]] {
        secured.setup = bare.clone();
        secured.listen(&lists);
        let error = secured.refusal();
        let last = lists.last().unwrap().display().to_string();
        assert!(
            error.contains(&last) && error.contains("keep the newest alone"),
            "{lists:?}: {error}"
        );
    }
    // At a reload what there was stays in force.
    secured.setup = bare;
    secured.listen(std::slice::from_ref(&new_file));
    secured.caller("galley", GALLEY, "");
    let leaf = secured.callers.issue_revoked(&sandbox, "leaf", &[GALLEY]);
    let service = secured.setup.clone().start();
    std::fs::copy(appended, new_file).unwrap();
    eventually("refused", || {
        service.log().contains("keep the newest alone")
    });
    assert_eq!(secured.wire(&leaf).get("/healthz").status, 0);
}

/// The client heeds the lists that it is given.
#[test]
fn a_client_refuses_a_service_that_is_revoked() {
    let mut secured = Secured::new();
    secured.listen_as_usual();
    secured.caller("galley", GALLEY, "");
    let sandbox = secured.setup.sandbox.clone();
    let leaf = secured.callers.issue(&sandbox, "galley", &[GALLEY]);
    let _service = secured.setup.clone().start();
    for (revoked, status) in [(vec![], 200), (vec![1], 0)] {
        let list = secured.servers.list(&revoked, 2096).pem().unwrap();
        secured.client_lists = vec![sandbox.write("servers.crl", &list, 0o600)];
        assert_eq!(secured.wire(&leaf).get("/healthz").status, status);
    }
}

/// What the file of a root names counts as that root alone.
#[test]
fn a_caller_counts_under_its_root_alone() {
    let mut secured = Secured::new();
    let sandbox = secured.setup.sandbox.clone();
    let other = Authority::new("other");
    let stranger = Authority::new("stranger");
    let bundle = secured.callers.pem.clone() + &other.pem;
    let bundle = sandbox.write("both.pem", &bundle, 0o600);
    let own = std::mem::replace(&mut secured.roots, bundle);
    let lists: Vec<_> = [&secured.callers, &other]
        .iter()
        .enumerate()
        .map(|(number, issuer)| {
            let list = issuer.list(&[], 2096).pem().unwrap();
            sandbox.write(&format!("{number}.crl"), &list, 0o600)
        })
        .collect();
    secured.listen(&lists);
    let bare = secured.setup.clone();
    secured.caller("galley", GALLEY, "");
    let error = secured.refusal();
    assert!(
        error.contains("galley") && error.contains("client_root"),
        "{error}"
    );
    secured.setup = bare.clone();
    let foreign = stranger.write(&sandbox, "stranger.pem");
    secured.caller("galley", GALLEY, &format!("client_root = {foreign:?}"));
    let error = secured.refusal();
    assert!(error.contains("stranger.pem"), "{error}");
    secured.setup = bare;
    let others = other.write(&sandbox, "other.pem");
    secured.caller("galley", GALLEY, &format!("client_root = {own:?}"));
    secured.caller(
        "namesake",
        GALLEY,
        &format!("client_root = {others:?}\nbatch = 1"),
    );
    secured.caller(
        "brig",
        "dns:brig.example",
        &format!("client_root = {others:?}"),
    );
    let _service = secured.setup.clone().start();
    let issue = |issuer: &Authority, file: &str, name: &str| issuer.issue(&sandbox, file, &[name]);
    let galley = issue(&secured.callers, "galley", GALLEY);
    let namesake = issue(&other, "namesake", GALLEY);
    let forged = issue(&secured.callers, "forged", "dns:brig.example");
    let brig = issue(&other, "brig", "dns:brig.example");
    let keys = |leaf| secured.wire(leaf).get("/v1/keys?tenant=example.com");
    assert_eq!(keys(&galley).status, 200);
    assert_eq!(keys(&namesake).status, 200);
    assert_eq!(keys(&brig).status, 200);
    assert_eq!(keys(&forged).code(), "caller-unknown");
    let two = serde_json::to_vec(&mls_hsm_signer::api::RemovalsRequest {
        tenant: Some("example.com".into()),
        removals: (1..3)
            .map(|leaf| crate::support::item("ed25519", "group", leaf))
            .collect(),
        ..Default::default()
    });
    let two = two.unwrap();
    let propose = |leaf| {
        secured
            .wire(leaf)
            .post(mls_hsm_signer::api::REMOVALS_PATH, &two)
    };
    assert_eq!(propose(&galley).status, 200);
    assert_eq!(propose(&namesake).code(), "batch-too-large");
}

/// Whoever checks them refuses them: the operator hears it first, before the start and at it.
#[test]
fn what_is_out_of_date_is_said() {
    let mut secured = Secured::new();
    secured.listen_as_usual();
    secured.caller("galley", GALLEY, "");
    let check = |secured: &Secured| {
        let output = secured.setup.command().arg("--check").output().unwrap();
        let said = String::from_utf8(output.stdout.clone()).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = check(&secured);
    assert_eq!(code, Some(0), "{said}");
    let sandbox = &secured.setup.sandbox;
    let old = secured
        .servers
        .issue_between(sandbox, "old", &["dns:localhost"], (2020, 2021));
    let list = secured.callers.list(&[], 2021).pem().unwrap();
    let list = sandbox.write("old.crl", &list, 0o600);
    let replaced = [
        (
            "certificate = ",
            &old.certificate,
            "a certificate in it is out of date since 2021-01-01",
        ),
        ("key = ", &old.key, ""),
    ];
    for (name, path, _) in &replaced {
        secured.setup.replace_line(name, &format!("{name}{path:?}"));
    }
    let lists = format!("revocation_lists = [{list:?}]");
    secured.setup.replace_line("revocation_lists = ", &lists);
    let (code, said) = check(&secured);
    assert_eq!(code, Some(1), "{said}");
    let revoked = "a revocation list in it is out of date since 2021-01-01";
    for reason in [replaced[0].2, revoked] {
        assert!(said.contains(reason), "{reason}: {said}");
    }
    // It serves all the same: whoever comes by the socket is not concerned.
    let service = secured.setup.start();
    let log = service.log();
    for reason in [replaced[0].2, revoked] {
        assert!(log.contains(reason), "{reason}: {log}");
    }
}
