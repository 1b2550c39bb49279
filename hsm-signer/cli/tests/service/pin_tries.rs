//! What costs no second try of a PIN: files that are gone or replaced, refusals that come late or never, an
//! orderly end; and a PIN that is changed as planned.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::pins::{logins, of_two_tenants};
use crate::rotation::reload;
use crate::support::odd_keys::Tool;
use crate::support::operator::{PIN_REFUSED, checked, marker, stderr};
use crate::support::{PIN, Service, Setup, eventually, item, not_started};

const REFUSED: &str = "C_Login return 0xA0";

/// The modules' processes end, and each would log in anew.
fn kill_modules(service: &Service) {
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
}

fn recoveries_ended(service: &Service) -> usize {
    service.log().matches("recovery ends").count()
}

/// Two engines are to log in again, and the token refuses, a while after each try.
fn tried_by_two(service: &Service, delay: &str) -> usize {
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login log", delay, REFUSED]).unwrap();
    kill_modules(service);
    eventually("both are refused", || recoveries_ended(service) == 2);
    logins(&service.setup)
}

#[test]
fn a_pin_whose_file_is_gone_is_tried_once() {
    let service = of_two_tenants().start();
    fs::remove_file(service.setup.sandbox.path("pin")).unwrap();
    assert_eq!(tried_by_two(&service, "C_Login delay 300000"), 1);
}

#[test]
fn a_pin_whose_file_is_replaced_is_tried_once() {
    let service = of_two_tenants().start();
    let path = |name: &str| service.setup.sandbox.path(name);
    let replacing = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while replacing.load(std::sync::atomic::Ordering::SeqCst) {
                service.setup.sandbox.write("new", PIN, 0o600);
                fs::rename(path("new"), path("pin")).unwrap();
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let tried = tried_by_two(&service, "C_Login delay 300000");
        replacing.store(false, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(tried, 1);
    });
}

#[test]
fn no_pin_is_tried_where_a_refusal_cannot_be_kept() {
    let mut setup = of_two_tenants();
    let state = setup.sandbox.path("state");
    fs::create_dir(&state).unwrap();
    setup.process = format!("state_directory = {state:?}");
    let service = setup.start();
    fs::remove_dir_all(&state).unwrap();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login log", REFUSED]).unwrap();
    kill_modules(&service);
    eventually("both have failed", || {
        service.log().matches("could not be kept").count() >= 2
    });
    assert_eq!(logins(&service.setup), 0);
    // Once it can be, by one of the two.
    fs::create_dir(&state).unwrap();
    eventually("both are refused", || recoveries_ended(&service) == 2);
    assert_eq!(logins(&service.setup), 1);
    assert_eq!(
        fs::read_dir(&state).unwrap().count(),
        2,
        "the mark, and whose turn it is"
    );
    // A person's word is one.
    service.signal(Signal::HUP);
    eventually("it is tried", || logins(&service.setup) == 2);
}

/// Longer than a step of recovery may take.
#[test]
fn a_refusal_that_comes_late_is_one() {
    let service = Setup::new().start();
    let faults = service.setup.faults("example.com");
    let rules = [
        "C_Login log",
        "C_Sign return 0x101",
        "C_Login delay 4000000",
        REFUSED,
    ];
    faults.set(&rules).unwrap();
    let _ = service.propose(vec![item("ed25519", "group", 1)]);
    eventually("the marker", || marker(&service.setup).is_some());
    eventually("it is refused", || recoveries_ended(&service) == 1);
    assert_eq!(logins(&service.setup), 1);
}

/// Longer than a start may take.
#[test]
fn a_start_waits_for_the_outcome_of_its_login() {
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    let rules = ["C_Login log", "C_Login delay 11000000", REFUSED];
    faults.set(&rules).unwrap();
    for _ in 0..2 {
        let output = not_started(&setup);
        assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
        assert_eq!(logins(&setup), 1);
    }
}

