//! The process that holds the module: killed, stopped, tight, and gone with its parent.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mls_fault_module::{Faults, library};
use mls_hsm_signer::engine::{Engine, EngineError, SourceConfig};
use mls_hsm_signer::failure::RecoveryStep;
use mls_hsm_signer::isolation::{IsolatedToken, Worker};
use mls_hsm_signer::token::{Access, KeyClass, Protection};
use mls_hsm_signer::{Error, KeySelector, KeySpec, SCHEMES, Token, keys};
use rustix::process::{DumpableBehavior, Pid, Signal, dumpable_behavior, kill_process};

use crate::support::engine::{
    FaultyToken, count_valid, new_private_key, patience, pin, requests, setup, sign_all, start,
    steps, wait_for, worker,
};
use crate::support::{PIN, Sandbox, TestToken, module_path, verified};

/// How often the child is killed is said by this variable; in `make test` a few times.
const KILLS: &str = "MLS_HSM_KILLS";
const FEW_KILLS: usize = 15;

/// How long the engine may take to be well again.
const SOON: Duration = Duration::from_secs(60);

/// The child is killed at random moments as eight threads sign: every request is answered by a signature, and each signature is right.
#[test]
fn a_child_killed_at_random_loses_nothing() {
    let kills = std::env::var(KILLS).map_or(FEW_KILLS, |kills| kills.parse().unwrap());
    let token = TestToken::with_keys();
    let engine = start(vec![SourceConfig::isolated(
        setup(&token, 4),
        worker(),
        pin(),
    )]);
    let (stop, signed) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    signed.fetch_add(sign_some(&engine), Ordering::SeqCst);
                }
            });
        }
        kill_at_random(&engine, kills);
        stop.store(true, Ordering::SeqCst);
    });
    wait_for(&engine, SOON, |health| health.healthy);
    let restarts = steps(&engine, RecoveryStep::Restart);
    println!(
        "{kills} kills, {restarts} restarts, {} signatures",
        signed.load(Ordering::SeqCst)
    );
    assert!(restarts as usize >= kills, "each was started anew");
    assert!(signed.load(Ordering::SeqCst) > 0);
}

fn sign_some(engine: &Engine) -> usize {
    let requests = requests(&engine.keys(), 3);
    let results = engine.sign_batch(requests.clone(), patience());
    let failures: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
    assert!(failures.is_empty(), "lost: {failures:?}");
    count_valid(&requests, &results)
}

/// Kills each child once, three of four while they sign and the fourth as soon as it is
/// there.
fn kill_at_random(engine: &Engine, kills: usize) {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut killed = 0;
    for number in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let is_new = |process: Option<u32>| process.is_some_and(|process| process != killed);
        wait_for(engine, SOON, |health| is_new(health.sources[0].process));
        if number % 4 != 3 {
            wait_for(engine, SOON, |health| health.healthy);
            std::thread::sleep(Duration::from_micros(random % 30_000));
        }
        killed = child(engine);
        signal(killed, Signal::KILL);
    }
}

fn child(engine: &Engine) -> u32 {
    engine.health().sources[0].process.unwrap()
}

fn signal(process: u32, signal: Signal) {
    let process = Pid::from_raw(process as i32).unwrap();
    // It may have ended in this moment.
    let _ = kill_process(process, signal);
}

/// What a process has in a TPM and does not give back is lost to those after it.
#[test]
fn a_process_ends_with_the_login_and_the_module() {
    let token = FaultyToken::new();
    token.set(&["C_Logout log", "C_Finalize log"]);
    let isolated = IsolatedToken::open(token.setup(2), worker(), &pin()).unwrap();
    let session = isolated.session(Access::Use).unwrap();
    assert!(token.faults.log().is_empty());
    drop(isolated);
    drop(session);
    assert_eq!(token.faults.log(), ["C_Logout", "C_Finalize"]);
    drop(token.engine(3));
    assert_eq!(token.faults.log()[2..], ["C_Logout", "C_Finalize"]);
}

