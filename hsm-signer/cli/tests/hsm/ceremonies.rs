//! Key ceremonies: two steps, a report that its keys sign, and its verification.

use mls_hsm_signer::keys::ceremony::{CeremonyError, ModuleIdentity, Plan, SignedReport, perform};
use mls_hsm_signer::{Error, KeySpec, SCHEMES, keys};
use serde_json::Value;

use crate::support::{FaultyAccess, Sandbox, TestToken, module};

fn plan(token: &dyn mls_hsm_signer::Token) -> (ModuleIdentity, Plan) {
    let spec = |scheme| KeySpec::with_random_id(scheme, &format!("new {}", scheme.name)).unwrap();
    let specs: Vec<_> = SCHEMES.iter().map(spec).collect();
    let module = ModuleIdentity::of(module()).unwrap();
    let witnesses = ["A. Lice".to_owned(), "B. Ob".to_owned()];
    let plan = Plan::new(module.clone(), token.identity(), &specs, &witnesses).unwrap();
    (module, plan)
}

fn keys_in(token: &dyn mls_hsm_signer::Token) -> usize {
    let any = mls_hsm_signer::KeySelector::any();
    keys::list(token, &any).unwrap().len()
}

/// Each leaf of a JSON value, by its pointer.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            fields.for_each(|(name, field)| leaves(field, &format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(place, item)| leaves(item, &format!("{at}/{place}"), found));
        }
        _ => found.push(at.to_owned()),
    }
}

