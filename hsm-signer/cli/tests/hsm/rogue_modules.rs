//! PKCS#11 modules that hang, end the program, start processes, write where they should not and
//! answer what cannot be: each command ends, leaves nothing behind, and says what the module did.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::compiled::library;
use crate::support::{Sandbox, module_path};

/// SoftHSM's module, of which `change` replaces functions.
const HEAD: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
typedef unsigned long number;
typedef struct { unsigned char version[2]; number (*functions[68])(); } functions;
typedef struct { number kind; void *value; number length; } attribute;
static functions list, *real;
"#;

const FOOT: &str = r#"
number C_GetFunctionList(void **out) {
    void *library = dlopen(SOFTHSM, RTLD_NOW);
    ((number (*)())dlsym(library, "C_GetFunctionList"))(&real);
    list = *real;
    change();
    *out = &list;
    return 0;
}
"#;

/// A module whose function of this number, `replaced`, is as in `code`.
fn rogue(directory: &Path, name: &str, place: usize, code: &str) -> PathBuf {
    let change = format!("static void change(void) {{ list.functions[{place}] = replaced; }}");
    let source = [HEAD, code, &change, FOOT].concat();
    let softhsm = format!("-DSOFTHSM=\"{}\"", module_path().display());
    library(directory, name, &source, &["-ldl", "-w", &softhsm])
}

/// The same with another C_Initialize, which does `what` first.
fn starting(directory: &Path, name: &str, what: &str) -> PathBuf {
    let code = format!(
        "static number replaced(void *arguments) {{ {what}; return real->functions[0](arguments); }}"
    );
    rogue(directory, name, 0, &code)
}

const C_FIND_OBJECTS: usize = 27;
const C_GET_ATTRIBUTE_VALUE: usize = 24;
const C_GET_MECHANISM_LIST: usize = 7;
const C_SIGN: usize = 43;

/// Runs a command that may not end by itself.
fn output(command: &Command) -> Output {
    let mut limited = Command::new("timeout");
    limited.arg("60").arg(command.get_program());
    limited.args(command.get_args());
    for (name, value) in command.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    limited.output().unwrap()
}

/// Runs a command that must fail, and gives all that it says.
fn said(command: &Command) -> String {
    let output = output(command);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.code(), Some(1), "{command:?}: {text}");
    text
}

const PROPOSAL: [&str; 9] = [
    "propose-remove",
    "--scheme",
    "ed25519",
    "--group-id",
    "0a",
    "--epoch",
    "1",
    "--leaf-index",
    "1",
];

/// Whatever holds the module in its own process, or in another, ends when the module hangs.
#[test]
fn every_command_ends_at_the_modules_limit() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    let module = starting(directory.path(), "hanging.so", "for (;;) pause()");
    let plan = sandbox.path("plan").display().to_string();
    let commands: [&[&str]; 8] = [
        &["keys", "list"],
        &["keys", "public"],
        &["keys", "generate"],
        &["keys", "rotate", "--scheme", "ed25519"],
        &["keys", "retire", "--public-key", "AAAA"],
        &["keys", "destroy", "--public-key", "AAAA"],
        &PROPOSAL,
        &["ceremony", "prepare", "--witness", "W", "--out", &plan],
    ];
    for arguments in commands {
        for place in [&["--in-process"][..], &[]] {
            let mut command = sandbox.command_through(&module, arguments);
            command.args(["--module-limit", "1"]).args(place);
            let said = said(&command);
            let ended =
                said.contains("did not answer within 1 s") || said.contains("did not start within");
            assert!(ended, "{command:?}: {said}");
            assert!(said.contains("hanging.so"), "{command:?}: {said}");
        }
    }
}

/// The limit is of the module's silence, not of all that is asked of it.
#[test]
fn a_module_that_answers_is_not_ended_for_the_number_of_proposals() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let directory = tempfile::tempdir().unwrap();
    let slow = "static number replaced(number s, void *data, number length, void *out, void *room) \
                { if (out) usleep(300000); return real->functions[43](s, data, length, out, room); }";
    let module = rogue(directory.path(), "slow.so", C_SIGN, slow);
    let mut command = sandbox.command_through(&module, &PROPOSAL);
    command.args(["--in-process", "--module-limit", "2"]);
    for leaf in 2..12 {
        command.args(["--leaf-index", &leaf.to_string()]);
    }
    let output = output(&command);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout.split(|byte| *byte == b'\n').count(), 11 + 1);
}

