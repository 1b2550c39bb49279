//! Files that are no PKCS#11 module, and modules that do not start: each is named by a sentence of
//! its own, with what to do, in every command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::compiled::{compiled, library};
use crate::support::{Sandbox, module_path};

/// A module with as many functions as a test of its start needs; `START` is what C_Initialize
/// answers. It has no slots.
const MODULE: &str = r#"
#include <string.h>
typedef unsigned long number;
static number nothing(void) { return 0x54; }
static number start(void *arguments) { return START; }
static number information(unsigned char *out) { memset(out, ' ', 88); memset(out + 34, 0, 14); out[0] = 2; out[1] = 40; return 0; }
static number slots(unsigned char present, number *list, number *count) { *count = 0; return 0; }
static struct { unsigned char version[2]; void *functions[68]; } list = { { 2, 40 } };
number C_GetFunctionList(void **out) {
    for (int i = 0; i < 68; i++) list.functions[i] = nothing;
    list.functions[0] = start;
    list.functions[2] = information;
    list.functions[3] = C_GetFunctionList;
    list.functions[4] = slots;
    *out = &list;
    return 0;
}
"#;

/// A module, and what is said of it.
struct Case {
    module: PathBuf,
    said: &'static [&'static str],
}

impl Case {
    fn new(module: PathBuf, said: &'static [&'static str]) -> Self {
        Self { module, said }
    }
}

/// SoftHSM's module made for another machine, by its ELF header.
fn foreign(directory: &Path) -> PathBuf {
    let mut bytes = fs::read(module_path()).unwrap();
    // e_machine: aarch64, or x86_64 where this is aarch64.
    bytes[18] = if bytes[18] == 183 { 62 } else { 183 };
    written(directory, "foreign.so", &bytes)
}

fn written(directory: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, content).unwrap();
    path
}

/// What cannot be loaded at all.
fn unloadable(directory: &Path) -> Vec<Case> {
    let missing = directory.join("none.so");
    let gone = library(directory, "libgone.so", "int gone(void) { return 1; }", &[]);
    let needs = "extern int gone(void); int there(void) { return gone(); }";
    let place = format!("-L{}", directory.display());
    let dependent = library(directory, "dependent.so", needs, &[&place, "-lgone"]);
    fs::remove_file(gone).unwrap();
    let undefined = "extern int nowhere; int *there = &nowhere;";
    let refusing = "unsigned long C_GetFunctionList(void **out) { return 5; }";
    let null = "unsigned long C_GetFunctionList(void **out) { *out = 0; return 0; }";
    let pipe = directory.join("pipe.so");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    vec![
        Case::new(missing, &["there is no PKCS#11 module at", "install"]),
        Case::new(directory.into(), &["it is a directory", "name the library"]),
        Case::new(written(directory, "empty.so", b""), &["the file is empty"]),
        Case::new(
            written(
                directory,
                "text.so",
                b"/* GNU ld script */ INPUT(libsofthsm2.so)\n",
            ),
            &["no shared library"],
        ),
        Case::new(foreign(directory), &["it is for ", "this program is for "]),
        Case::new(
            compiled(directory, "object.o", "int there;", &["-c"]),
            &["a program or an object file"],
        ),
        Case::new(
            compiled(directory, "program", "int main(void) { return 0; }", &[]),
            &["it is a program, not a library"],
        ),
        Case::new(dependent, &["libgone.so", "not installed", "ldd"]),
        Case::new(
            library(directory, "undefined.so", undefined, &[]),
            &["nowhere", "ldd -r"],
        ),
        Case::new(
            library(directory, "library.so", "int there;", &[]),
            &["none of PKCS#11", "C_GetFunctionList"],
        ),
        Case::new(pipe, &["a pipe or a device", "a regular file"]),
        Case::new(
            library(directory, "null.so", null, &[]),
            &["no list of its functions", "a null address"],
        ),
        Case::new(
            library(directory, "refusing.so", refusing, &[]),
            &["no list of its functions", "GetFunctionList"],
        ),
    ]
}

/// What is loaded and does not start.
fn unstartable(directory: &Path) -> Vec<Case> {
    let starting =
        |name: &str, code: &str| library(directory, name, MODULE, &[&format!("-DSTART={code}")]);
    vec![
        Case::new(
            starting("device.so", "0x30"),
            &[
                "C_Initialize returned CKR_DEVICE_ERROR",
                "its daemon running",
            ],
        ),
        Case::new(
            starting("general.so", "5"),
            &["CKR_GENERAL_ERROR", "its daemon running"],
        ),
        Case::new(
            starting("parameters.so", "7"),
            &["CKR_ARGUMENTS_BAD", "--module-parameters"],
        ),
        Case::new(
            starting("lonely.so", "0"),
            &["no token at all", "connect the device"],
        ),
    ]
}