#[test]
fn a_module_that_does_not_end_is_ended() {
    for rule in ["C_Logout hang", "C_Finalize hang"] {
        let token = FaultyToken::new();
        let engine = token.engine(2);
        let child = child(&engine);
        token.set(&[rule]);
        drop(engine);
        assert!(!Path::new(&format!("/proc/{child}")).exists(), "{rule}");
    }
}

/// A stopped process is a hung HSM: its calls neither end nor fail.
#[test]
fn a_stopped_child_is_replaced() {
    let token = TestToken::with_keys();
    let engine = start(vec![SourceConfig::isolated(
        setup(&token, 3),
        worker(),
        pin(),
    )]);
    for _ in 0..2 {
        let stopped = child(&engine);
        signal(stopped, Signal::STOP);
        sign_all(&engine, 3);
        assert_ne!(child(&engine), stopped);
    }
}

/// A caller in a hurry gets no signature, and the child is not blamed.
#[test]
fn a_short_deadline_ends_no_child() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(2);
    faulty.set(&["C_Sign delay 30000"]);
    let key = engine.keys()[0].clone();
    let first = child(&engine);
    for microseconds in [1, 50, 500, 1_000, 5_000, 10_000, 20_000] {
        for _ in 0..3 {
            let deadline = Instant::now() + Duration::from_micros(microseconds);
            let error = engine.sign(&key, b"message", deadline).unwrap_err();
            assert!(
                matches!(error, EngineError::DeadlinePassed { .. }),
                "{error}"
            );
        }
    }
    sign_all(&engine, 1);
    assert_eq!(child(&engine), first, "{:?}", engine.health());
}

#[test]
fn all_of_the_seam_works_over_it() {
    let token = TestToken::new();
    let isolated = IsolatedToken::open(setup(&token, 2), worker(), &pin()).unwrap();
    assert!(isolated.module().contains("SoftHSM"));
    let isolated: Arc<dyn Token> = Arc::new(isolated);
    assert_eq!(isolated.identity().serial, token.identity().serial);
    for scheme in SCHEMES {
        let made = keys::generation::rotate(&isolated, scheme).unwrap();
        assert_eq!(made.object().protection(), Protection::MadeInToken);
        let outside = new_private_key(scheme);
        let spec = KeySpec::with_random_id(scheme, &format!("imported {}", scheme.name)).unwrap();
        let imported = keys::import(&isolated, &spec, &outside).unwrap();
        assert_eq!(imported.public_key(), outside.public_key());
    }
    assert_eq!(
        keys::list(isolated.as_ref(), &KeySelector::any())
            .unwrap()
            .len(),
        8
    );
    let manage = isolated.session(Access::Manage).unwrap();
    let selector = KeySelector::label("imported ed25519");
    let private = manage.find(KeyClass::Private, &selector).unwrap()[0];
    manage.relabel(private, "renamed").unwrap();
    assert_eq!(manage.read(private).unwrap().label, "renamed");
    manage.destroy(private).unwrap();
    assert!(manage.read(private).is_err());
}

#[test]
fn a_handle_that_was_never_given_out_is_refused() {
    let (one, another) = (TestToken::with_keys(), TestToken::new());
    let open = |token: &TestToken| IsolatedToken::open(setup(token, 1), worker(), &pin()).unwrap();
    let (one, another) = (open(&one), open(&another));
    let session = one.session(Access::Use).unwrap();
    let handle = session
        .find(KeyClass::Private, &KeySelector::any())
        .unwrap()[0];
    let error = another
        .session(Access::Use)
        .unwrap()
        .read(handle)
        .unwrap_err();
    assert!(
        error.to_string().contains("CKR_OBJECT_HANDLE_INVALID"),
        "{error}"
    );
}

#[test]
fn a_program_that_is_no_worker_is_an_error() {
    let token = TestToken::new();
    for program in [
        "/bin/true",
        "/bin/cat",
        "/bin/sleep",
        "/nonexistent/program",
        "/dev/null",
    ] {
        let mut setup = setup(&token, 1);
        setup.start_limit = Duration::from_secs(2);
        let opened = IsolatedToken::open(setup, Worker::program(program), &pin());
        let error = opened.unwrap_err();
        assert!(matches!(error, Error::Process(_)), "{program}: {error}");
    }
}