/// A search without an end is seen as one, before memory is gone or a limit passed.
#[test]
fn a_search_without_an_end_is_named() {
    let sandbox = Sandbox::new();
    let directory = tempfile::tempdir().unwrap();
    let endless = "static number replaced(number s, number *out, number most, number *count) \
                   { for (number i = 0; i < most; i++) out[i] = 2; *count = most; return 0; }";
    let module = rogue(directory.path(), "endless.so", C_FIND_OBJECTS, endless);
    for arguments in [
        &["keys", "list"][..],
        &["keys", "list", "--in-process"],
        &["keys", "public"],
        &["keys", "generate"],
        &["doctor"],
    ] {
        let said = said(&sandbox.command_through(&module, arguments));
        assert!(
            said.contains("endless.so returned more than"),
            "{arguments:?}: {said}"
        );
    }
    let slow = endless.replace("for (", "usleep(100000); for (");
    let module = rogue(directory.path(), "slow.so", C_FIND_OBJECTS, &slow);
    for place in [&["--in-process"][..], &[]] {
        let mut command = sandbox.command_through(&module, &["keys", "list"]);
        command.args(["--module-limit", "2"]).args(place);
        let said = said(&command);
        let ended = said.contains("did not answer within 2 s") || said.contains("took too long");
        assert!(ended, "{command:?}: {said}");
        assert!(!said.contains("0 of 0"), "{said}");
    }
}

/// More keys than an answer between the processes takes are an answer, which nobody waits for in vain.
#[test]
fn more_keys_than_an_answer_takes_are_said_at_once() {
    let sandbox = Sandbox::new();
    let directory = tempfile::tempdir().unwrap();
    let many = "static number left = 30000; \
                static number replaced(number s, number *out, number most, number *count) \
                { *count = most < left ? most : left; \
                  for (number i = 0; i < *count; i++) out[i] = 2; \
                  left -= *count; return 0; }";
    let module = rogue(directory.path(), "many.so", C_FIND_OBJECTS, many);
    let said = said(&sandbox.command_through(&module, &["keys", "list"]));
    assert!(said.contains("what it answered, is too long"), "{said}");
}

/// What cannot be true is said to be the module's, and ends no process.
#[test]
fn lengths_and_counts_that_cannot_be_are_named() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let directory = tempfile::tempdir().unwrap();
    let attributes = |length: &str| {
        format!(
            "static number replaced(number s, number o, attribute *all, number count) {{ \
               number code = real->functions[24](s, o, all, count); \
               for (number i = 0; i < count; i++) \
                 if (!all[i].value && all[i].length != -1UL) all[i].length = {length}; \
               return code; }}"
        )
    };
    let found = "static number replaced(number s, number *out, number most, number *count) \
                 { *count = most + 1000000; return 0; }";
    let (long, huge) = (attributes("0x7fffffffffffUL"), attributes("-2UL"));
    for (name, place, code, what) in [
        (
            "long.so",
            C_GET_ATTRIBUTE_VALUE,
            long.as_str(),
            "a length of 140737488355327 bytes",
        ),
        (
            "huge.so",
            C_GET_ATTRIBUTE_VALUE,
            &huge,
            "a length of 18446744073709551614 bytes",
        ),
        (
            "many.so",
            C_FIND_OBJECTS,
            found,
            "more objects than were asked for",
        ),
    ] {
        let module = rogue(directory.path(), name, place, code);
        for arguments in [
            &["keys", "list"][..],
            &["keys", "list", "--in-process"],
            &["keys", "public"],
            &PROPOSAL,
            &["doctor"],
        ] {
            let said = said(&sandbox.command_through(&module, arguments));
            let reason = format!("{name} returned {what}");
            assert!(said.contains(&reason), "{reason}: {arguments:?}: {said}");
            assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        }
    }
}

/// Of some answers cryptoki takes the memory before anybody can look: the process that holds the
/// module ends, and its end is not said to be a crash of the module's code.
#[test]
fn memory_that_is_nowhere_is_said_to_be_what_was_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let directory = tempfile::tempdir().unwrap();
    let signature = "static number replaced(number s, void *data, number length, void *out, number *room) \
                     { if (!out) { *room = 0x7fffffffffffUL; return 0; } return 5; }";
    let mechanisms = "static number replaced(number slot, number *out, number *count) \
                      { if (!out) { *count = 0x7ffffffffffUL; return 0; } return 5; }";
    for (name, place, code) in [
        ("signing.so", C_SIGN, signature),
        ("listing.so", C_GET_MECHANISM_LIST, mechanisms),
    ] {
        let module = rogue(directory.path(), name, place, code);
        for arguments in [
            &["keys", "public"][..],
            &["keys", "public", "--in-process"],
            &["doctor"],
        ] {
            let said = said(&sandbox.command_through(&module, arguments));
            let reason = format!("{name} returned a length or a count that no memory holds");
            assert!(said.contains(&reason), "{arguments:?}: {said}");
        }
    }
}