/// A configuration of the service with the module.
fn configuration(sandbox: &Sandbox, module: &Path) -> PathBuf {
    let path = |name| sandbox.path(name).display().to_string();
    let text = format!(
        "process.allow_root = true\n\
         listen.unix.path = {:?}\n\
         store.url = \"sqlite:{}\"\n\
         [[tenants]]\nname = \"a\"\n\
         [[tenants.tokens]]\nname = \"a\"\nmodule = {:?}\ntoken_label = \"removal\"\npin_file = {:?}\n\
         [[callers]]\nname = \"me\"\nunix_uids = [0]\ntenants = [\"a\"]\nmay = [\"read-keys\"]\n",
        path("socket"),
        path("store.db"),
        module.display(),
        path("pin"),
    );
    sandbox.write("signer.toml", &text, 0o600)
}

/// What each command says of the module; none succeeds.
fn said_by_every_command(sandbox: &Sandbox, module: &Path) -> Vec<(String, String)> {
    let configuration = configuration(sandbox, module);
    let configuration = configuration.to_str().unwrap();
    let mut commands = vec![
        sandbox.command_through(module, &["keys", "list"]),
        sandbox.command_through(module, &["keys", "generate", "--in-process"]),
        sandbox.command_through(module, &["doctor", "--module-limit", "2"]),
        sandbox.command(&[
            "serve",
            "--config",
            configuration,
            "--check",
            "--module-limit",
            "2",
        ]),
        sandbox.command(&["serve", "--config", configuration]),
    ];
    let mut init = sandbox.command(&["token", "init", "--label", "a", "--module-limit", "2"]);
    init.arg("--module").arg(module);
    init.arg("--so-pin-file").arg(sandbox.path("so-pin"));
    init.arg("--pin-file").arg(sandbox.path("pin"));
    commands.push(init);
    let said = |mut command: Command| {
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}: {text}");
        (format!("{command:?}"), text)
    };
    commands.into_iter().map(said).collect()
}

#[test]
fn what_cannot_be_loaded_is_named() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    for case in unloadable(directory.path()) {
        for (command, text) in said_by_every_command(&sandbox, &case.module) {
            for said in case.said {
                assert!(text.contains(said), "{said}: {command}: {text}");
            }
            let path = case.module.file_name().unwrap().to_str().unwrap();
            assert!(text.contains(path), "{command}: {text}");
        }
    }
}

#[test]
fn what_does_not_start_is_named() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    for case in unstartable(directory.path()) {
        for (command, text) in said_by_every_command(&sandbox, &case.module) {
            let making = command.contains("\"init\"") && case.said[0].starts_with("no token");
            let said: &[_] = if making {
                &["no slot with a token in it", "connect the device"]
            } else {
                case.said
            };
            for said in said {
                assert!(text.contains(said), "{said}: {command}: {text}");
            }
        }
    }
}

#[test]
fn what_crashes_or_hangs_as_it_is_loaded_is_survived_and_named() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    let crashing = "#include <stdlib.h>\n\
                    __attribute__((constructor)) static void loaded(void) { abort(); }";
    let crashing = library(directory.path(), "crashing.so", crashing, &[]);
    let hanging = "#include <unistd.h>\n\
                   __attribute__((constructor)) static void loaded(void) { for (;;) pause(); }";
    let hanging = library(directory.path(), "hanging.so", hanging, &[]);
    let lazy = "extern unsigned long nowhere(void);\n\
                unsigned long C_GetFunctionList(void **out) { return nowhere(); }";
    let lazy = library(directory.path(), "lazy.so", lazy, &["-Wl,-z,lazy"]);
    for (module, supervised, isolated) in [
        (crashing, "crashed (signal 6)", "crashed (signal 6)"),
        (
            hanging,
            "did not answer within 2 s",
            "did not start within ",
        ),
        (
            lazy,
            "a function that no library here has",
            "a function that no library here has",
        ),
    ] {
        let configuration = configuration(&sandbox, &module);
        let configuration = configuration.to_str().unwrap();
        let limit = ["--module-limit", "2"];
        let check = ["serve", "--config", configuration, "--check"];
        let serve = ["serve", "--config", configuration];
        for (mut command, said) in [
            (sandbox.command_through(&module, &["doctor"]), supervised),
            (sandbox.command(&check), supervised),
            (
                sandbox.command_through(&module, &["keys", "list"]),
                isolated,
            ),
            (sandbox.command(&serve), isolated),
        ] {
            let output = command.args(limit).output().unwrap();
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8(text).unwrap();
            assert_eq!(output.status.code(), Some(1), "{command:?}: {text}");
            assert!(text.contains(said), "{command:?}: {text}");
            assert!(
                text.contains(module.to_str().unwrap()),
                "{command:?}: {text}"
            );
        }
    }
}

/// C_Initialize and what is before it may end the process with the code of success.
#[test]
fn a_module_that_ends_the_process_is_no_success_and_is_named() {
    let sandbox = Sandbox::empty();
    let directory = tempfile::tempdir().unwrap();
    let early = "#include <stdlib.h>\n\
                 __attribute__((constructor)) static void loaded(void) { exit(0); }";
    let early = library(directory.path(), "early.so", early, &[]);
    let starting = MODULE.replace("return START", "exit(0)");
    let starting = format!("#include <stdlib.h>\n{starting}");
    let starting = library(directory.path(), "starting.so", &starting, &[]);
    let listing = MODULE.replace("*count = 0; return 0;", "_exit(0);");
    let listing = format!("#include <unistd.h>\n{listing}");
    let listing = library(directory.path(), "listing.so", &listing, &["-DSTART=0"]);
    let mut commands = 0;
    for module in [early, starting, listing] {
        for (command, text) in said_by_every_command(&sandbox, &module) {
            let ended = "ended this program (exit status 0)";
            assert!(text.contains(ended), "{command}: {text}");
            assert!(text.contains(module.to_str().unwrap()), "{command}: {text}");
            commands += 1;
        }
    }
    assert_eq!(commands, 3 * 6);
}