/// A person's word comes while the old PIN is tried, by one of two: it is tried once all the same, and the next word
/// is for the new one.
#[test]
fn a_word_while_a_pin_is_tried_costs_no_second_try() {
    let service = of_two_tenants().start();
    let faults = service.setup.faults("example.com");
    let rules = ["C_Login log", "C_Login delay 2000000", REFUSED];
    faults.set(&rules).unwrap();
    kill_modules(&service);
    eventually("the old one is tried", || logins(&service.setup) == 1);
    service.setup.sandbox.write("pin", "another", 0o600);
    service.signal(Signal::HUP);
    eventually("both are refused", || recoveries_ended(&service) == 2);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(logins(&service.setup), 1);
    faults.clear().unwrap();
    service.setup.sandbox.write("pin", PIN, 0o600);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(0), "{said}");
}

/// Nobody knows what the token made of the PIN.
#[test]
fn a_service_that_is_killed_in_a_login_does_not_log_in_at_its_next_start() {
    let mut service = Setup::new().start();
    let faults = service.setup.faults("example.com");
    let rules = ["C_Login log", "C_Login delay 3000000", REFUSED];
    faults.set(&rules).unwrap();
    kill_modules(&service);
    eventually("it is tried", || logins(&service.setup) == 1);
    service.kill();
    for _ in 0..2 {
        let output = not_started(&service.setup);
        let said = stderr(&output);
        assert_eq!(output.status.code(), PIN_REFUSED, "{said}");
        assert!(said.contains("its outcome is not known"), "{said}");
        assert_eq!(logins(&service.setup), 1);
    }
}

/// One that is killed while it recovers, and logs in to nothing, needs nobody.
#[test]
fn a_service_that_is_killed_while_its_module_starts_is_started_again() {
    let mut service = Setup::new().start();
    let starts = |service: &Service| {
        let log = service.setup.faults("example.com").log();
        log.iter().any(|line| line.contains("C_Initialize"))
    };
    let rules = ["C_Initialize log", "C_Initialize delay 3000000"];
    service.setup.faults("example.com").set(&rules).unwrap();
    kill_modules(&service);
    eventually("the module starts", || starts(&service));
    service.kill();
    assert!(marker(&service.setup).is_none());
    service.setup.faults("example.com").clear().unwrap();
    service.start_again();
}

/// The token has the PIN, and says neither that it is right nor that it is wrong.
#[test]
fn a_start_whose_login_fails_for_no_known_reason_is_not_repeated() {
    for code in ["0x5", "0x30", "0x80000001"] {
        let setup = Setup::new();
        let faults = setup.faults("example.com");
        let rules = ["C_Login log".to_owned(), format!("C_Login return {code}")];
        faults.set(&[&rules[0], &rules[1]]).unwrap();
        for _ in 0..2 {
            let output = not_started(&setup);
            assert_eq!(
                output.status.code(),
                PIN_REFUSED,
                "{code}: {}",
                stderr(&output)
            );
            assert_eq!(logins(&setup), 1, "{code}");
        }
    }
    // It has not looked at it.
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xE0"]).unwrap();
    for tried in 1..=2 {
        assert_eq!(not_started(&setup).status.code(), Some(1));
        assert_eq!(logins(&setup), tried);
    }
}

/// A module may end its process at a wrong PIN.
#[test]
fn a_start_whose_login_has_no_answer_is_not_repeated() {
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login crash"]).unwrap();
    for _ in 0..2 {
        let output = not_started(&setup);
        let said = stderr(&output);
        assert_eq!(output.status.code(), PIN_REFUSED, "{said}");
        assert!(said.contains("its outcome is not known"), "{said}");
        assert_eq!(logins(&setup), 1);
    }
    // What is no login is none that may have been refused.
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Initialize crash"]).unwrap();
    for _ in 0..2 {
        let output = not_started(&setup);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    }
    assert_eq!((logins(&setup), marker(&setup)), (0, None));
}

#[test]
fn logins_without_an_answer_end_with_the_second() {
    let service = Setup::new().start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login crash"]).unwrap();
    kill_modules(&service);
    eventually("it waits for a person", || recoveries_ended(&service) == 1);
    assert_eq!(logins(&service.setup), 2);
    assert!(marker(&service.setup).is_some());
    assert_eq!(service.wire().get("/readyz").code(), "token-refused");
    faults.clear().unwrap();
    service.signal(Signal::HUP);
    eventually("it signs", || service.wire().get("/readyz").status == 200);
    assert!(marker(&service.setup).is_none());
}

