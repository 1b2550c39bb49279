//! What an end in the midst of things leaves behind, and a program that is replaced while it
//! runs.

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{PATIENCE, Setup, Wire, eventually, item};

/// In a container every start has the process id 1, also after a crash. Here it is not known
/// which one a start will have: the directories of all that may come are there.
#[test]
fn a_directory_left_by_a_killed_start_is_removed() {
    let setup = Setup::new();
    let next = std::process::id();
    let left = (next..next + 3000).map(|id| setup.sandbox.path(&format!(".mls-hsm-signer-{id}")));
    left.for_each(|directory| std::fs::create_dir(directory).unwrap());
    let service = setup.start();
    let used = format!(".mls-hsm-signer-{}", service.pid().as_raw_nonzero());
    assert!(!service.setup.sandbox.path(&used).exists(), "{used}");
}

#[test]
fn after_kill_9_the_socket_and_the_store_are_taken_over() {
    let mut service = Setup::new().start();
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    service.kill();
    assert!(service.setup.socket().exists());
    service.start_again();
    service.propose(vec![item("ed25519", "group", 2)]).unwrap();
}

#[test]
fn a_second_service_at_the_same_socket_says_who_is_in_its_way() {
    let service = Setup::new().start();
    let output = service.setup.command().output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("another process"), "{said}");
    assert_eq!(service.wire().get("/readyz").status, 200);
}

/// The longest that a start takes is the login.
#[test]
fn a_hangup_while_it_starts_ends_nothing() {
    let setup = Setup::new();
    let login = "C_Login delay 3000000";
    setup.faults("example.com").set(&[login]).unwrap();
    let mut child = setup.command().spawn().unwrap();
    // The login takes three seconds, and begins at once.
    std::thread::sleep(std::time::Duration::from_secs(1));
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    let mut ended = None;
    let until = std::time::Instant::now() + PATIENCE;
    while std::time::Instant::now() < until {
        ended = child.try_wait().unwrap();
        let ready = Wire::unix(&setup.socket()).map(|wire| wire.get("/readyz").status);
        if ended.is_some() || matches!(ready, Ok(200)) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let _ = child.kill();
    child.wait().unwrap();
    assert_eq!(ended, None);
}

/// A connection is an open file, and the soft limit is small where nobody has said otherwise.
#[test]
fn as_many_files_may_be_open_as_the_system_lets_it_have() {
    let mut setup = Setup::new();
    let script = format!(
        "#!/bin/sh\nulimit -S -n 256\nexec {} \"$@\"\n",
        env!("CARGO_BIN_EXE_mls-hsm-signer")
    );
    setup.program = Some(setup.sandbox.write("limited", &script, 0o755));
    let service = setup.start();
    let path = format!("/proc/{}/limits", service.pid().as_raw_nonzero());
    let limits = std::fs::read_to_string(path).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let files: Vec<_> = files.unwrap().split_whitespace().skip(3).take(2).collect();
    assert_eq!(files[0], files[1], "{limits}");
}

/// The child that holds the module is of the very same program, though its path leads to
/// another one: here to one that is no program of ours at all.
#[test]
fn a_program_that_is_replaced_while_it_runs_starts_itself_again() {
    let mut setup = Setup::new();
    let program = setup.sandbox.path("mls-hsm-signer");
    std::fs::copy(env!("CARGO_BIN_EXE_mls-hsm-signer"), &program).unwrap();
    setup.program = Some(program.clone());
    let service = setup.start();
    let other = service
        .setup
        .sandbox
        .write("other", "#!/bin/false\n", 0o755);
    std::fs::rename(other, &program).unwrap();
    let before = service.children();
    assert_eq!(before.len(), 1);
    kill_process(before[0], Signal::KILL).unwrap();
    eventually("another process holds the module", || {
        service
            .children()
            .iter()
            .any(|child| !before.contains(child))
            && service.wire().get("/readyz").status == 200
    });
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
}
