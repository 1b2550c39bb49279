//! The command line and the service over a module, as an operator and a delivery service use
//! them, with keys of every scheme.

use base64ct::{Base64, Encoding};
use mls_hsm_signer::api::{RemovalItem, RemovalResult};
use mls_hsm_signer::encoding::{base64, from_base64};
use mls_hsm_signer::{SCHEMES, Scheme};
use openmls_hw_crypto::{OpenMlsHwCrypto, SUITES};
use serde_json::{Value, json};

use crate::desk::{Desk, Service, said};
use crate::group::Group;
use crate::modules::Case;

/// More signatures of ML-DSA-87 than a frame between the two processes takes.
const MANY: u32 = 100;

/// Runs every check, and says so at the end.
pub fn run(case: &Case) {
    let desk = Desk::new(case, "served");
    make_keys(&desk);
    public_keys(&desk);
    generations(&desk);
    println!("  the command line: every key made, examined, listed, shown, rotated, retired");
    let mut service = desk.start(4);
    assert!(service.becomes_ready(), "{}", desk.log());
    let keys = current_keys(&service);
    is_wires_answer(&service, &keys);
    let removed = removes_from_groups(&service, &keys);
    println!("  the service: removals from groups of {removed} suites");
    many_at_once(&service);
    drop(service);
    audit(&desk, removed + MANY as usize);
    println!("  every check was made");
}

/// Four keys without being told of which schemes, and then the others.
fn make_keys(desk: &Desk) {
    said(desk.init());
    assert_eq!(
        desk.json(&["keys", "generate"]).as_array().unwrap().len(),
        4
    );
    for scheme in SCHEMES.iter().filter(|scheme| !scheme.of_wire) {
        desk.json(&["keys", "generate", "--scheme", scheme.name]);
    }
    let report = desk.json(&["doctor"]);
    let checks = report["checks"].as_array().unwrap();
    let signs = |check: &&Value| {
        let name = check["name"].as_str().unwrap();
        name.starts_with("signature of") && check["verdict"] == "good"
    };
    assert_eq!(checks.iter().filter(signs).count(), SCHEMES.len());
    let listed = desk.json(&["keys", "list"]);
    let usable = |key: &&Value| key["protection"] == "made-in-token";
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.iter().filter(usable).count(), SCHEMES.len());
}

/// Wire's four, or those that are named, in each format.
fn public_keys(desk: &Desk) {
    let wire: Value = serde_json::from_str(&desk.say(&["keys", "public"])).unwrap();
    assert_eq!(wire["removal"].as_object().unwrap().len(), 4);
    for scheme in SCHEMES {
        let named = ["keys", "public", "--scheme", scheme.name];
        let pem = desk.say(&[&named[..], &["--format", "pem"]].concat());
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
        let jwk = desk.say(&[&named[..], &["--format", "jwk"]].concat());
        let jwk: Value = serde_json::from_str(&jwk).unwrap();
        let kty = &jwk["removal"][scheme.name]["kty"];
        let expected = match scheme.name {
            "ed25519" | "ed448" => "OKP",
            name if name.starts_with("mldsa") => "AKP",
            _ => "EC",
        };
        assert_eq!(kty, expected, "{jwk}");
    }
}

/// The next generation of each scheme; the first is retired and destroyed.
fn generations(desk: &Desk) {
    for scheme in SCHEMES {
        let first = desk.json(&["keys", "list", "--label", &scheme.default_label()]);
        let key = first[0]["public_key"].as_str().unwrap();
        desk.json(&["keys", "rotate", "--scheme", scheme.name]);
        desk.json(&["keys", "retire", "--public-key", key]);
        desk.json(&["keys", "destroy", "--public-key", key]);
    }
    let left = desk.json(&["keys", "list"]);
    assert_eq!(left.as_array().unwrap().len(), SCHEMES.len());
}

/// The log has a sound record of each signature.
fn audit(desk: &Desk, records: usize) {
    let mut command = Desk::program();
    command.args(["audit", "verify", "--json", "--store", &desk.store()]);
    let report: Value = serde_json::from_str(&said(command.output().unwrap())).unwrap();
    assert_eq!(report["chains"][0]["records"], records, "{report}");
}

