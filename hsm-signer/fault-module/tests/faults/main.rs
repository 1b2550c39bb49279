//! Each fault happens as told, on SoftHSM through cryptoki.

mod fixture;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType};
use mls_fault_module::cryptoki_sys::{
    CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN,
};
use mls_fault_module::{Action, Faults, Rule};

use fixture::{Fixture, logged_in, opened};

/// The code that a call ended with.
fn code<T>(result: Result<T, Error>) -> Option<RvError> {
    match result {
        Ok(_) => None,
        Err(Error::Pkcs11(code, _)) => Some(code),
        Err(other) => panic!("{other}"),
    }
}

fn point(fixture: &Fixture) -> Vec<u8> {
    let attributes = [AttributeType::EcPoint];
    let answer = fixture.session.get_attributes(fixture.public, &attributes);
    match answer.unwrap().as_slice() {
        [Attribute::EcPoint(point)] => point.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_rules_it_is_the_real_module() {
    let fixture = Fixture::new();
    let signature = fixture.sign().unwrap();
    fixture.verify(&signature).unwrap();
    let information = fixture.pkcs11.get_library_info().unwrap();
    assert!(information.manufacturer_id().contains("SoftHSM"));
}

#[test]
fn any_code_comes_from_any_function() {
    let fixture = Fixture::new();
    type Call = fn(&Fixture) -> Result<(), Error>;
    let calls: [(&str, Call); 9] = [
        ("C_GetInfo", |f| f.pkcs11.get_library_info().map(drop)),
        ("C_GetSlotList", |f| {
            f.pkcs11.get_slots_with_token().map(drop)
        }),
        ("C_GetTokenInfo", |f| {
            f.pkcs11.get_token_info(f.slot).map(drop)
        }),
        ("C_GetMechanismList", |f| {
            f.pkcs11.get_mechanism_list(f.slot).map(drop)
        }),
        ("C_OpenSession", |f| {
            f.pkcs11.open_ro_session(f.slot).map(drop)
        }),
        ("C_GetSessionInfo", |f| {
            f.session.get_session_info().map(drop)
        }),
        ("C_FindObjectsInit", |f| {
            f.session.find_objects(&[]).map(drop)
        }),
        ("C_SignInit", |f| f.sign().map(drop)),
        ("C_GenerateKeyPair", |f| f.generate().map(drop)),
    ];
    let codes = [
        (CKR_DEVICE_ERROR, RvError::DeviceError),
        (CKR_DEVICE_REMOVED, RvError::DeviceRemoved),
        (CKR_USER_NOT_LOGGED_IN, RvError::UserNotLoggedIn),
        (CKR_SESSION_HANDLE_INVALID, RvError::SessionHandleInvalid),
        (0x8000_0001, RvError::VendorDefined(0x8000_0001)),
    ];
    for (function, call) in calls {
        for (number, expected) in codes {
            fixture
                .faults
                .tell(&[Rule::fail(function, number)])
                .unwrap();
            assert_eq!(code(call(&fixture)), Some(expected), "{function}");
            fixture.faults.clear().unwrap();
            assert_eq!(code(call(&fixture)), None, "{function}");
        }
    }
}

#[test]
fn a_rule_takes_effect_on_the_calls_it_names() {
    let fixture = Fixture::new();
    let failed = |rule: Rule| -> Vec<bool> {
        fixture.faults.tell(&[rule]).unwrap();
        (0..6).map(|_| fixture.sign().is_err()).collect()
    };
    let fail = || Rule::fail("C_SignInit", CKR_DEVICE_ERROR);
    let (t, f) = (true, false);
    assert_eq!(failed(fail()), [t, t, t, t, t, t]);
    assert_eq!(failed(fail().once()), [t, f, f, f, f, f]);
    assert_eq!(failed(fail().on_call(3)), [f, f, t, f, f, f]);
    assert_eq!(failed(fail().from(5)), [f, f, f, f, t, t]);
    assert_eq!(failed(fail().every(2).times(2)), [t, f, t, f, f, f]);
}

/// Counted exactly, however many threads call at once.
#[test]
fn a_rule_that_fires_twice_fires_twice_among_threads() {
    let fixture = Fixture::new();
    let rule = Rule::fail("C_GetTokenInfo", CKR_DEVICE_ERROR).times(2);
    fixture.faults.tell(&[rule]).unwrap();
    let (pkcs11, slot) = (&fixture.pkcs11, fixture.slot);
    let failures: usize = thread::scope(|scope| {
        let ask = || {
            (0..25)
                .filter(|_| pkcs11.get_token_info(slot).is_err())
                .count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(failures, 2);
}

#[test]
fn everything_fails_until_the_module_is_initialised_anew() {
    let fixture = Fixture::new();
    let gone = Rule::fail("*", CKR_DEVICE_ERROR).until("C_Initialize");
    fixture.faults.tell(&[gone]).unwrap();
    for _ in 0..3 {
        assert_eq!(code(fixture.sign()), Some(RvError::DeviceError));
        let slots = fixture.pkcs11.get_slots_with_token();
        assert_eq!(code(slots), Some(RvError::DeviceError));
    }
    // The process's other tests use SoftHSM, so it is not finalised first.
    fixture::initialise(&fixture.pkcs11);
    assert!(fixture.sign().is_ok());
}

#[test]
fn the_question_for_a_length_may_fail_alone_and_wedges_the_session() {
    let fixture = Fixture::new();
    fixture
        .faults
        .tell(&[Rule::fail("C_Sign:size", CKR_DEVICE_ERROR).once()])
        .unwrap();
    assert_eq!(code(fixture.sign()), Some(RvError::DeviceError));
    assert_eq!(code(fixture.sign()), Some(RvError::OperationActive));
}

#[test]
fn what_is_signed_is_kept() {
    let fixture = Fixture::new();
    fixture
        .faults
        .tell(&[Rule::on("C_Sign", Action::Keep)])
        .unwrap();
    fixture.sign().unwrap();
    fixture.sign().unwrap();
    fixture.faults.clear().unwrap();
    fixture.sign().unwrap();
    assert_eq!(fixture.faults.signed(), [fixture::DIGEST; 2]);
}

#[test]
fn a_flipped_bit_makes_the_signature_wrong() {
    let fixture = Fixture::new();
    fixture
        .faults
        .tell(&[Rule::on("C_Sign", Action::Flip).once()])
        .unwrap();
    let wrong = fixture.sign().unwrap();
    assert_eq!(
        code(fixture.verify(&wrong)),
        Some(RvError::SignatureInvalid)
    );
    let right = fixture.sign().unwrap();
    assert_eq!(code(fixture.verify(&right)), None);
}

#[test]
fn a_signature_may_have_another_length() {
    let fixture = Fixture::new();
    for length in [0, 7, 63] {
        let rule = Rule::on("C_Sign", Action::Length(length));
        fixture.faults.tell(&[rule]).unwrap();
        assert_eq!(fixture.sign().unwrap().len() as u64, length);
    }
}

#[test]
fn a_public_key_lies() {
    let fixture = Fixture::new();
    let truth = point(&fixture);
    let rule = Rule::on("C_GetAttributeValue", Action::Lie);
    fixture.faults.tell(&[rule]).unwrap();
    let lie = point(&fixture);
    let (last, rest) = lie.split_last().unwrap();
    assert_eq!(
        (rest, last ^ 1),
        (&truth[..truth.len() - 1], truth[truth.len() - 1])
    );
}

#[test]
fn sessions_are_limited() {
    let fixture = Fixture::new();
    // The fixture's own is open.
    fixture
        .faults
        .tell(&[Rule::on("C_OpenSession", Action::Limit(3))])
        .unwrap();
    let open = || fixture.pkcs11.open_ro_session(fixture.slot);
    let two = [open().unwrap(), open().unwrap()];
    assert_eq!(code(open()), Some(RvError::SessionCount));
    drop(two);
    assert!(open().is_ok());
}

/// As observed: SoftHSM does not say CKR_USER_NOT_LOGGED_IN.
#[test]
fn a_login_is_lost() {
    let fixture = Fixture::new();
    let rule = Rule::on("C_SignInit", Action::Logout).once();
    fixture.faults.tell(&[rule]).unwrap();
    assert_eq!(code(fixture.sign()), Some(RvError::ObjectHandleInvalid));
    logged_in(&fixture.session);
    assert_eq!(
        code(fixture.sign()),
        Some(RvError::ObjectHandleInvalid),
        "the handle is another one now"
    );
}

#[test]
fn a_session_is_lost() {
    let fixture = Fixture::new();
    let session = fixture.pkcs11.open_ro_session(fixture.slot).unwrap();
    let rule = Rule::on("C_GetSessionInfo", Action::Close).once();
    fixture.faults.tell(&[rule]).unwrap();
    let answer = session.get_session_info();
    assert_eq!(code(answer), Some(RvError::SessionHandleInvalid));
    assert!(fixture.sign().is_ok());
}

#[test]
fn a_delay_lasts_at_least_as_long_as_told() {
    let fixture = Fixture::new();
    let delay = Duration::from_millis(30);
    fixture
        .faults
        .tell(&[Rule::delay("C_Sign", delay)])
        .unwrap();
    let begin = Instant::now();
    fixture.sign().unwrap();
    assert!(begin.elapsed() >= delay);
}

#[test]
fn a_call_hangs_until_the_rule_is_gone() {
    let fixture = Fixture::new();
    let (log, hang) = (Action::Log, Action::Hang);
    let rules = [log, hang].map(|action| Rule::on("C_Sign", action));
    fixture.faults.tell(&rules).unwrap();
    let session = fixture.pkcs11.open_ro_session(fixture.slot).unwrap();
    let private = fixture.private;
    thread::scope(|scope| {
        let signing = scope.spawn(move || fixture::sign(&session, private));
        while !fixture.faults.log().iter().any(|call| call == "C_Sign") {
            assert!(!signing.is_finished());
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(50));
        assert!(!signing.is_finished());
        fixture.faults.clear().unwrap();
        assert!(signing.join().unwrap().is_ok());
    });
}

#[test]
fn calls_are_written_down() {
    let fixture = Fixture::new();
    let rules = ["C_SignInit", "C_Sign"].map(|name| Rule::on(name, Action::Log));
    fixture.faults.tell(&rules).unwrap();
    fixture.sign().unwrap();
    fixture.pkcs11.get_library_info().unwrap();
    assert_eq!(fixture.faults.log(), ["C_SignInit", "C_Sign"]);
}

#[test]
fn what_is_no_rule_is_refused_by_the_writer() {
    let fixture = Fixture::new();
    assert!(fixture.faults.set(&["C_Sign explode"]).is_err());
    fixture.faults.set(&["C_SignInit return 0x30"]).unwrap();
    assert_eq!(code(fixture.sign()), Some(RvError::DeviceError));
}

/// The environment variable by which a child process knows its fault module.
const MODULE: &str = "FAULTS_TEST_MODULE";

/// Crashes are counted over processes: of four children, the second and third crash.
#[test]
fn a_process_crashes_when_told() {
    let (directory, faults) = fixture::install();
    let rule = Rule::on("C_GetInfo", Action::Crash).from(2).times(2);
    faults.tell(&[rule]).unwrap();
    let ended: Vec<_> = (0..4).map(|_| child(&faults)).collect();
    let signals: Vec<_> = ended.iter().map(ExitStatusExt::signal).collect();
    let crashed = Some(11);
    assert_eq!(signals, [None, crashed, crashed, None]);
    assert!(ended[0].success() && ended[3].success());
    drop(directory);
}

fn child(faults: &Faults) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "in_a_child_process", "--test-threads=1"])
        .env(MODULE, faults.module());
    command.output().unwrap().status
}

/// What the children do; without the variable there is nothing to do.
#[test]
fn in_a_child_process() {
    if let Some(module) = std::env::var_os(MODULE) {
        let pkcs11 = opened(module.as_ref());
        assert!(pkcs11.is_fn_supported(Function::GetInfo));
        pkcs11.get_library_info().unwrap();
    }
}