#[test]
fn a_module_that_is_none_is_named() {
    let token = TestToken::new();
    for (module, says) in [
        ("/nonexistent/module.so", "there is no PKCS#11 module"),
        ("/etc/passwd", "cannot be loaded"),
    ] {
        let mut setup = setup(&token, 1);
        setup.module = module.into();
        let error = IsolatedToken::open(setup, worker(), &pin()).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn neither_process_can_be_dumped() {
    let faulty = FaultyToken::new();
    faulty.set(&["C_Initialize describe"]);
    let _engine = faulty.engine(1);
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    let described = faulty.faults.described().unwrap();
    assert!(described.contains("\ndumpable 0\n"), "{described}");
}

/// The parent has the PIN in its environment; the child has it nowhere to be seen.
#[test]
fn the_pin_is_in_no_argument_and_no_environment_of_the_child() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let faults = Faults::install(&library().unwrap(), &sandbox.path(""), module_path()).unwrap();
    faults.set(&["C_Initialize describe"]).unwrap();
    let output = sandbox
        .command(&[
            "keys",
            "list",
            "--pin-env",
            "THE_PIN",
            "--token-label",
            "removal",
        ])
        .arg("--module")
        .arg(faults.module())
        .env("THE_PIN", PIN)
        .env("ANOTHER", "variable")
        .env("RUST_LOG", "trace")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let described = faults.described().unwrap();
    assert!(described.contains("argument module-worker"), "{described}");
    assert!(described.contains("variable ANOTHER=variable"));
    assert!(!described.contains(PIN) && !described.contains("THE_PIN"));
    let logged = String::from_utf8_lossy(&output.stderr);
    assert!(
        logged.contains("process was started") && !logged.contains(PIN),
        "{logged}"
    );
}

/// The parent is killed, which leaves it no time to see to its child.
#[test]
fn the_child_dies_with_its_parent() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let faults = Faults::install(&library().unwrap(), &sandbox.path(""), module_path()).unwrap();
    faults
        .set(&["C_Sign hang", "C_Initialize describe"])
        .unwrap();
    let arguments = [
        "propose-remove",
        "--scheme",
        "ed25519",
        "--group-id",
        "00",
        "--epoch",
        "1",
    ];
    let mut parent: Command = sandbox.command_through(&faults.module(), &arguments);
    parent.args(["--leaf-index", "1"]);
    let mut parent = parent.stdout(Stdio::null()).spawn().unwrap();
    let child = wait_for_pid(&faults);
    assert!(Path::new(&format!("/proc/{child}")).exists());
    parent.kill().unwrap();
    parent.wait().unwrap();
    let until = Instant::now() + SOON;
    while is_running(child) {
        assert!(
            Instant::now() < until,
            "process {child} outlives its parent"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn wait_for_pid(faults: &Faults) -> u32 {
    let until = Instant::now() + SOON;
    loop {
        if let Some(described) = faults.described() {
            let line = described.lines().next().unwrap();
            return line.strip_prefix("pid ").unwrap().parse().unwrap();
        }
        assert!(Instant::now() < until, "the module was not loaded");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A process whose parent is gone may remain as a zombie where nobody waits for it.
fn is_running(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// While the module of one process is gone, another process that uses the same token is not
/// disturbed.
#[test]
fn other_users_of_the_token_are_left_alone() {
    let token = TestToken::with_keys();
    let engine = start(vec![SourceConfig::isolated(
        setup(&token, 2),
        worker(),
        pin(),
    )]);
    let here = crate::support::open(&token.open(), &SCHEMES[0]);
    signal(child(&engine), Signal::KILL);
    here.self_test().unwrap();
    sign_all(&engine, 2);
    let key = engine.current_key(&SCHEMES[0]).unwrap();
    assert_eq!(key.public_key(), here.public_key());
    let signature = engine.sign(&key, b"both", patience()).unwrap();
    assert!(verified(
        &SCHEMES[0],
        here.public_key(),
        b"both",
        &signature
    ));
}
