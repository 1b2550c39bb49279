//! Keys from outside: encrypted files, Wire's Helm values, and imports that fail halfway.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mls_fault_module::{Faults, library};
use mls_hsm_signer::encoding::EncodingError;
use mls_hsm_signer::token::{Access, KeyClass};
use mls_hsm_signer::{Error, KeySelector, KeySpec, PrivateKey, SCHEMES, Scheme, Token, keys};
use serde_json::Value;

use crate::support::engine::{new_private_key, openssl_key};
use crate::support::programs::openssl;
use crate::support::{FaultyAccess, Sandbox, TestToken, module_path};

const PASSPHRASE: &str = "correct horse battery staple";

/// Where Helm values have the keys.
const PLACE: &str = "galley.secrets.mlsPrivateKeys.removal";

/// `openssl pkcs8` of `key`, with the options given.
fn converted(sandbox: &Sandbox, key: &Path, options: &[&str]) -> PathBuf {
    let out = sandbox.path("converted");
    let mut command = openssl();
    command.args(["pkcs8", "-topk8", "-in"]).arg(key);
    command.args(options).arg("-out").arg(&out);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    out
}

/// Everything that openssl encrypts by PBES2, in PEM and DER.
#[test]
fn encrypted_keys_are_imported_with_their_passphrase() {
    let sandbox = Sandbox::new();
    let passphrase = sandbox.write("passphrase", PASSPHRASE, 0o600);
    let pass = format!("pass:{PASSPHRASE}");
    let forms: [&[&str]; 4] = [
        &["-v2", "aes-256-cbc"],
        &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"],
        &["-scrypt"],
        &["-v2", "aes-256-cbc", "-outform", "DER"],
    ];
    for (scheme, form) in SCHEMES.iter().zip(forms) {
        let pem = openssl_key(scheme);
        let clear = sandbox.write("clear.pem", &pem, 0o600);
        let file = converted(&sandbox, &clear, &[form, &["-passout", &pass]].concat());
        let arguments = [
            "keys",
            "import",
            "--json",
            "--pkcs8",
            file.to_str().unwrap(),
        ];
        let with = ["--passphrase-file", passphrase.to_str().unwrap()];
        let said = sandbox.succeed(&[&arguments[..], &with].concat());
        let said: Value = serde_json::from_str(&said).unwrap();
        let key = PrivateKey::from_pem(&pem).unwrap();
        assert_eq!(said["scheme"], scheme.name);
        assert_eq!(said["protection"], "imported");
        assert_eq!(said["public_key"], base64(key.public_key()));
        assert_eq!(said["delete"][0], file.to_str().unwrap());
    }
}

