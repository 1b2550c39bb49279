//! What is said of a PKCS#11 function that failed.

use cryptoki::context::Function;
use cryptoki::error::RvError;
use mls_signer_token::{Error, Pkcs11Failure};

fn failure(code: RvError, function: Function) -> Pkcs11Failure {
    match cryptoki::error::Error::Pkcs11(code, function).into() {
        Error::Pkcs11(failure) => failure,
        other => panic!("{other}"),
    }
}

#[test]
fn codes_are_named_as_the_standard_names_them() {
    for (code, name) in [
        (RvError::PinIncorrect, "CKR_PIN_INCORRECT"),
        (
            RvError::SessionReadWriteSoExists,
            "CKR_SESSION_READ_WRITE_SO_EXISTS",
        ),
        (RvError::FipsSelfTestFailed, "CKR_FIPS_SELF_TEST_FAILED"),
        (RvError::CantLock, "CKR_CANT_LOCK"),
        (
            RvError::VendorDefined(0x8000_0001),
            "CKR_VENDOR_DEFINED (0x80000001)",
        ),
    ] {
        assert_eq!(failure(code, Function::Sign).code_name(), name);
    }
}

#[test]
fn the_message_names_function_and_code_and_says_what_to_do() {
    assert_eq!(
        failure(RvError::SessionCount, Function::OpenSession).to_string(),
        "C_OpenSession returned CKR_SESSION_COUNT: the token has no session left; \
         raise its limit or close other clients"
    );
}
