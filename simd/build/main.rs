//! Computes the tables, and tells the crate whether the compiler optimises it, and whether its tests emulate a
//! processor.
//!
//! The compiler itself would take a minute for the tables, at each of its runs over the crate. That every
//! entry is the point that it claims to be is proved in `src/proof/tables.rs`.

mod curve25519;
mod nistp256;

#[path = "../src/tables/curve25519/constants.rs"]
mod curve25519_constants;
#[allow(dead_code, reason = "the crate has other uses for the rest")]
#[path = "../src/integer.rs"]
mod integer;
#[allow(dead_code, reason = "the crate has other uses for the rest")]
#[path = "../src/modular/mod.rs"]
mod modular;
#[path = "../src/tables/nistp256/constants.rs"]
mod nistp256_constants;

use std::{env, fmt::Debug, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/integer.rs");
    println!("cargo::rerun-if-changed=src/modular");
    println!("cargo::rerun-if-changed=src/tables");
    write("curve25519_multiples", &curve25519::multiples())?;
    write("curve25519_start", &curve25519::start())?;
    write("curve25519_small_multiples", &curve25519::small_multiples())?;
    let multiples = nistp256::multiples();
    write("nistp256_multiples", &multiples)?;
    for exponent in [256, 260] {
        let name = format!("nistp256_times_2_to_{exponent}");
        write(&name, &nistp256::montgomery(exponent, &multiples))?;
    }
    let multiples = nistp256::small_multiples();
    write("nistp256_small_multiples", &multiples)?;
    for exponent in [256, 260] {
        let name = format!("nistp256_small_times_2_to_{exponent}");
        write(&name, &nistp256::small_montgomery(exponent, &multiples))?;
    }
    tell_whether_optimised();
    tell_whether_emulated();
    Ok(())
}

/// An array of arrays of integers is written as `Debug` writes it.
fn write(name: &str, table: &impl Debug) -> io::Result<()> {
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(
        Path::new(&folder).join(name).with_extension("rs"),
        format!("{table:?}"),
    )
}

/// Vector code that is not optimised needs megabytes of stack, and is slower than no vectors.
fn tell_whether_optimised() {
    println!("cargo::rustc-check-cfg=cfg(unoptimised)");
    if env::var("OPT_LEVEL").is_ok_and(|level| level == "0") {
        println!("cargo::rustc-cfg=unoptimised");
    }
}

/// The tests' build takes a third longer with it.
fn tell_whether_emulated() {
    const VARIABLE: &str = "MLS_LANES_EMULATED";
    println!("cargo::rustc-check-cfg=cfg(emulated)");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    if env::var_os(VARIABLE).is_some() {
        println!("cargo::rustc-cfg=emulated");
    }
}
