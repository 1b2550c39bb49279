//! The tests: a file for each suite.

pub mod aarch64;
pub mod bench_page;
pub mod container;
pub mod emulated;
pub mod feature_pairs;
pub mod features;
pub mod fips;
pub mod guests;
pub mod haskell;
pub mod instructions;
pub mod kill;
mod lanes;
pub mod matrix;
pub mod proofs;
pub mod qemu;
pub mod ring;
pub mod secret_flow;
pub mod service;
pub mod unoptimised;
pub mod wasm;
pub mod whole;

use clap::Subcommand;

use crate::task::Task;

/// A suite; one that is in CI is part of `cargo xtask test`.
#[derive(Clone, Debug, Subcommand)]
pub enum Suite {
    /// FIPS mode over AWS-LC's current FIPS module (in CI)
    Fips,
    /// FIPS mode over the certified module: a build of its own
    FipsCertified,
    /// The suites and functions that features bring: drafts, X448 and Ed448
    Features,
    /// Every pair of features of every crate, and OpenMLS's with the provider: hundreds of builds
    FeaturePairs,
    /// The provider on ring: its tests, the conformance suite, interop
    Ring,
    /// The same in WebAssembly: members under Node.js in groups with native ones
    Wasm,
    /// On emulated processors of aarch64, every test of the workspace on one: over an hour
    Aarch64 {
        /// Of `processors`, `provider`, `fips_mode`, `workspace` these only
        parts: Vec<String>,
    },
    /// The lanes on emulated CPUs with and without AVX2 (in CI)
    Qemu,
    /// The kernels of AVX-512 IFMA on an emulated processor, whatever the CPU
    Emulated,
    /// The proofs of the lanes, with those of machine code that take longer
    Proofs,
    /// The signer over every PKCS#11 module there is, kryoptic built first
    Matrix,
    /// The PKCS#11 module's process is killed 1,000 times, the store and PostgreSQL 500 times
    Kill,
    /// The service is killed 500 times and stopped 50 times under load
    Service,
    /// The guide's example in Haskell, whose compiler takes gigabytes
    Haskell,
    /// The container's steps in root file systems of Debian's packages: as root
    Container,
    /// The lanes under valgrind, and MemorySanitizer where there is a nightly compiler
    SecretFlow,
    /// The page of the benchmark's report in headless Chromium (in CI)
    BenchPage,
    /// The engine of another process on every scenario and suite
    Guests,
    /// The provider and the lanes as a user's crate builds them at first: not optimised
    Unoptimised,
    /// A fixed set of operations counted by callgrind, against the baseline (in CI)
    Instructions,
}

/// A suite, or everything that CI runs.
pub fn tasks(suite: Option<Suite>) -> Vec<Task> {
    let Some(suite) = suite else {
        return whole::tasks().into();
    };
    vec![match suite {
        Suite::Fips => fips::task(),
        Suite::FipsCertified => fips::certified_task(),
        Suite::Features => features::task(),
        Suite::FeaturePairs => feature_pairs::task(),
        Suite::Ring => ring::task(),
        Suite::Wasm => wasm::task(),
        Suite::Aarch64 { parts } => aarch64::task(&parts),
        Suite::Qemu => qemu::task(),
        Suite::Emulated => emulated::task(),
        Suite::Proofs => proofs::task(),
        Suite::Matrix => matrix::task(),
        Suite::Kill => kill::task(),
        Suite::Service => service::task(),
        Suite::Haskell => haskell::task(),
        Suite::Container => container::task(),
        Suite::SecretFlow => secret_flow::task(),
        Suite::BenchPage => bench_page::task(),
        Suite::Guests => guests::task(),
        Suite::Unoptimised => unoptimised::task(),
        Suite::Instructions => instructions::task(),
    }]
}
