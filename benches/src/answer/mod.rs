//! Which ciphersuite on this CPU: one table, and advice that follows from it.

mod advice;
mod table;

pub use advice::{Advice, Role, advise};
pub use table::{Cell, Table, table};

/// A row of the table: an operation, the same for every suite.
#[derive(Debug)]
pub struct Row {
    /// What people call it.
    pub title: &'static str,
    /// The scenario.
    pub scenario: &'static str,
    /// The members of its group, `None` without one.
    pub members: Option<usize>,
    /// The engine: this project's provider, used as its guide says.
    pub engine: &'static str,
}

const fn call(title: &'static str, scenario: &'static str) -> Row {
    Row {
        title,
        scenario,
        members: None,
        engine: "hw",
    }
}

const fn group(title: &'static str, scenario: &'static str, members: usize) -> Row {
    Row {
        title,
        scenario,
        members: Some(members),
        engine: "hw-batch",
    }
}

/// The rows of the table.
pub static ROWS: &[Row] = &[
    call("key package", "key-package"),
    call("sign", "sign"),
    call("verify", "verify"),
    call("HPKE seal", "hpke-seal"),
    call("HPKE open", "hpke-open"),
    call("encrypt 1 KiB", "aead-encrypt"),
    call("decrypt 1 KiB", "aead-decrypt"),
    call("encrypt 64 KiB", "aead-encrypt-64k"),
    call("decrypt 64 KiB", "aead-decrypt-64k"),
    group("commit, 100 members", "commit", 100),
    group("commit, 1,000 members", "commit", 1000),
    group("commit, 5,000 members", "commit", 5000),
    group("join, 1,000 members", "join", 1000),
    group("process, 1,000 members", "process", 1000),
];
