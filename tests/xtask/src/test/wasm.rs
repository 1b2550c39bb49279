//! The provider on ring in WebAssembly.

use std::path::PathBuf;

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::{EVIDENCE, WASM};
use crate::task::Task;
use crate::workspace;

/// A member is built and bound to Node.js, and then joins groups of native ones.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Wasm,
        commands: vec![member(), bindings(), groups()],
    }
}

fn built() -> PathBuf {
    workspace::target().join("wasm")
}

/// By Debian's compiler, which has the source of the target's standard library.
fn member() -> Command {
    Command::new("/usr/bin/cargo")
        .words("build --locked --release --target wasm32-unknown-unknown")
        .words("-Z build-std=std,panic_abort")
        .path("--target-dir", &built())
        .folder(WASM)
        .variable("RUSTC", "/usr/bin/rustc")
        .variable("RUSTC_BOOTSTRAP", "1")
        .variable("CC_wasm32_unknown_unknown", "clang")
        .variable("AR_wasm32_unknown_unknown", "llvm-ar")
        .variable("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22")
        .variable("LD_LIBRARY_PATH", "")
}

fn bindings() -> Command {
    let member = built().join("wasm32-unknown-unknown/release/mls_wasm_member.wasm");
    cargo("run --quiet", "--package mls_wasm_bindgen")
        .workspace(WASM, &built())
        .words("--")
        .argument(member)
        .argument(built().join("node"))
}

fn groups() -> Command {
    cargo("test", "--features wasm --test wasm")
        .packages(&[EVIDENCE])
        .words("-- --nocapture")
        .variable("MLS_TEST_WASM", built().join("node"))
}
