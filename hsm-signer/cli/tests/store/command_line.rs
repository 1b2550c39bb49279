//! `audit verify` and `audit export`, as an auditor runs them.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use mls_hsm_signer::audit::store::{Store, StoreConfig};
use mls_hsm_signer::audit::{Line, StatementSigner};
use serde_json::Value;

use crate::opening::edit;
use crate::support::{Key, Place, SoftSigner, TENANT, places, settle};

struct Fixture {
    place: Place,
    key: Key,
    signer: Arc<SoftSigner>,
    directory: tempfile::TempDir,
}

impl Fixture {
    async fn new(place: Place) -> (Self, Store) {
        let store = place.open().await;
        let fixture = Self {
            place,
            key: Key::p256(),
            signer: Arc::new(SoftSigner::new("ed25519")),
            directory: tempfile::tempdir().unwrap(),
        };
        for number in 1..=20 {
            settle(&store, &fixture.key, number).await;
        }
        let made = store
            .checkpoint(TENANT, false, fixture.signer.clone())
            .await;
        made.unwrap().unwrap();
        for number in 21..=23 {
            settle(&store, &fixture.key, number).await;
        }
        (fixture, store)
    }

    fn audit(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mls-hsm-signer"));
        command.arg("audit").args(arguments);
        command
    }

    fn on_store(&self, arguments: &[&str]) -> Output {
        let StoreConfig {
            url, password_file, ..
        } = self.place.config();
        let mut command = self.audit(arguments);
        command.args(["--store", &url]);
        if let Some(path) = password_file {
            command.arg("--store-password-file").arg(path);
        }
        command.output().unwrap()
    }

    fn on_file(&self, arguments: &[&str], path: &Path) -> Output {
        self.audit(arguments).arg(path).output().unwrap()
    }