/// What made nothing has left nothing half-made; what ends the process has not crashed it.
#[test]
fn how_a_module_ends_the_process_is_said_truly() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    let module = starting(directory.path(), "ending.so", "exit(0)");
    let making: [&[&str]; 2] = [
        &["keys", "generate", "--in-process"],
        &["keys", "rotate", "--scheme", "ed25519", "--in-process"],
    ];
    let looking: [&[&str]; 6] = [
        &["doctor"],
        &["keys", "list"],
        &["keys", "list", "--in-process"],
        &["keys", "public", "--in-process"],
        &["keys", "generate"],
        &PROPOSAL,
    ];
    for (arguments, makes) in making
        .map(|one| (one, true))
        .into_iter()
        .chain(looking.map(|one| (one, false)))
    {
        let said = said(&sandbox.command_through(&module, arguments));
        let ended = "ending.so ended this program (exit status 0)";
        assert!(said.contains(ended), "{arguments:?}: {said}");
        assert!(!said.contains("crashed"), "{arguments:?}: {said}");
        assert_eq!(said.contains("half-made"), makes, "{arguments:?}: {said}");
        assert!(!said.trim_end().ends_with('.'), "{arguments:?}: {said}");
    }
}

/// A process whose sockets are closed, or which has become another program, was not killed by the
/// module.
#[test]
fn a_module_that_takes_the_process_away_is_not_said_to_crash() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    for (name, what, ended) in [
        (
            "closing.so",
            "for (int i = 0; i < 256; i++) close(i); for (;;) pause()",
            "closed",
        ),
        (
            "becoming.so",
            "char *a[] = {\"/bin/sleep\", \"30\", 0}; execv(a[0], a)",
            "closed",
        ),
    ] {
        let module = starting(directory.path(), name, what);
        let said = said(&sandbox.command_through(&module, &["keys", "list"]));
        assert!(!said.contains("signal"), "{name}: {said}");
        assert!(
            said.contains(name) && said.contains(ended),
            "{name}: {said}"
        );
    }
}

/// Frames are answers only where this program wrote them.
#[test]
fn what_a_module_writes_into_our_pipes_is_named_and_no_answer() {
    let sandbox = Sandbox::new();
    let directory = tempfile::tempdir().unwrap();
    let writing = starting(
        directory.path(),
        "writing.so",
        "for (int i = 3; i < 256; i++) write(i, \"garbage garbage garbage\\n\", 24)",
    );
    let zeros = starting(
        directory.path(),
        "zeros.so",
        "for (int i = 3; i < 256; i++) write(i, \"\\0\\0\\0\\0\\0\\0\\0\\0\", 8)",
    );
    for module in [writing, zeros] {
        for arguments in [
            &["keys", "list"][..],
            &["keys", "list", "--in-process"],
            &["doctor"],
        ] {
            let said = said(&sandbox.command_through(&module, arguments));
            let name = module.file_name().unwrap().to_str().unwrap();
            assert!(
                said.contains(name) && said.contains("wrote into"),
                "{name}: {arguments:?}: {said}"
            );
        }
    }
}

/// The process that a module forked is told of and ended with it; so is what waited for it.
#[test]
fn a_process_that_a_module_leaves_behind_is_named_and_ended() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("forked");
    let forking = format!(
        "if (!fork()) {{ int file = open(\"{}\", O_CREAT | O_WRONLY | O_APPEND, 0600); \
         dprintf(file, \"%d\\n\", getpid()); close(file); for (;;) pause(); }}",
        mark.display()
    );
    let hanging = format!("{forking} for (;;) pause()");
    for (name, what, works) in [
        ("forking.so", forking, true),
        ("hanging.so", hanging, false),
    ] {
        let module = starting(directory.path(), name, &what);
        for arguments in [
            &["doctor"][..],
            &["keys", "list", "--in-process"],
            &["keys", "list"],
        ] {
            let _ = fs::remove_file(&mark);
            let mut command = sandbox.command_through(&module, arguments);
            let output = output(command.args(["--module-limit", "2"]));
            assert_eq!(output.status.success(), works, "{arguments:?}: {output:?}");
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(
                said.contains(name) && said.contains("left a process behind"),
                "{name}: {arguments:?}: {said}"
            );
            let forked = fs::read_to_string(&mark).unwrap();
            for process in forked.lines() {
                wait_for_end(process);
            }
        }
    }
}

fn wait_for_end(process: &str) {
    let status = || fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let runs = || {
        status()
            .lines()
            .any(|line| line.starts_with("State:") && !line.contains('Z'))
    };
    let until = Instant::now() + Duration::from_secs(10);
    while runs() {
        assert!(Instant::now() < until, "process {process} is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A process that has the sockets of one that ended keeps nobody waiting.
#[test]
fn the_end_of_a_process_is_seen_though_another_has_its_sockets() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    let module = starting(
        directory.path(),
        "daemon.so",
        "if (!fork()) { setsid(); sleep(20); _exit(0); } _exit(0)",
    );
    let said = said(&sandbox.command_through(&module, &["keys", "list"]));
    assert!(
        said.contains("daemon.so ended this program (exit status 0)"),
        "{said}"
    );
}
