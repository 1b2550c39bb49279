//! The Debian packages that tasks need; `.ci/install-packages` installs what is missing.

use clap::ValueEnum;

/// A PKCS#11 module, and a C compiler for AWS-LC and SQLite.
pub const RUN: &[&str] = &["curl", "gcc", "libc6-dev", "softhsm2"];

/// CMake and Go for AWS-LC's FIPS module.
pub const FIPS: &[&str] = &[
    "binutils",
    "cmake",
    "gcc",
    "golang-go",
    "libc6-dev",
    "libssl-dev",
    "pkg-config",
    "softhsm2",
];

/// OpenSSL, for engines that link it.
pub const BENCH: &[&str] = &["gcc", "libc6-dev", "libssl-dev", "pkg-config"];

/// For tests, beside [`RUN`] and [`FIPS`]: PKCS#11 modules and tools, a TPM in software among them;
/// OpenSSL for the tests' other side; PostgreSQL and a pooler, which the tests start by themselves;
/// Prometheus for its rules, whose service is not to start; Python for a client that is generated, and
/// for Helm; emulated CPUs; a browser for the benchmark's page, and what counts its instructions.
const OF_TESTS: &[&str] = &[
    "chromium",
    "dbus-bin",
    "dbus-daemon",
    "libnss3",
    "libtpm2-pkcs11-1",
    "libtss2-tcti-swtpm0",
    "libtss2-tcti-tabrmd0",
    "opencryptoki",
    "opensc",
    "openssl",
    "p11-kit",
    "p11-kit-modules",
    "pgbouncer",
    "postgresql",
    "prometheus/unpacked",
    "python3-venv",
    "qemu-user-static",
    "swtpm",
    "tpm2-abrmd",
    "tpm2-tools",
    "util-linux",
    "valgrind",
];

/// What every test needs.
pub const TEST: &[&[&str]] = &[RUN, FIPS, OF_TESTS];

/// kryoptic builds an OpenSSL of its own, in minutes.
pub const KRYOPTIC: &[&str] = &["libclang-dev", "libsqlite3-dev", "make", "perl"];

/// No rustup has to bring WebAssembly's standard library: Debian's compiler has its source.
pub const WASM: &[&str] = &[
    "cargo-web",
    "clang",
    "lld-22",
    "llvm",
    "nodejs",
    "rust-web-src",
    "rustc-web",
];

/// Debian's compiler has this target's standard library. SoftHSM for it is unpacked by the test, not
/// installed: it would take the place of this machine's.
pub const AARCH64: &[&str] = &[
    "cargo-web",
    "gcc-aarch64-linux-gnu",
    "libc6-dev-arm64-cross",
    "libssl-dev:arm64",
    "libstd-rust-web-dev:arm64",
    "libstdc++6:arm64",
    "rustc-web",
];

/// A compiler and the libraries of an example.
pub const HASKELL: &[&str] = &[
    "ghc",
    "libghc-aeson-dev",
    "libghc-base64-bytestring-dev",
    "libghc-http-client-dev",
    "libghc-network-dev",
];

/// Root file systems of Debian's packages.
pub const CONTAINER: &[&str] = &["mmdebstrap", "util-linux"];

/// What packages are installed for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Purpose {
    /// `run` and `serve`
    Run,
    /// `test` and `lint`
    Test,
    /// Builds with the FIPS module
    Fips,
    /// Benchmarks
    Bench,
    /// `test matrix`
    Matrix,
    /// `test wasm`
    Wasm,
    /// `test aarch64`
    Aarch64,
    /// `test haskell`
    Haskell,
    /// `test container`
    Container,
}

impl Purpose {
    /// The lists of what it needs.
    pub fn packages(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Run => &[RUN],
            Self::Test => TEST,
            Self::Fips => &[FIPS],
            Self::Bench => &[BENCH],
            Self::Matrix => &[RUN, FIPS, OF_TESTS, KRYOPTIC],
            Self::Wasm => &[RUN, FIPS, OF_TESTS, WASM],
            Self::Aarch64 => &[RUN, FIPS, OF_TESTS, AARCH64],
            Self::Haskell => &[RUN, FIPS, OF_TESTS, HASKELL],
            Self::Container => &[RUN, CONTAINER],
        }
    }
}
