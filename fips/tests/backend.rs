//! What a provider registers. A program of its own: nothing takes back what is registered.

use mls_fips::{Backend, FipsError, ready, register, status};

/// Without the module there is nothing else to say.
fn without_the_module() -> Option<FipsError> {
    (!cfg!(feature = "fips")).then_some(FipsError::NotLinked)
}

#[test]
fn a_provider_on_another_library_has_no_fips_mode() {
    register(Backend::Module);
    assert_eq!(ready().err(), without_the_module());

    register(Backend::Other("ring"));
    register(Backend::Module);
    let refusal = without_the_module().unwrap_or(FipsError::OtherBackend { name: "ring" });
    println!("{refusal}");
    assert_eq!(ready(), Err(refusal.clone()));
    let status = status();
    assert_eq!(status.refusal, Some(refusal.to_string()));
    assert!(status.suites.iter().all(|suite| !suite.enabled));
    assert_eq!(status.status, mls_fips::FipsStatus::Unvalidated);
}
