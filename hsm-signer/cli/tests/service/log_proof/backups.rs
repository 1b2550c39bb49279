//! Copies of the database: of a service that has ended, and of one that runs.

use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;
use serde_json::Value;

use super::{database, path, propose};
use crate::support::Setup;

/// What SIGTERM leaves is whole in its one file.
#[test]
fn sigterm_leaves_a_database_that_cp_can_back_up() {
    let mut service = Setup::new().start();
    propose(&service, 0..20);
    // As readers of the log leave connections open.
    assert_eq!(service.wire().get("/v1/audit/head").json()["sequence"], 20);
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    let file = database(&service.setup);
    let log = file.with_file_name("audit.db-wal");
    let left = std::fs::metadata(&log).map_or(0, |metadata| metadata.len());
    assert_eq!(left, 0, "transactions are left in {log:?}");
    let copy = service.setup.sandbox.path("copy.db");
    std::fs::copy(&file, &copy).unwrap();
    let mut verify = service
        .setup
        .sandbox
        .command(&["audit", "verify", "--json"]);
    verify.args(["--store", &format!("sqlite:{}", copy.display())]);
    let said: Value = serde_json::from_slice(&verify.output().unwrap().stdout).unwrap();
    assert_eq!(said["chains"][0]["records"], 20, "{said}");
    assert_eq!(said["sound"], true);
}

#[test]
fn a_running_service_is_backed_up_whole() {
    let service = Setup::new().start();
    propose(&service, 0..5);
    let copy = service.setup.sandbox.path("copy.db");
    let (taken, records) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| propose(&service, 5..60));
        let output = service
            .setup
            .audit(&["backup", "--json", path(&copy)])
            .output()
            .unwrap();
        asking.join().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["sound"], true);
        (
            std::fs::read(&copy).unwrap(),
            said["records"].as_u64().unwrap(),
        )
    });
    assert!(records >= 5, "{records}");
    println!("{records} of 60 records in the copy");
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // It does not overwrite.
    let output = service
        .setup
        .audit(&["backup", path(&copy)])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(std::fs::read(&copy).unwrap(), taken);
    service.verify_audit();
}

/// A PostgreSQL store has tools of its own.
#[cfg(feature = "postgres")]
#[test]
fn postgresql_is_not_backed_up_by_this() {
    let setup = Setup::new();
    let copy = setup.sandbox.path("copy.db");
    let mut command = setup.sandbox.command(&["audit", "backup", path(&copy)]);
    let output = command
        .args(["--store", "postgres://signer@127.0.0.1/audit"])
        .output();
    let said = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(said.contains("pg_dump"), "{said}");
    assert!(!copy.exists());
}
