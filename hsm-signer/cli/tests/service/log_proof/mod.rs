//! What the log proves of a service: a database that was rewritten below it, or before it
//! started, is refused.

use std::path::PathBuf;

use mls_hsm_signer::audit::find_checkpoint;
use mls_hsm_signer::client::ClientError;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Service, Setup, eventually, item, message, refusal};

mod backups;
mod drill;
mod sinks;

const TENANT: &str = "example.com";

/// Deletes the last record with its checkpoint, and moves the chain's head back.
const ROLLED_BACK: &str = "DELETE FROM record WHERE sequence = 3; \
     DELETE FROM statement WHERE sequence = 3; \
     UPDATE chain SET sequence = 2, head = (SELECT hash FROM record WHERE sequence = 2)";

const REMOVED: &str = "DELETE FROM statement; DELETE FROM record; DELETE FROM chain";

/// Cuts the beginning off, as if it had been pruned.
const UNSIGNED_PRUNING: &str = "UPDATE chain SET pruned = 2, anchor = (SELECT hash FROM record \
     WHERE sequence = 2); DELETE FROM record WHERE sequence <= 2";

/// Exchanges the last record.
const FORKED: &str = "UPDATE record SET hash = randomblob(32) WHERE sequence = 3";

fn database(setup: &Setup) -> PathBuf {
    setup.sandbox.path("store/audit.db")
}

/// Changes the database behind the service's back.
fn edit(setup: &Setup, sql: &str) {
    use sqlx::{ConnectOptions, Connection, Executor};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database(setup));
    crate::support::runtime().block_on(async {
        let mut connection = options.connect().await.unwrap();
        let statement = sqlx::AssertSqlSafe(sql.to_owned());
        connection.execute(statement).await.unwrap();
        connection.close().await.unwrap();
    });
}

fn propose(service: &Service, leaves: std::ops::Range<u32>) {
    for leaf in leaves {
        let asked = service.propose(vec![item("ed25519", "group", leaf)]);
        assert!(asked.is_ok(), "{asked:?}");
    }
}

fn sink(setup: &Setup) -> PathBuf {
    setup.sandbox.path("checkpoints")
}

/// With a checkpoint each second, which also goes to a file.
fn setup() -> Setup {
    let mut setup = Setup::new();
    let sink = sink(&setup);
    setup.more(&format!(
        "[audit]\ncheckpoint_seconds = 1\ncheckpoint_sink = \"file:{}\"",
        sink.display()
    ));
    setup
}