fn changed(value: &Value) -> Value {
    match value {
        Value::Bool(value) => Value::Bool(!value),
        Value::Number(number) => Value::from(number.as_u64().unwrap() + 1),
        Value::String(text) => {
            let first = text.chars().next().unwrap_or('b');
            let other = if first == 'a' { "b" } else { "a" };
            Value::String(format!("{other}{}", text.get(1..).unwrap_or_default()))
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_report_holds_and_no_changed_one_does() {
    let test = TestToken::new();
    let token = test.open();
    let (module, plan) = plan(token.as_ref());
    let report = perform(&token, &module, &plan, &plan.fingerprint().unwrap(), |_| {
        Ok(())
    })
    .unwrap();
    let json = report.to_json().unwrap();
    let read = SignedReport::from_json(&json).unwrap();
    assert_eq!(read, report);
    read.verify().unwrap();
    let value: Value = serde_json::from_str(&json).unwrap();
    let mut places = Vec::new();
    leaves(&value, "", &mut places);
    for place in &places {
        let mut forged = value.clone();
        let leaf = forged.pointer_mut(place).unwrap();
        *leaf = changed(leaf);
        let forged = SignedReport::from_json(&forged.to_string());
        assert!(
            forged.and_then(|forged| forged.verify()).is_err(),
            "{place}"
        );
    }
    println!("{} changed reports refused", places.len());
    assert!(places.len() > 60, "{places:?}");
    for (place, keys) in [
        ("/signatures", 3),
        ("/report/keys", 3),
        ("/report/plan/keys", 3),
    ] {
        let mut forged = value.clone();
        let list = forged.pointer_mut(place).unwrap().as_array_mut().unwrap();
        list.truncate(keys);
        let forged = SignedReport::from_json(&forged.to_string()).unwrap();
        assert!(forged.verify().is_err(), "{place}");
    }
}

#[test]
fn a_plan_is_performed_once_as_confirmed_and_where_it_says() {
    let test = TestToken::new();
    let token = test.open();
    let (module, plan) = plan(token.as_ref());
    let fingerprint = plan.fingerprint().unwrap();
    let refused = |token, module: &ModuleIdentity, plan: &Plan, confirmed: &str| {
        perform(token, module, plan, confirmed, |_| Ok(())).unwrap_err()
    };
    let error = refused(&token, &module, &plan, &"0".repeat(64));
    assert!(matches!(error, CeremonyError::NotConfirmed { .. }));
    let mut changed = plan.clone();
    changed.witnesses.pop();
    let error = refused(&token, &module, &changed, &fingerprint);
    assert!(matches!(error, CeremonyError::NotConfirmed { .. }));
    let mut other_module = module.clone();
    other_module.sha256 = "0".repeat(64);
    let error = refused(&token, &other_module, &plan, &fingerprint);
    assert!(matches!(
        error,
        CeremonyError::Elsewhere { what: "module", .. }
    ));
    let elsewhere = TestToken::new();
    let other_token = elsewhere.open();
    let error = refused(&other_token, &module, &plan, &fingerprint);
    assert!(matches!(
        error,
        CeremonyError::Elsewhere { what: "token", .. }
    ));
    assert_eq!(keys_in(token.as_ref()), 0);
    perform(&token, &module, &plan, &fingerprint, |_| Ok(())).unwrap();
    assert_eq!(keys_in(token.as_ref()), 4);
    let error = refused(&token, &module, &plan, &fingerprint);
    assert!(
        matches!(error, CeremonyError::Token(Error::KeyExists { .. })),
        "{error}"
    );
    assert_eq!(keys_in(token.as_ref()), 4);
}

/// No key without a report: where it cannot be kept, or the token fails while signing it,
/// the keys are destroyed again.
#[test]
fn a_ceremony_that_fails_leaves_no_key() {
    let test = TestToken::new();
    let faulty = FaultyAccess::to(&test);
    let token = &faulty.token;
    let (module, plan) = plan(token.as_ref());
    let fingerprint = plan.fingerprint().unwrap();
    let unkept = |_: &SignedReport| {
        Err(CeremonyError::File {
            path: "report".into(),
            reason: "no space left".into(),
        })
    };
    let error = perform(token, &module, &plan, &fingerprint, unkept).unwrap_err();
    assert!(error.to_string().contains("no space left"), "{error}");
    assert_eq!(keys_in(token.as_ref()), 0);
    // Four signatures prove the keys; those of the report follow.
    for fault in [
        "C_Sign return 0x30 from 6",
        "C_GenerateKeyPair return 0x30 from 3",
    ] {
        faulty.faults.set(&[fault]).unwrap();
        perform(token, &module, &plan, &fingerprint, |_| Ok(())).unwrap_err();
        faulty.faults.clear().unwrap();
        assert_eq!(keys_in(token.as_ref()), 0, "{fault}");
    }
}

#[test]
fn a_ceremony_by_the_command_line() {
    let sandbox = Sandbox::new();
    let paths = ["plan", "report", "other-plan"].map(|name| sandbox.path(name));
    let [plan, report, other] = [0, 1, 2].map(|n: usize| paths[n].to_str().unwrap());
    let prepare = [
        "ceremony",
        "prepare",
        "--witness",
        "A. Lice",
        "--json",
        "--out",
    ];
    let prepared = sandbox.succeed(&[&prepare[..], &[plan]].concat());
    let prepared: Value = serde_json::from_str(&prepared).unwrap();
    assert_eq!(sandbox.succeed(&["keys", "list", "--json"]).trim(), "[]");
    assert!(
        sandbox
            .fail(&[&prepare[..], &[plan]].concat())
            .contains("exists")
    );
    let perform = |confirm: &str| {
        let step = [
            "ceremony",
            "perform",
            "--plan",
            plan,
            "--confirm",
            confirm,
            "--out",
            report,
        ];
        step.map(str::to_owned)
    };
    let run = |arguments: &[String]| {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        sandbox.run(&arguments)
    };
    assert!(!run(&perform("00")).status.success());
    assert!(!paths[1].exists(), "no report of nothing");
    let done = run(&perform(prepared["fingerprint"].as_str().unwrap()));
    assert!(done.status.success(), "{done:?}");
    let error = sandbox.fail(&[&prepare[..], &[other]].concat());
    assert!(error.contains("already has a key"), "{error}");
    sandbox.succeed(&[&prepare[..], &[other, "--rotate"]].concat());
    // Offline: neither module nor token.
    let verify = || {
        sandbox
            .command(&["ceremony", "verify", report, "--json"])
            .output()
            .unwrap()
    };
    let verified = verify();
    assert!(verified.status.success(), "{verified:?}");
    let verified: Value = serde_json::from_slice(&verified.stdout).unwrap();
    let served: Value = serde_json::from_str(&sandbox.succeed(&["keys", "public"])).unwrap();
    for key in verified["report"]["keys"].as_array().unwrap() {
        let scheme = key["scheme"].as_str().unwrap();
        assert_eq!(served["removal"][scheme], key["public_key"]);
    }
    let text = std::fs::read_to_string(report).unwrap();
    std::fs::write(report, text.replace("A. Lice", "M. Allory")).unwrap();
    assert_eq!(verify().status.code(), Some(1));
}