/// The current key of each scheme, in the order of SCHEMES.
fn current_keys(service: &Service) -> Vec<Vec<u8>> {
    let listed = service.get("/v1/keys");
    let listed = listed["keys"].as_array().unwrap();
    let of_scheme = |scheme: &Scheme| {
        let mut keys = listed.iter();
        let key = keys.find(|key| key["signature_scheme"] == scheme.name);
        let key = from_base64(key.unwrap()["public_key"].as_str().unwrap()).unwrap();
        assert_eq!(key.len(), scheme.public_key_length, "{}", scheme.name);
        key
    };
    SCHEMES.iter().map(of_scheme).collect()
}

/// Whatever keys there are, Wire's four and nothing else; all of them where that is asked.
fn is_wires_answer(service: &Service, keys: &[Vec<u8>]) {
    let raw = |wanted: fn(&Scheme) -> bool| {
        let rows = SCHEMES.iter().zip(keys);
        let rows = rows.filter(|(scheme, _)| wanted(scheme));
        let rows = rows.map(|(s, key)| (s.name.to_owned(), Base64::encode_string(key).into()));
        json!({ "removal": rows.collect::<serde_json::Map<_, Value>>() })
    };
    assert_eq!(
        service.get("/mls/public-keys"),
        raw(|scheme| scheme.of_wire)
    );
    assert_eq!(service.get("/mls/public-keys?schemes=all"), raw(|_| true));
    let jwk = service.get("/mls/public-keys?schemes=all&format=jwk");
    assert_eq!(jwk["removal"].as_object().unwrap().len(), SCHEMES.len());
    for scheme in SCHEMES.iter().filter(|scheme| !scheme.of_wire) {
        let jwk = &jwk["removal"][scheme.name];
        let curve = jwk == &json!({"kty": "OKP", "crv": scheme.title, "x": jwk["x"]});
        let lattice = jwk == &json!({"kty": "AKP", "alg": scheme.title, "pub": jwk["pub"]});
        assert!(curve || lattice, "{jwk}");
    }
}

/// One removal from a group of each suite, in one batch, half of them by the key that the
/// group names; then the same batch, which is answered with the same bytes.
fn removes_from_groups(service: &Service, keys: &[Vec<u8>]) -> usize {
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    let mut groups: Vec<Group<OpenMlsHwCrypto>> =
        suites.map(|suite| Group::new(suite, keys)).collect();
    let wanted = |(number, group): (usize, &Group<_>)| {
        let (id, epoch, leaf_index) = group.position();
        let mut rows = SCHEMES.iter();
        let place = rows.position(|scheme| scheme.name == group.scheme().name);
        let place = place.unwrap();
        RemovalItem {
            group_id: base64(&id),
            epoch,
            leaf_index,
            sender_index: place as u32,
            ciphersuite: Some(SUITES[number].ciphersuite.into()),
            sender_public_key: (number % 2 == 0).then(|| base64(&keys[place])),
            ..RemovalItem::default()
        }
    };
    let batch: Vec<_> = groups.iter().enumerate().map(wanted).collect();
    let results = service.propose(batch.clone());
    for (group, result) in groups.iter_mut().zip(&results) {
        let RemovalResult::Signed(signed) = result else {
            panic!("{result:?}");
        };
        assert_eq!(signed.signature_scheme, group.scheme().name);
        let message = from_base64(&signed.message).unwrap();
        group.accept(&message, &from_base64(&signed.proposal_ref).unwrap());
    }
    assert_eq!(service.propose(batch), results);
    results.len()
}

/// A batch of the scheme with the longest signatures.
fn many_at_once(service: &Service) {
    let scheme = SCHEMES.iter().max_by_key(|scheme| scheme.signature_length);
    let scheme = scheme.unwrap();
    let item = |leaf_index| RemovalItem {
        group_id: base64(b"many at once"),
        epoch: 7,
        leaf_index,
        signature_scheme: Some(scheme.name.into()),
        ..RemovalItem::default()
    };
    let results = service.propose((0..MANY).map(item).collect());
    let signed = |result: &&RemovalResult| matches!(result, RemovalResult::Signed(_));
    assert_eq!(results.iter().filter(signed).count(), MANY as usize);
}
