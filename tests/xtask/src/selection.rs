//! Which crates and features a command is for: one constant for each.

/// The X25519 and P-256 lanes.
pub const LANES: &str = "mls_lanes";

/// The provider.
pub const PROVIDER: &str = "openmls_hw_crypto";

/// What FIPS 140-3 says of the linked module, and the program that prints it.
pub const FIPS_CRATES: &[&str] = &["mls_fips", "mls_fips_cli"];

/// That program.
pub const FIPS_PROGRAM: &str = "mls-fips";

/// The evidence.
pub const EVIDENCE: &str = "mls_tests";

/// The benchmarks.
pub const BENCHES: &str = "mls_bench";

/// The signer as a library, with its examples.
pub const SIGNER: &str = "mls_hsm_signer";

/// The crate of the signer's program, with the tests of the signer as a whole.
pub const SIGNER_CLI: &str = "mls_signer_cli";

/// The benchmark of the signer.
pub const SIGNER_BENCH: &str = "mls_signer_bench";

/// The signer's program.
pub const SIGNER_PROGRAM: &str = "mls-hsm-signer";

/// The crates whose code is the signer's.
pub const SIGNER_CRATES: &[&str] = &[
    "mls_signer_message",
    "mls_signer_token",
    "mls_signer_engine",
    "mls_signer_audit",
    "mls_signer_api",
    "mls_signer_client",
    "mls_signer_server",
    SIGNER,
    SIGNER_CLI,
];

/// What no registry gets: tests, their tools, benchmarks.
pub const NOT_PUBLISHED: &[&str] = &[
    EVIDENCE,
    BENCHES,
    SIGNER_BENCH,
    "mls_fault_disk",
    "mls_fault_module",
    "xtask",
];

/// The draft with ML-KEM, X-Wing and ML-DSA.
pub const PQ: &str = "draft-ietf-mls-pq-ciphersuites";

/// The schemes of the signer that features bring.
pub const SIGNER_FEATURES: &str = "curve448,draft-ietf-mls-pq-ciphersuites";

/// The suites and functions of the provider that features bring.
pub const FEATURES: &str =
    "curve448,draft-ietf-mls-pq-ciphersuites,targeted-messages-draft,virtual-clients-draft";

/// Workspaces of their own. Their lock files go stale when a crate of this workspace gains a
/// dependency.
pub const OTHER_WORKSPACES: &[&str] = &[
    "simd/fuzz",
    "hsm-signer/fuzz",
    KRYOPTIC,
    CERTIFIED,
    GUEST,
    UNOPTIMISED,
    WASM,
];

/// A crate of a user's, in Cargo's own profile.
pub const UNOPTIMISED: &str = "tests/unoptimised";

/// kryoptic as a PKCS#11 module.
pub const KRYOPTIC: &str = "hsm-signer/tests/kryoptic";

/// The conformance suite over the certified FIPS module.
pub const CERTIFIED: &str = "fips/certified";

/// The engine that needs another aws-lc-rs.
pub const GUEST: &str = "benches/awslc";

/// A member of groups in WebAssembly.
pub const WASM: &str = "tests/wasm";