    fn keys(&self) -> [String; 2] {
        let of = |name: &str, key: &[u8]| format!("{name}:{}", Base64::encode_string(key));
        [
            of("ed25519", &self.signer.key().public_key),
            of("ecdsa_secp256r1_sha256", self.key.public_key()),
        ]
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// Beside the service that is writing, and from the export.
#[tokio::test(flavor = "multi_thread")]
async fn a_sound_log_verifies_and_so_does_its_export() {
    for place in places() {
        let (fixture, store) = Fixture::new(place).await;
        let [checkpoint, removal] = fixture.keys();
        let arguments = [
            "verify",
            "--json",
            "--checkpoint-key",
            &checkpoint,
            "--removal-key",
            &removal,
        ];
        let output = fixture.on_store(&arguments);
        assert_eq!(code(&output), 0, "{output:?}");
        let said = json(&output);
        assert_eq!(said["sound"], true);
        let chain = &said["chains"][0];
        assert_eq!(chain["tenant"], TENANT);
        assert_eq!(
            (&chain["records"], &chain["attested"]),
            (&23.into(), &20.into())
        );
        assert_eq!(chain["keys_given"], true);

        let path = fixture.directory.path().join("export.jsonl");
        let out = path.to_str().unwrap();
        let output = fixture.on_store(&["export", "--out", out]);
        assert_eq!(code(&output), 0, "{output:?}");
        assert_eq!(
            code(&fixture.on_store(&["export", "--out", out])),
            1,
            "overwrites"
        );
        let printed = fixture.on_store(&["export"]).stdout;
        assert_eq!(printed, std::fs::read(&path).unwrap());
        assert_eq!(printed.iter().filter(|byte| **byte == b'\n').count(), 25);
        let output = fixture.on_file(&arguments, &path);
        assert_eq!(code(&output), 0, "{output:?}");
        assert_eq!(json(&output), said);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_tampered_with_is_exit_code_3() {
    let (fixture, store) = Fixture::new(Place::sqlite()).await;
    let [checkpoint, _] = fixture.keys();
    let path = fixture.directory.path().join("export.jsonl");
    let output = fixture.on_store(&["export", "--out", path.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{output:?}");
    store.close().await;
    edit(&fixture.place, "DELETE FROM record WHERE sequence = 7").await;
    let output = fixture.on_store(&["verify", "--checkpoint-key", &checkpoint]);
    assert_eq!(code(&output), 3, "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("FAILED  record 8: records are missing before it"),
        "{said}"
    );
    assert!(said.ends_with("not sound\n"), "{said}");

    // A line less in the export.
    let export = std::fs::read_to_string(&path).unwrap();
    let less: Vec<_> = export
        .lines()
        .filter(|line| !line.contains("\"sequence\":7,"))
        .collect();
    let cut = fixture.directory.path().join("cut.jsonl");
    std::fs::write(&cut, less.join("\n")).unwrap();
    let output = fixture.on_file(&["verify", "--json"], &cut);
    assert_eq!(code(&output), 3, "{output:?}");
    assert_eq!(json(&output)["chains"][0]["findings"][0]["fault"], "Gap");
}

/// The record of the checkpoint is missing, and three come after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_in_the_middle_is_not_called_one_of_the_end() {
    let (fixture, store) = Fixture::new(Place::sqlite()).await;
    let [checkpoint, _] = fixture.keys();
    store.close().await;
    edit(&fixture.place, "DELETE FROM record WHERE sequence = 20").await;
    let output = fixture.on_store(&["verify", "--checkpoint-key", &checkpoint]);
    assert_eq!(code(&output), 3, "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("record 21: records are missing"), "{said}");
    assert!(said.contains("FAILED  record 20: "), "{said}");
    assert!(!said.contains("the end was cut off"), "{said}");
}

/// Where the audit key was replaced, an auditor may have the new one alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_of_a_key_that_was_not_given_names_the_key() {
    let (fixture, store) = Fixture::new(Place::sqlite()).await;
    let [old, _] = fixture.keys();
    let new = SoftSigner::new("ed25519").key().public_key;
    let new = format!("ed25519:{}", Base64::encode_string(&new));
    store.close().await;
    let output = fixture.on_store(&["verify", "--checkpoint-key", &new]);
    assert_eq!(code(&output), 3, "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&old), "{said}");
    let output = fixture.on_store(&["verify", "--json", "--checkpoint-key", &new]);
    let chain = &json(&output)["chains"][0];
    assert_eq!(chain["untrusted_keys"], serde_json::json!([old]), "{chain}");
    let both = ["verify", "--checkpoint-key", &new, "--checkpoint-key", &old];
    let output = fixture.on_store(&both);
    assert_eq!(code(&output), 0, "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains(&old), "{said}");
}

/// The end and its checkpoint are cut off: the checkpoint that was kept elsewhere shows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_checkpoint_shows_that_the_end_was_cut_off() {
    let (fixture, store) = Fixture::new(Place::sqlite()).await;
    let [checkpoint, _] = fixture.keys();
    let statements = store.reader().statements(TENANT, 0, 1000).await.unwrap();
    let kept = fixture.directory.path().join("kept.jsonl");
    std::fs::write(
        &kept,
        Line::Statement(statements[0].clone()).write().unwrap(),
    )
    .unwrap();
    store.close().await;
    let kept = kept.to_str().unwrap();
    let arguments = [
        "verify",
        "--checkpoint-key",
        &checkpoint,
        "--checkpoint",
        kept,
    ];
    assert_eq!(code(&fixture.on_store(&arguments)), 0);
    for sql in [
        "DELETE FROM statement",
        "DELETE FROM record WHERE sequence > 10",
        "UPDATE chain SET sequence = 10, head = (SELECT hash FROM record WHERE sequence = 10)",
    ] {
        edit(&fixture.place, sql).await;
    }
    assert_eq!(code(&fixture.on_store(&arguments[..3])), 0);
    let output = fixture.on_store(&arguments);
    assert_eq!(code(&output), 3, "{output:?}");
    // And when there is nothing left at all.
    edit(&fixture.place, "DELETE FROM record").await;
    edit(&fixture.place, "DELETE FROM chain").await;
    let output = fixture.on_store(&arguments);
    assert_eq!(code(&output), 3, "{output:?}");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("is gone")
    );
}

#[test]
fn what_cannot_be_checked_is_exit_code_1_and_wrong_arguments_2() {
    let directory = tempfile::tempdir().unwrap();
    let missing = format!("sqlite:{}", directory.path().join("none.db").display());
    let garbage = directory.path().join("garbage");
    std::fs::write(&garbage, "{}\n").unwrap();
    let garbage = garbage.to_str().unwrap();
    for (arguments, expected) in [
        (vec!["verify", "--store", &missing], 1),
        (vec!["export", "--store", &missing], 1),
        (vec!["verify", garbage], 1),
        (vec!["verify", "/nowhere/export"], 1),
        (vec!["verify"], 2),
        (
            vec!["verify", garbage, "--checkpoint-key", "ed25519:AAAA"],
            2,
        ),
        (vec!["verify", garbage, "--checkpoint-key", "rsa:AAAA"], 2),
        (vec!["verify", garbage, "--store", &missing], 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mls-hsm-signer"));
        let output = command.arg("audit").args(&arguments).output().unwrap();
        assert_eq!(code(&output), expected, "{arguments:?} {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        let names_it = said.contains(&format!("there is no file {}", &missing[7..]));
        assert_eq!(names_it, arguments.get(1) == Some(&"--store"), "{said}");
    }
    assert!(!directory.path().join("none.db").exists());
}

/// A log that nobody writes is evidence.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_verified_stays_as_it_was() {
    let (fixture, store) = Fixture::new(Place::sqlite()).await;
    store.close().await;
    let Place::Sqlite(directory) = &fixture.place else {
        panic!("{}", fixture.place.name());
    };
    let files = || {
        let entries = std::fs::read_dir(directory.path()).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let content = std::fs::read(&path).unwrap();
                (path, content)
            })
            .collect();
        files.sort();
        files
    };
    let before = files();
    assert!(before.len() <= 2, "the database, and its lock");
    for arguments in [["verify"].as_slice(), &["export"]] {
        assert_eq!(code(&fixture.on_store(arguments)), 0);
        assert!(files() == before, "{arguments:?}");
    }
    let url = fixture.place.config().url;
    let path = url.strip_prefix("sqlite:").unwrap();
    let output = fixture.on_file(&["verify"], Path::new(path));
    assert_eq!(code(&output), 1);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("use --store {url}")), "{said}");
}

/// What has no log was not verified, and what could not be verified is no backup.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_log_is_neither_sound_nor_backed_up() {
    let (fixture, store) = Fixture::new(Place::sqlite()).await;
    let to = |name: &str| fixture.directory.path().join(name);
    let backup = |name: &str| fixture.on_store(&["backup", to(name).to_str().unwrap()]);
    let output = backup("copy.db");
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("note: "));
    assert_eq!(code(&backup("a?b.db")), 1);
    assert!(!to("a?b.db").exists());
    store.close().await;
    for table in ["statement", "record", "chain"] {
        edit(&fixture.place, &format!("DELETE FROM {table}")).await;
    }
    let output = fixture.on_store(&["verify"]);
    assert_eq!(code(&output), 1, "{output:?}");
    for table in ["statement", "record", "chain"] {
        edit(&fixture.place, &format!("DROP TABLE {table}")).await;
    }
    assert_eq!(code(&backup("other.db")), 1);
    assert!(!to("other.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_checkpoints_that_are_cut_are_told() {
    let (fixture, store) = Fixture::new(Place::sqlite()).await;
    let statements = store.reader().statements(TENANT, 0, 1000).await.unwrap();
    store.close().await;
    let whole = mls_hsm_signer::audit::checkpoint_line(&statements[0]);
    let cut = &whole[..whole.len() / 2];
    let kept = fixture.directory.path().join("kept");
    std::fs::write(&kept, format!("{whole}\n{cut}\n")).unwrap();
    let output = fixture.on_store(&["verify", "--json", "--checkpoints", kept.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert_eq!(json(&output)["checkpoints_not_whole"], 1);
}

/// Anybody who writes the database can put rows there: what can be read is exported, and the others are
/// named.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_read_are_named_and_the_others_exported() {
    let (fixture, store) = Fixture::new(Place::sqlite()).await;
    store.close().await;
    for sql in [
        "INSERT INTO statement SELECT tenant, 5, x'00ff', key, x'00' FROM statement LIMIT 1",
        "UPDATE record SET encoded = x'00ff' WHERE sequence = 7",
    ] {
        edit(&fixture.place, sql).await;
    }
    let output = fixture.on_store(&["export"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let kinds = lines.lines().map(|line| match Line::read(line).unwrap() {
        Line::Chain(_) => "chain",
        Line::Statement(_) => "statement",
        Line::Record(_) => "record",
    });
    let kinds: Vec<_> = kinds.collect();
    let count = |kind| kinds.iter().filter(|found| **found == kind).count();
    assert_eq!(["chain", "statement", "record"].map(count), [1, 1, 22]);
    let said = String::from_utf8(output.stderr).unwrap();
    for row in [
        "a statement about record 5 is none",
        "record 7 is none",
        "2 rows of the log",
    ] {
        assert!(said.contains(row), "{row}: {said}");
    }
}