/// Three records, and a checkpoint of them in the file.
fn started(setup: Setup) -> Service {
    let service = setup.start();
    propose(&service, 0..3);
    eventually("a checkpoint in the file", || {
        let output = service
            .setup
            .audit_verify(&["--checkpoints", path(&sink(&service.setup))]);
        serde_json::from_slice::<Value>(&output.stdout)
            .is_ok_and(|said| said["chains"][0]["attested"] == 3)
    });
    service
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_database_that_is_rewritten_below_a_service_is_refused() {
    for what in [ROLLED_BACK, REMOVED] {
        let service = started(setup());
        service.setup.faults(TENANT).set(&["C_Sign keep"]).unwrap();
        edit(&service.setup, what);
        eventually("not ready", || {
            let reply = service.wire().get("/readyz");
            reply.status == 503 && reply.code() == "audit-log-rewritten"
        });
        let signed = service.setup.proposals_signed(TENANT);
        match service.propose(vec![item("ed25519", "group", 7)]) {
            Err(ClientError::Refused(problem)) => assert_eq!(problem.code, "audit-log-rewritten"),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            service.setup.proposals_signed(TENANT),
            signed,
            "the HSM was asked"
        );
        assert!(service.counted("mls_hsm_signer_store_rewritten_logs_total") > 0);
        assert_eq!(service.counted("mls_hsm_signer_store_ready"), 0);
        eventually("an alarm", || service.log().contains("ALARM"));
        let kept = sink(&service.setup);
        let output = service.setup.audit_verify(&["--checkpoints", path(&kept)]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
    }
}

/// A service that has ended, its database changed since, and its sink removed unless it is kept.
fn stopped_and_rewritten(what: &str, sink_is_kept: bool) -> Service {
    let mut service = started(setup());
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    edit(&service.setup, what);
    if !sink_is_kept {
        std::fs::remove_file(sink(&service.setup)).unwrap();
    }
    service
}

#[test]
fn a_database_that_was_rewritten_before_a_service_starts_is_refused() {
    for (what, also_kept) in [
        (ROLLED_BACK, true),
        (REMOVED, true),
        (FORKED, false),
        (UNSIGNED_PRUNING, true),
    ] {
        let mut service = stopped_and_rewritten(what, also_kept);
        let said = refusal(&service.setup);
        assert!(said.contains("is not the one that was written"), "{said}");
        // The message says what lets it start all the same.
        let (_, time) = said.split_once("for accepted_loss: ").unwrap_or(("", ""));
        let time: String = time.chars().take_while(char::is_ascii_digit).collect();
        if what != FORKED {
            service.setup.of_tenants(&format!("accepted_loss = {time}"));
            service.start_again();
            propose(&service, 10..12);
            assert!(service.log().contains("accepted_loss"), "{}", service.log());
            if also_kept {
                let file = sink(&service.setup);
                let kept = ["--checkpoints", path(&file)];
                let accepted = [kept[0], kept[1], "--accepted-loss", &time];
                let code = |arguments| service.setup.audit_verify(arguments).status.code();
                assert_eq!(code(&kept), Some(3));
                // What lacks its beginning is not whole, whatever was accepted of its end.
                let front_missing = what == UNSIGNED_PRUNING;
                assert_eq!(code(&accepted), Some(if front_missing { 3 } else { 0 }));
            }
        }
    }
}

/// A key was named for checkpoints after a removal key had signed some: those in the database count,
/// and those in the sink.
#[test]
fn checkpoints_of_the_removal_key_count_once_there_is_an_audit_key() {
    const RECORD_GONE: &str = "DELETE FROM record WHERE sequence = 3; \
         UPDATE chain SET sequence = 2, head = (SELECT hash FROM record WHERE sequence = 2)";
    for (what, also_kept) in [(RECORD_GONE, false), (ROLLED_BACK, true)] {
        let mut service = stopped_and_rewritten(what, also_kept);
        let made = ["--scheme", "ed25519", "--label", "mls-audit"];
        service.setup.generate(TENANT, &made);
        service.setup.of_tenants("audit_key_label = \"mls-audit\"");
        let said = refusal(&service.setup);
        assert!(said.contains("had record 3"), "{said}");
    }
}

/// The sink is away until the service has ended, and is there again at its next start.
#[test]
fn a_checkpoint_that_was_not_sent_is_sent_after_a_restart() {
    let mut setup = Setup::new();
    let place = setup.sandbox.path("sink");
    std::fs::create_dir(&place).unwrap();
    let file = place.join("checkpoints");
    setup.more(&format!(
        "[audit]\ncheckpoint_seconds = 1\ncheckpoint_sink = \"file:{}\"",
        file.display()
    ));
    let mut service = setup.start();
    let away = place.with_file_name("away");
    std::fs::rename(&place, &away).unwrap();
    propose(&service, 0..3);
    eventually("that it does not leave", || {
        service.log().contains("ALARM: a checkpoint did not leave")
            && service.counted("mls_hsm_signer_checkpoint_sink_failures_total") > 0
    });
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    std::fs::rename(&away, &place).unwrap();
    service.start_again();
    let lines = || std::fs::read_to_string(&file).unwrap().lines().count();
    eventually("that it has left", || lines() == 1);
    // What the sink has is not sent again.
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    service.start_again();
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    assert_eq!(lines(), 1);
}

/// A row that is no statement, and a table that takes none, keep nothing from being attested.
#[test]
fn a_checkpoint_leaves_a_database_that_does_not_keep_it() {
    let attested = |service: &Service| {
        let said = std::fs::read_to_string(sink(&service.setup)).unwrap();
        let last = said.lines().rev().find_map(find_checkpoint);
        last.map_or(0, |signed| signed.statement.sequence)
    };
    let mut service = started(setup());
    edit(
        &service.setup,
        "INSERT INTO statement SELECT tenant, 1000000000, x'00', key, x'00' FROM statement \
         LIMIT 1",
    );
    propose(&service, 3..6);
    eventually("a checkpoint beside the row", || attested(&service) == 6);
    let output = service.setup.audit_verify(&[]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("StatementEncoding"), "{said}");
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    service.start_again();
    edit(
        &service.setup,
        "CREATE TRIGGER full BEFORE INSERT ON statement BEGIN SELECT raise(abort, 'full'); END",
    );
    eventually("a record", || {
        service.propose(vec![item("ed25519", "group", 7)]).is_ok()
    });
    eventually("a checkpoint that is not kept", || attested(&service) == 7);
    eventually("an alarm", || {
        service.counted("mls_hsm_signer_checkpoint_failures_total") > 0
            && service.log().contains("ALARM: no checkpoint was made")
    });
}

/// The file of yesterday is put in the place of the one that a service writes to.
#[test]
fn a_file_that_is_exchanged_below_a_service_is_refused() {
    let service = started(setup());
    let copy = service.setup.sandbox.path("yesterday.db");
    let output = service
        .setup
        .audit(&["backup", path(&copy)])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    propose(&service, 3..6);
    let file = database(&service.setup);
    for ending in ["-wal", "-shm"] {
        let beside = file.with_file_name(format!("audit.db{ending}"));
        std::fs::rename(&beside, service.setup.sandbox.path(ending)).unwrap();
    }
    std::fs::rename(&copy, &file).unwrap();
    eventually("not ready", || {
        let reply = service.wire().get("/readyz");
        reply.status == 503 && reply.code() == "audit-log-rewritten"
    });
    assert!(service.propose(vec![item("ed25519", "group", 7)]).is_err());
}

/// Either file beside the database goes; what was acknowledged is in the database's file all the
/// same, even if the service is then killed.
#[test]
fn a_log_that_is_removed_below_a_service_stops_it_and_loses_nothing() {
    for ending in ["-wal", "-shm"] {
        let mut service = started(setup());
        let asked = || vec![item("ed25519", "group", 3)];
        let answered = service.propose(asked()).unwrap();
        let file = database(&service.setup);
        std::fs::remove_file(file.with_file_name(format!("audit.db{ending}"))).unwrap();
        eventually("not ready", || {
            let reply = service.wire().get("/readyz");
            reply.status == 503 && reply.code() == "audit-log-rewritten"
        });
        assert!(service.propose(vec![item("ed25519", "group", 7)]).is_err());
        let said = service.log();
        assert!(
            said.contains(&format!("audit.db{ending} was removed or exchanged")),
            "{said}"
        );
        service.kill();
        service.start_again();
        let again = service.propose(asked()).unwrap();
        assert_eq!(message(&again[0]), message(&answered[0]));
        propose(&service, 7..8);
    }
}

/// A backup of the file, of yesterday.
#[test]
fn a_whole_database_of_yesterday_is_refused() {
    let setup = setup();
    // A checkpoint that a power cut kept from being written to its end.
    std::fs::write(sink(&setup), "mls-checkpoint:eyJ0eXBl").unwrap();
    let mut service = started(setup);
    let copy = service.setup.sandbox.path("yesterday.db");
    let output = service
        .setup
        .audit(&["backup", path(&copy)])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    propose(&service, 3..6);
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    std::fs::copy(&copy, database(&service.setup)).unwrap();
    let said = refusal(&service.setup);
    assert!(
        said.contains("had record 6, and it ends with record 3"),
        "{said}"
    );
    let kept = sink(&service.setup);
    let output = service.setup.audit_verify(&["--checkpoints", path(&kept)]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(service.setup.audit_verify(&[]).status.code(), Some(0));
}

#[test]
fn statements_are_read_by_page() {
    let service = started(setup());
    let read = |query: &str| {
        let answer = service
            .wire()
            .get(&format!("/v1/audit/statements{query}"))
            .json();
        answer["statements"].as_array().unwrap().clone()
    };
    eventually("there is a checkpoint", || !read("").is_empty());
    let all = read("");
    let first = read("?after=0&count=1");
    assert_eq!(first[0], all[0]);
    let last = all.last().unwrap()["sequence"].as_u64().unwrap();
    assert_eq!(read(&format!("?after={last}")), [] as [Value; 0]);
    for wrong in ["?count=0", "?count=1001", "?count=x"] {
        let refused = service.wire().get(&format!("/v1/audit/statements{wrong}"));
        assert_eq!(refused.status, 400, "{wrong}");
    }
}
