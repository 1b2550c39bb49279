//! The conformance suite as other providers' authors run it: by the macro on ours, and on the
//! providers that come with OpenMLS, with what they fail published.

use mls_tests::conformance::{Effort, Findings, examine, markdown};
use openmls_hw_crypto::OpenMlsHwCrypto;
use openmls_rust_crypto::OpenMlsRustCrypto;

/// A test for each part.
mod hw {
    mls_tests::conformance_tests!(openmls_hw_crypto::OpenMlsHwCrypto);
}

const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/CONFORMANCE.md");

const HEAD: &str = "\
# What providers for OpenMLS do with the conformance suite

Made by `cargo xtask tables conformance`, which runs `mls_tests::conformance` on each; a test fails
when it is not what a run finds. A number is that of the cases, and a dash says that the provider does not offer the
algorithm. Any provider can be examined by one line, `mls_tests::conformance_tests!(MyProvider)`.

The vectors and the agreement with a second implementation are what the standards demand. Which error
belongs to which malformed input the trait does not say: the suite's choice is in the documentation of
`mls_tests::conformance::malformed`, and another error is no fault of the provider's security.

The verdicts are on signatures that some implementations accept and others refuse: under a key of small
order one signature is good for many messages, and a message that only some members accept splits
their group. The suite demands the strictest verdict that providers can have in common; where one differs,
members with it and members without it part.

";

/// The build of which the findings are published: on AWS-LC, with no further suites.
const IS_PUBLISHED: bool = cfg!(all(
    feature = "aws-lc",
    not(feature = "curve448"),
    not(feature = "draft-ietf-mls-pq-ciphersuites"),
    not(feature = "targeted-messages-draft"),
));

/// What is published is what is found; `MLS_CONFORMANCE=write` publishes it.
#[test]
fn what_is_published_is_found() {
    let effort = Effort::default();
    let findings = [
        examine::<OpenMlsHwCrypto>("openmls_hw_crypto", effort),
        examine::<OpenMlsRustCrypto>("openmls_rust_crypto", effort),
        examine::<openmls_libcrux_crypto::Provider>("openmls_libcrux_crypto", effort),
    ];
    for one in &findings {
        println!("{one}");
        assert!(
            one.cases() > 5_000,
            "{}: {} cases",
            one.implementation,
            one.cases()
        );
    }
    assert!(findings[0].all_passed());
    assert!(
        !findings[1..].iter().any(Findings::all_passed),
        "nothing is found any more"
    );
    if !IS_PUBLISHED {
        println!(
            "these features have other findings than those published, to which they are not held"
        );
        return;
    }
    let text = format!("{HEAD}{}", markdown(&findings));
    if std::env::var_os("MLS_CONFORMANCE").is_some_and(|value| value == "write") {
        std::fs::write(PUBLISHED, &text).unwrap();
    }
    let published = std::fs::read_to_string(PUBLISHED).unwrap();
    assert!(
        text == published,
        "cargo xtask tables conformance publishes what is found:\n{text}"
    );
}