#[test]
fn der_without_encryption_is_imported() {
    let sandbox = Sandbox::new();
    for scheme in SCHEMES {
        let clear = sandbox.write("clear.pem", &openssl_key(scheme), 0o600);
        let file = converted(&sandbox, &clear, &["-nocrypt", "-outform", "DER"]);
        sandbox.succeed(&["keys", "import", "--pkcs8", file.to_str().unwrap()]);
    }
    let listed: Value =
        serde_json::from_str(&sandbox.succeed(&["keys", "list", "--json"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 4);
}

#[test]
fn a_wrong_passphrase_imports_nothing_and_shows_nothing() {
    let sandbox = Sandbox::new();
    let clear = sandbox.write("clear.pem", &openssl_key(&SCHEMES[0]), 0o600);
    let pass = format!("pass:{PASSPHRASE}");
    let file = converted(&sandbox, &clear, &["-passout", &pass]);
    let file = file.to_str().unwrap();
    let wrong = sandbox.write("wrong", "another passphrase", 0o600);
    let wrong = wrong.to_str().unwrap();
    let import = [
        "keys",
        "import",
        "--pkcs8",
        file,
        "--passphrase-file",
        wrong,
    ];
    let error = sandbox.fail(&import);
    assert!(error.contains("passphrase is wrong"), "{error}");
    assert!(!error.contains("another passphrase"), "{error}");
    sandbox.write("wrong", PASSPHRASE, 0o644);
    assert!(sandbox.fail(&import).contains("chmod o="));
    assert_eq!(sandbox.succeed(&["keys", "list", "--json"]).trim(), "[]");
    let content = std::fs::read(file).unwrap();
    let error = PrivateKey::from_file(&content, None).unwrap_err();
    assert_eq!(error, EncodingError::Encrypted);
}

/// Helm values as an operator has them: other values around the keys, which matter not.
fn values(keys: &[(&Scheme, String)]) -> String {
    let indented = |pem: &String| pem.replace('\n', "\n          ").trim_end().to_owned();
    let key = |(scheme, pem): &(&Scheme, String)| {
        format!("        {}: |\n          {}\n", scheme.name, indented(pem))
    };
    let keys: String = keys.iter().map(key).collect();
    format!(
        "brig:\n  secrets:\n    smtpPassword: s3cret\ngalley:\n  config: {{domain: example.org}}\n  \
         secrets:\n    awsKeyId: dummy\n    mlsPrivateKeys:\n      removal:\n{keys}"
    )
}

fn wire_keys() -> Vec<(&'static Scheme, String)> {
    SCHEMES
        .iter()
        .map(|scheme| (scheme, openssl_key(scheme)))
        .collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(bytes)
}

#[test]
fn wires_helm_values_are_imported_once_and_what_to_delete_is_said() {
    let sandbox = Sandbox::new();
    let keys = wire_keys();
    let file = sandbox.write("values.yaml", &values(&keys), 0o600);
    let file = file.to_str().unwrap();
    let import = ["keys", "import", "--wire-values", file, "--json"];
    let said: Value = serde_json::from_str(&sandbox.succeed(&import)).unwrap();
    let served: Value = serde_json::from_str(&sandbox.succeed(&["keys", "public"])).unwrap();
    for (number, (scheme, pem)) in keys.iter().enumerate() {
        let old = base64(PrivateKey::from_pem(pem).unwrap().public_key());
        assert_eq!(said["keys"][number]["public_key"], old);
        assert_eq!(served["removal"][scheme.name], old);
        let place = format!("{PLACE}.{}", scheme.name);
        assert_eq!(said["delete"][number], place);
    }
    let before = sandbox.succeed(&["keys", "list", "--json"]);
    let error = sandbox.fail(&["keys", "import", "--wire-values", file]);
    assert!(
        error.contains("nothing is to be done") && !error.contains("--label"),
        "{error}"
    );
    for (scheme, _) in &keys {
        assert!(error.contains(&scheme.default_label()), "{error}");
    }
    assert_eq!(sandbox.succeed(&["keys", "list", "--json"]), before);
}

/// What is left of an import, and what another key keeps from being imported.
#[test]
fn wires_keys_that_are_there_are_left_out_and_others_in_their_place_are_said() {
    let sandbox = Sandbox::new();
    let keys = wire_keys();
    let one = sandbox.write("one.pem", &keys[1].1, 0o600);
    sandbox.succeed(&["keys", "import", "--pkcs8", one.to_str().unwrap()]);
    let file = sandbox.write("values.yaml", &values(&keys), 0o600);
    let import = ["keys", "import", "--json", "--wire-values"];
    let import = [&import[..], &[file.to_str().unwrap()]].concat();
    let output = sandbox.run(&import);
    assert!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["keys"].as_array().unwrap().len(), 3, "{said}");
    let beside = String::from_utf8(output.stderr).unwrap();
    assert!(beside.contains(&keys[1].0.default_label()), "{beside}");

    let other = Sandbox::new();
    other.succeed(&["keys", "generate", "--scheme", keys[1].0.name]);
    let file = other.write("values.yaml", &values(&keys), 0o600);
    let error = other.fail(&["keys", "import", "--wire-values", file.to_str().unwrap()]);
    assert!(error.contains("nothing was imported"), "{error}");
    assert!(error.contains("another key"), "{error}");
    assert!(error.contains("--pkcs8"), "{error}");
    let listed = other.succeed(&["keys", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
}

/// Two objects of one key are one key too many.
#[test]
fn a_key_is_imported_once_whatever_its_label() {
    let sandbox = Sandbox::new();
    for scheme in SCHEMES.iter().filter(|scheme| scheme.of_wire) {
        let file = sandbox.write("key.pem", &openssl_key(scheme), 0o600);
        let file = file.to_str().unwrap();
        let label = scheme.default_label();
        sandbox.succeed(&["keys", "import", "--pkcs8", file]);
        let before = sandbox.succeed(&["keys", "list", "--json"]);
        let next = format!("{label}-g2");
        for wanted in [&next, &label] {
            let error = sandbox.fail(&["keys", "import", "--pkcs8", file, "--label", wanted]);
            assert!(error.contains("nothing is to be done"), "{error}");
            assert!(error.contains(&format!("{label:?}")), "{error}");
        }
        assert_eq!(sandbox.succeed(&["keys", "list", "--json"]), before);
    }
}

#[test]
fn a_file_of_keys_that_every_user_may_read_is_noted() {
    let sandbox = Sandbox::new();
    let keys = wire_keys();
    let one = sandbox.write("one.pem", &keys[1].1, 0o644);
    let file = sandbox.write("values.yaml", &values(&keys), 0o644);
    for (option, file) in [("--pkcs8", one), ("--wire-values", file)] {
        let file = file.to_str().unwrap();
        let output = sandbox.run(&["keys", "import", option, file]);
        assert!(output.status.success(), "{output:?}");
        let beside = String::from_utf8(output.stderr).unwrap();
        assert!(beside.contains(file) && beside.contains("0644"), "{beside}");
    }
}

#[test]
fn helm_values_that_lack_a_key_import_none() {
    let sandbox = Sandbox::new();
    let keys = wire_keys();
    let swapped = vec![
        (keys[0].0, keys[1].1.clone()),
        (keys[1].0, keys[0].1.clone()),
        keys[2].clone(),
        keys[3].clone(),
    ];
    for (keys, reason) in [
        (&keys[..3], "ecdsa_secp521r1_sha512 is missing"),
        (&swapped, "removal.ed25519 holds a key of ECDSA P-256"),
    ] {
        let file = sandbox.write("values.yaml", &values(keys), 0o600);
        let error = sandbox.fail(&["keys", "import", "--wire-values", file.to_str().unwrap()]);
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
    assert_eq!(sandbox.succeed(&["keys", "list", "--json"]).trim(), "[]");
}

/// A token without Ed25519 takes the others where that is allowed by name, and what stays is not
/// named to be deleted.
#[test]
fn what_a_token_lacks_is_left_out_by_name_alone() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("values.yaml", &values(&wire_keys()), 0o600);
    let directory = tempfile::tempdir().unwrap();
    let faults = Faults::install(&library().unwrap(), directory.path(), module_path()).unwrap();
    faults.set(&["C_GetMechanismList hide 0x1057"]).unwrap();
    let import = |more: &[&str]| {
        let import = [
            "keys",
            "import",
            "--json",
            "--wire-values",
            file.to_str().unwrap(),
        ];
        let mut command = sandbox.command_through(&faults.module(), &[&import, more].concat());
        command.output().unwrap()
    };
    let said = crate::support::failed(&import(&[]));
    assert!(
        said.contains("Ed25519") && said.contains("--allow-missing"),
        "{said}"
    );
    assert_eq!(sandbox.succeed(&["keys", "list", "--json"]).trim(), "[]");
    let output = import(&["--allow-missing"]);
    assert!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["missing"], serde_json::json!(["ed25519"]));
    assert_eq!(said["keys"].as_array().unwrap().len(), 3);
    let delete = said["delete"].to_string();
    assert!(!delete.contains("removal.ed25519"), "{delete}");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("removal.ed25519")
    );
}

/// What the command line says when it is to import these values: nothing of the keys in them.
fn refused_values(sandbox: &Sandbox, yaml: &str) -> String {
    let file = sandbox.write("values.yaml", yaml, 0o600);
    let said = sandbox.fail(&["keys", "import", "--wire-values", file.to_str().unwrap()]);
    assert!(!said.contains("s3cret"), "{said}");
    said
}

#[test]
fn what_are_no_helm_values_is_refused_and_not_quoted() {
    let sandbox = Sandbox::empty();
    for broken in [
        "",
        "{",
        "brig: s3cret\n",
        "galley: s3cret\n",
        "galley: [s3cret",
        "\t- s3cret: 'x",
        "galley:\n  secrets:\n    mlsPrivateKeys:\n      removal: s3cret\n",
        "galley:\n  secrets:\n    mlsPrivateKeys:\n      removal:\n        ed25519: [s3cret]\n",
    ] {
        let said = refused_values(&sandbox, broken);
        assert!(said.contains(PLACE), "{broken}: {said}");
    }
}

#[test]
fn a_key_that_is_missing_or_unknown_is_named_by_its_place() {
    let sandbox = Sandbox::empty();
    let refused = |names: &[&str]| {
        let head = "galley:\n  secrets:\n    mlsPrivateKeys:\n      removal:\n";
        let line = |name: &&str| format!("        {name}: s3cret\n");
        let lines: String = names.iter().map(line).collect();
        refused_values(&sandbox, &format!("{head}{lines}"))
    };
    let names: Vec<_> = Scheme::all_of_wire().map(|scheme| scheme.name).collect();
    assert!(refused(&["ed25519"]).contains("removal.ed25519"));
    assert!(refused(&names[1..]).contains("removal.ed25519 is missing"));
    // Wire's chart takes no other entry, and here none is in the way.
    let said = refused(&[&names[..], &["rsa_pss"]].concat());
    assert!(said.contains("removal.ed25519:"), "{said}");
    assert!(refused(&[&names[..], &names[..1]].concat()).contains(PLACE));
}

#[test]
fn entries_that_are_none_of_the_four_are_named_and_left_out() {
    let sandbox = Sandbox::new();
    let values = values(&wire_keys());
    // What is no name of a scheme may be a part of a key.
    let others = "        rsa_pss: s3cret\n        MIGs3cret: x\n";
    let file = sandbox.write("values.yaml", &format!("{values}{others}"), 0o600);
    let output = sandbox.run(&["keys", "import", "--wire-values", file.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("left out: \"rsa_pss\" is at"), "{said}");
    assert!(
        said.contains("an entry that is named as no scheme"),
        "{said}"
    );
    assert!(!said.contains("s3cret"), "{said}");
    let listed = sandbox.succeed(&["keys", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 4);
}

fn objects(token: &dyn Token) -> usize {
    let session = token.session(Access::Use).unwrap();
    [KeyClass::Private, KeyClass::Public]
        .map(|class| session.find(class, &KeySelector::any()).unwrap().len())
        .iter()
        .sum()
}

fn import_four(token: &Arc<dyn Token>, keys: &[PrivateKey]) -> Result<(), Error> {
    let spec = |key: &PrivateKey| {
        KeySpec::with_random_id(key.scheme(), &key.scheme().default_label()).unwrap()
    };
    let wanted: Vec<_> = keys.iter().map(|key| (spec(key), key)).collect();
    keys::import_all(token, &wanted).map(drop)
}

/// Four keys are eight objects: whichever is refused, none is left.
#[test]
fn an_import_that_fails_halfway_leaves_nothing() {
    let token = TestToken::new();
    let faulty = FaultyAccess::to(&token);
    let keys: Vec<_> = SCHEMES.iter().map(new_private_key).collect();
    for call in 1..=8 {
        let rule = format!("C_CreateObject return 0xd1 from {call} times 1");
        faulty.faults.set(&[&rule]).unwrap();
        let error = import_four(&faulty.token, &keys).unwrap_err();
        let Error::ImportRefused { failure, route } = &error else {
            panic!("{error}");
        };
        assert_eq!(failure.code_name(), "CKR_TEMPLATE_INCONSISTENT");
        assert!(route.contains("softhsm2-util --import"), "{error}");
        assert_eq!(objects(faulty.token.as_ref()), 0, "call {call}");
    }
    for fault in [
        "C_Sign flip from 3",
        "C_Sign return 0x30 from 4",
        "C_CreateObject return 0x31 from 6",
    ] {
        faulty.faults.set(&[fault]).unwrap();
        import_four(&faulty.token, &keys).unwrap_err();
        assert_eq!(objects(faulty.token.as_ref()), 0, "{fault}");
    }
    faulty.faults.clear().unwrap();
    import_four(&faulty.token, &keys).unwrap();
    assert_eq!(objects(faulty.token.as_ref()), 8);
}

/// Where even destroying fails, it is said exactly what is in the token.
#[test]
fn what_cannot_be_undone_is_named() {
    let token = TestToken::new();
    let faulty = FaultyAccess::to(&token);
    let keys: Vec<_> = SCHEMES.iter().map(new_private_key).collect();
    faulty
        .faults
        .set(&[
            "C_CreateObject return 0x31 from 4",
            "C_DestroyObject return 0x30",
        ])
        .unwrap();
    let error = import_four(&faulty.token, &keys).unwrap_err();
    assert!(matches!(error, Error::LeftBehind { .. }), "{error}");
    let said = error.to_string();
    for wanted in [
        "CKR_DEVICE_MEMORY",
        "private key labelled \"mls-removal-ed25519\"",
        "public key labelled \"mls-removal-ed25519\"",
        "private key labelled \"mls-removal-ecdsa_secp256r1_sha256\"",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!said.contains("secp384r1"), "{said}");
    faulty.faults.clear().unwrap();
    assert_eq!(objects(faulty.token.as_ref()), 3);
}
