//! The library as a user's release build has it.

use std::{path::Path, process::Command, sync::OnceLock};

use super::image::Image;

/// The library that `cargo build --release` of this workspace makes, which is built if it is
/// not there.
pub(crate) fn released() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let program = std::env::current_exe().expect("a program has a path");
        // The program is target/PROFILE/deps/PROGRAM.
        let target = program.ancestors().nth(3).expect("a program of cargo's");
        build(target);
        let library = target.join("release/libmls_lanes.rlib");
        let bytes = std::fs::read(&library)
            .unwrap_or_else(|error| panic!("{}: {error}", library.display()));
        Image::of(&bytes)
    })
}

fn build(target: &Path) {
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--release",
            "--quiet",
            "--package",
            "mls_lanes",
            "--lib",
        ])
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap_or_else(|error| panic!("cargo does not run: {error}"));
    assert!(status.success(), "the release build of mls_lanes failed");
}
