//! PINs from files and from the environment.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use mls_signer_message::secret_file::SecretFileError;
use mls_signer_token::{Pin, PinError};

fn file(content: &[u8], mode: u32) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    std::fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
    file
}

#[test]
fn a_line_break_at_the_end_is_not_part_of_the_pin() {
    for content in [b"1234".as_slice(), b"1234\n", b"1234\r\n"] {
        assert!(Pin::from_file(file(content, 0o600).path()).is_ok());
    }
}

#[test]
fn a_file_that_every_user_can_open_is_refused() {
    for mode in [0o604, 0o602, 0o644, 0o666] {
        let error = Pin::from_file(file(b"1234", mode).path()).unwrap_err();
        assert!(
            matches!(error, PinError::File(SecretFileError::WorldAccessible { mode: m, .. }) if m == mode)
        );
    }
    assert!(Pin::from_file(file(b"1234", 0o640).path()).is_ok());
}

#[test]
fn what_is_no_pin_is_refused_with_the_reason() {
    let long = vec![b'1'; 256];
    for (content, reason) in [
        (b"12\n34".as_slice(), "control character"),
        (b"1234\n\n", "control character"),
        (b"\xff\xfe", "not UTF-8"),
        (b"\xef\xbb\xbf1234", "byte order mark"),
        (b"1234 \n", "blank"),
        (b"1234 \r\n", "blank"),
        (&long, "longer than 255 bytes"),
    ] {
        let error = Pin::from_file(file(content, 0o600).path()).unwrap_err();
        assert!(matches!(error, PinError::Malformed { .. }), "{content:?}");
        let said = error.to_string();
        assert!(said.contains(reason), "{content:?}: {said}");
        assert!(said.contains("Nothing was tried"), "{said}");
    }
    assert!(Pin::from_file(file(&long[1..], 0o600).path()).is_ok());
}

/// Some tokens need no login; for others it is refused when they are known.
#[test]
fn an_empty_file_is_no_pin() {
    for content in [b"".as_slice(), b"\n", b"\r\n"] {
        let pin = Pin::from_file(file(content, 0o600).path()).unwrap();
        assert!(pin.is_empty());
        assert!(matches!(pin.needed(), Err(PinError::Needed)));
    }
    assert!(Pin::new("1").unwrap().needed().is_ok());
}

#[test]
fn a_pin_comes_through_a_pipe() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pin");
    let made = std::process::Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(&path)
        .status();
    assert!(made.expect("mkfifo (apt-get install coreutils)").success());
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || std::fs::write(path, "1234\n").unwrap())
    };
    let pin = Pin::from_file(&path).unwrap();
    writer.join().unwrap();
    assert!(!pin.is_empty());
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let error = Pin::from_file(&path).unwrap_err().to_string();
    assert!(error.contains("chmod o="), "{error}");
}

#[test]
fn a_device_is_refused() {
    let error = Pin::from_file("/dev/null".as_ref())
        .unwrap_err()
        .to_string();
    assert!(error.contains("device"), "{error}");
}

#[test]
fn a_directory_and_a_missing_file_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let error = Pin::from_file(directory.path()).unwrap_err();
    assert!(matches!(
        error,
        PinError::File(SecretFileError::NotAFile { .. })
    ));
    let error = Pin::from_file(&directory.path().join("none")).unwrap_err();
    assert!(matches!(
        error,
        PinError::File(SecretFileError::Read { .. })
    ));
}

#[test]
fn a_missing_variable_is_named() {
    let error = Pin::from_environment("MLS_HSM_SIGNER_NO_SUCH_VARIABLE").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("MLS_HSM_SIGNER_NO_SUCH_VARIABLE")
    );
}

#[test]
fn debug_shows_nothing_of_it() {
    let pin = Pin::new("1234").unwrap();
    assert_eq!(format!("{pin:?}"), "Pin(..)");
}