/// What is done is done, however the process ends then; and what is not is not.
#[test]
fn the_exit_code_is_the_commands_and_not_the_modules() {
    let sandbox = Sandbox::new();
    let directory = tempfile::tempdir().unwrap();
    for (name, code) in [("zero.so", 0), ("seven.so", 7)] {
        let ending = format!(
            "#include <unistd.h>\n\
             __attribute__((destructor)) static void ended(void) {{ _exit({code}); }}\n{BESIDE_SOFTHSM}"
        );
        let softhsm = softhsm();
        let module = library(directory.path(), name, &ending, &["-ldl", "-w", &softhsm]);
        let mut listing = sandbox.command_through(&module, &["keys", "list", "--in-process"]);
        let output = listing.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let mut doctor = sandbox.command_through(&module, &["doctor"]);
        let output = doctor.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "no key: {output:?}");
    }
}

fn softhsm() -> String {
    format!("-DSOFTHSM=\"{}\"", module_path().display())
}

/// SoftHSM's module with another C_Initialize, `start`, which calls `real`.
const BESIDE_SOFTHSM: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
typedef unsigned long number;
typedef struct { unsigned char version[2]; number (*functions[68])(); } functions;
static functions list, *real;
static number start(void *arguments) {
#ifdef PRINTS
    printf("hello from the vendor\n{\"x\":1}\n");
    fprintf(stderr, "vendor's \033[31mnoise\n");
    fflush(0);
#endif
    return real->functions[0](arguments);
}
typedef struct { number kind; void *value; number length; } attribute;
static number attributes(number session, number object, attribute *all, number count) {
    number code = real->functions[24](session, object, all, count);
    for (number i = 0; i < count; i++)
        if (!all[i].value && all[i].length != -1UL) all[i].length = 0x7fffffffffffUL;
    return code;
}
number C_GetFunctionList(void **out) {
    void *library = dlopen(SOFTHSM, RTLD_NOW);
    ((number (*)())dlsym(library, "C_GetFunctionList"))(&real);
    list = *real;
    list.functions[0] = start;
#ifdef LIES
    list.functions[24] = attributes;
#endif
    *out = &list;
    return 0;
}
"#;

/// Programs read standard output, and terminals obey what is on either.
#[test]
fn what_a_module_prints_is_named_and_is_no_result() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let directory = tempfile::tempdir().unwrap();
    let softhsm = softhsm();
    let arguments = ["-DPRINTS", "-ldl", "-w", &softhsm];
    let module = library(directory.path(), "printing.so", BESIDE_SOFTHSM, &arguments);
    let configuration = configuration(&sandbox, &module);
    let check = [
        "serve",
        "--check",
        "--config",
        configuration.to_str().unwrap(),
    ];
    let mut commands = vec![
        sandbox.command_through(&module, &["doctor"]),
        sandbox.command_through(&module, &["keys", "list"]),
        sandbox.command_through(&module, &["keys", "list", "--in-process"]),
        sandbox.command(&check),
    ];
    for command in &mut commands {
        let output = command.arg("--json").output().unwrap();
        let result = serde_json::from_slice::<serde_json::Value>(&output.stdout);
        assert!(result.is_ok(), "{command:?}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let named = said.lines().filter(|line| line.contains("printing.so"));
        let noise = named.filter(|line| line.contains("noise")).count();
        assert_eq!(noise, 1, "{command:?}: {said}");
        assert!(!said.contains('\u{1b}'), "{command:?}: {said}");
        for line in said.lines() {
            let read = serde_json::from_str::<serde_json::Value>(line);
            assert!(read.is_ok(), "{command:?}: {line}");
        }
    }
}

/// The memory that it asks for is nowhere, and the process that holds it ends.
#[test]
fn a_module_that_lies_about_lengths_is_named() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let directory = tempfile::tempdir().unwrap();
    let softhsm = softhsm();
    let arguments = ["-DLIES", "-ldl", "-w", &softhsm];
    let module = library(directory.path(), "lying.so", BESIDE_SOFTHSM, &arguments);
    for arguments in [
        &["keys", "list"][..],
        &["keys", "list", "--in-process"],
        &["doctor"],
    ] {
        let output = sandbox
            .command_through(&module, arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let named = |line: &&str| line.starts_with("error:") || line.starts_with("FAILED");
        let error = said.lines().find(named);
        let error = error.unwrap_or_else(|| panic!("{arguments:?}: {said}"));
        assert!(error.contains("lying.so"), "{arguments:?}: {error}");
    }
}