/// Whoever ends a service in good order leaves nothing that a person must see to.
#[test]
fn an_end_waits_for_the_outcome_of_a_login() {
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    let slow = ["C_Login log", "C_Login delay 3000000"];
    faults.set(&slow).unwrap();
    let mut start = setup.command().spawn().unwrap();
    eventually("the login has begun", || logins(&setup) == 1);
    let process = Pid::from_raw(start.id().try_into().unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    assert_eq!(start.wait().unwrap().code(), Some(0));
    assert_eq!(marker(&setup), None);
    // Also where it is a reload that logs in.
    faults.clear().unwrap();
    let mut service = setup.start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login log", REFUSED]).unwrap();
    kill_modules(&service);
    eventually("it is refused", || recoveries_ended(&service) == 1);
    faults.set(&slow).unwrap();
    service.signal(Signal::HUP);
    eventually("the login has begun", || logins(&service.setup) == 3);
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0));
    assert_eq!(marker(&service.setup), None);
}

/// The new PIN is read at SIGHUP, and used for the next login, whenever that is.
#[test]
fn a_pin_that_is_changed_as_planned_is_used_from_the_next_login_on() {
    let service = of_two_tenants().start();
    let tool = Tool {
        sandbox: &service.setup.sandbox,
        token: "example.com",
    };
    tool.run(&["--change-pin", "--new-pin", "27182818"]);
    service.setup.sandbox.write("pin", "27182818", 0o600);
    service.signal(Signal::HUP);
    let reads = |log: String| log.matches("another PIN was read").count();
    eventually("both read it", || reads(service.log()) == 2);
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    kill_modules(&service);
    let signs = |leaf| {
        service
            .propose(vec![item("ed25519", "group", leaf)])
            .is_ok()
    };
    eventually("it signs again", || signs(2));
    // The login alone is lost, and the PIN is the one that was read.
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Sign return 0x101 times 1"]).unwrap();
    eventually("it signs once more", || signs(3));
    assert_eq!(marker(&service.setup), None);
}

/// A login that is under way is waited for, and no other begins.
#[test]
fn an_end_begins_no_further_login() {
    let setup = of_two_tenants();
    let slow = ["C_Login log", "C_Login delay 3000000"];
    let faults = setup.faults("example.com");
    faults.set(&slow).unwrap();
    let mut start = setup.command().spawn().unwrap();
    eventually("a login has begun", || logins(&setup) == 1);
    let process = Pid::from_raw(start.id().try_into().unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    assert_eq!(start.wait().unwrap().code(), Some(0));
    assert_eq!((logins(&setup), marker(&setup)), (1, None));
    faults.clear().unwrap();
    let mut service = setup.start();
    service.setup.faults("example.com").set(&slow).unwrap();
    kill_modules(&service);
    eventually("a login has begun", || logins(&service.setup) == 2);
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0));
    assert_eq!((logins(&service.setup), marker(&service.setup)), (2, None));
}

/// A file may be seen while it is written.
#[test]
fn an_empty_pin_is_not_taken_by_a_token_that_needs_one() {
    let service = Setup::new().start();
    service.setup.sandbox.write("pin", "", 0o600);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("PIN of example.com") && said.contains("empty"),
        "{said}"
    );
    service.setup.sandbox.write("pin", PIN, 0o600);
    kill_modules(&service);
    let signs = || service.propose(vec![item("ed25519", "group", 1)]).is_ok();
    eventually("it signs again", signs);
}

fn made_a_pipe(setup: &Setup, name: &str) {
    let path = setup.sandbox.path(name);
    let _ = fs::remove_file(&path);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
}

/// It has the PIN once, for all who need it.
#[test]
fn a_pin_may_come_through_a_pipe() {
    let setup = of_two_tenants();
    made_a_pipe(&setup, "pin");
    let path = setup.sandbox.path("pin");
    let writer = std::thread::spawn(move || fs::write(path, PIN).unwrap());
    let service = setup.start();
    writer.join().unwrap();
    kill_modules(&service);
    let signs = || service.propose(vec![item("ed25519", "group", 1)]).is_ok();
    eventually("it signs again", signs);
}

/// Who may ask is in force at once, whatever becomes of the PINs.
#[test]
fn a_pipe_that_nobody_writes_to_holds_up_no_callers() {
    let service = of_two_tenants().start();
    made_a_pipe(&service.setup, "pin");
    let taken = |log: String| log.matches("was taken over part=\"callers\"").count();
    for times in 1..=3 {
        service.signal(Signal::HUP);
        eventually("callers are taken over", || taken(service.log()) == times);
    }
}

