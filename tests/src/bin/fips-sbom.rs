//! Prints the bill of materials of a package that is linked with the FIPS module.

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let Some(package) = std::env::args().nth(1) else {
        eprintln!("usage: fips-sbom PACKAGE");
        return ExitCode::from(2);
    };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match mls_tests::sbom::sbom(&workspace, &package) {
        Ok(sbom) => {
            println!("{sbom:#}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