/// Nothing is tried, and so nothing is waited for.
#[test]
fn a_start_that_waits_for_a_pipe_can_be_ended() {
    let setup = Setup::new();
    made_a_pipe(&setup, "pin");
    let mut start = setup.command().spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let process = Pid::from_raw(start.id().try_into().unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    let mut ended = || start.try_wait().unwrap().is_some();
    eventually("it ends", &mut ended);
}

/// The second comes while the tries of the first are under way.
#[test]
fn two_hangups_are_two_tries() {
    let service = of_two_tenants().start();
    assert_eq!(tried_by_two(&service, "C_Login delay 1500000"), 1);
    service.signal(Signal::HUP);
    eventually("it is tried", || logins(&service.setup) == 2);
    service.signal(Signal::HUP);
    eventually("all is refused again", || recoveries_ended(&service) == 6);
    assert_eq!(logins(&service.setup), 3);
}

#[test]
fn a_pin_that_is_corrected_while_the_wrong_one_is_tried_is_tried_too() {
    let service = Setup::new().start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login log", REFUSED]).unwrap();
    kill_modules(&service);
    eventually("it is refused", || recoveries_ended(&service) == 1);
    service.setup.sandbox.write("pin", "000000", 0o600);
    faults
        .set(&["C_Login log", "C_Login delay 2000000"])
        .unwrap();
    service.signal(Signal::HUP);
    eventually("the wrong one is tried", || logins(&service.setup) == 2);
    service.setup.sandbox.write("pin", PIN, 0o600);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!((logins(&service.setup), marker(&service.setup)), (3, None));
}

/// What writes to them writes in its own order.
#[test]
fn pins_come_through_several_pipes_in_any_order() {
    let mut setup = Setup::new();
    assert!(setup.sandbox.init("other").status.success());
    setup.generate("other", &[]);
    let (module, pin) = (
        setup.faults("example.com").module(),
        setup.sandbox.path("pin2"),
    );
    setup.more(&format!(
        "[[tenants]]\nname = \"other\"\n[[tenants.tokens]]\nname = \"same\"\nmodule = {module:?}\n\
         token_label = \"other\"\npin_file = {pin:?}\n"
    ));
    for pipe in ["pin", "pin2"] {
        made_a_pipe(&setup, pipe);
    }
    for order in [["pin", "pin2"], ["pin2", "pin"]] {
        let paths = order.map(|pipe| setup.sandbox.path(pipe));
        let writer = std::thread::spawn(move || {
            for path in paths {
                fs::write(path, PIN).unwrap();
            }
        });
        drop(setup.clone().start());
        writer.join().unwrap();
    }
}

/// Another one may be under way, which knows nothing of what was changed since.
#[test]
fn whoever_asks_for_a_reload_hears_of_its_own() {
    let service = Setup::new().start();
    made_a_pipe(&service.setup, "pin");
    let begun = |log: String| log.matches("was taken over part=\"callers\"").count();
    service.signal(Signal::HUP);
    eventually("the first has begun", || begun(service.log()) == 1);
    let configuration = service.setup.write();
    fs::write(&configuration, "no TOML").unwrap();
    let path = service.setup.sandbox.path("pin");
    let (code, said) = std::thread::scope(|scope| {
        let asked = scope.spawn(|| reload(&service));
        let refused = "was not taken over part=\"configuration\"";
        eventually("the second has begun", || service.log().contains(refused));
        for _ in 0..2 {
            fs::write(&path, PIN).unwrap();
            std::thread::sleep(Duration::from_millis(200));
        }
        asked.join().unwrap()
    });
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("configuration"), "{said}");
}

/// Without one, each start would try what was refused.
#[test]
fn a_service_has_a_directory_where_a_refusal_is_kept() {
    let setup = Setup::new();
    let configuration = setup.configuration();
    let mut lines: Vec<_> = configuration.lines().collect();
    let url = lines.iter_mut().find(|line| line.starts_with("url = "));
    *url.unwrap() = "url = \"postgres://signer@127.0.0.1/signer\"";
    let (code, said) = checked(&setup, &lines.join("\n"));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("process.state_directory is needed"), "{said}");
}
