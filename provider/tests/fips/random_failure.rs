//! The operating system's random bytes fail: no key comes out.
//!
//! The module asks for them through the C library's `syscall`, which a small library in front
//! of it refuses once a file says so. The drill is for Linux with glibc.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{Ciphersuite, SignatureScheme};

/// Names the file whose presence makes `getrandom` fail.
const FILE: &str = "MLS_FIPS_NO_RANDOM";

const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...) {
    static long (*next)(long, ...);
    const char *file = getenv("MLS_FIPS_NO_RANDOM");
    long a[6];
    va_list arguments;
    if (number == SYS_getrandom && file && access(file, F_OK) == 0) {
        static const char said[] = "the drill refuses getrandom\n";
        if (write(2, said, sizeof said - 1) < 0) { }
        errno = EIO;
        return -1;
    }
    if (!next) next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    va_start(arguments, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(arguments, long);
    va_end(arguments);
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
"#;

/// A folder of this test's own, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mls-fips-random-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn shim(&self) -> PathBuf {
        let (source, library) = (self.0.join("shim.c"), self.0.join("shim.so"));
        fs::write(&source, SHIM).unwrap();
        // Where the tests are emulated, gcc is for the processor that emulates.
        let compiler = std::env::var_os("MLS_TEST_CC").unwrap_or_else(|| "gcc".into());
        let compiled = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(&source)
            .arg("-ldl")
            .output()
            .expect("a C compiler (apt-get install gcc libc6-dev)");
        assert!(compiled.status.success(), "{compiled:?}");
        library
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn child(shim: &Path, file: &Path) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("random_failure::in_child_keys_are_generated")
        .env("LD_PRELOAD", shim)
        .env(FILE, file)
        .output()
        .unwrap()
}

#[test]
fn without_randomness_there_is_no_key() {
    let folder = Folder::new();
    let shim = folder.shim();
    let none = child(&shim, &folder.0.join("never"));
    let keys = |output: &Output| {
        String::from_utf8_lossy(&output.stdout)
            .matches("KEY")
            .count()
    };
    assert_eq!(keys(&none), 4, "{none:?}");
    assert!(none.status.success(), "{none:?}");
    let failing = folder.0.join("fail");
    let output = child(&shim, &failing);
    let said = String::from_utf8_lossy(&output.stderr);
    println!("{}: {said}", output.status);
    assert!(said.contains("the drill refuses getrandom"), "{said}");
    assert_eq!(keys(&output), 0, "{output:?}");
}

/// Makes the file, so that what comes now fails and the start did not; then generates keys on
/// a thread of its own, whose generator is not seeded yet.
#[test]
#[ignore = "run in a child process"]
fn in_child_keys_are_generated() {
    let crypto = HwCrypto::fips().unwrap();
    let file = PathBuf::from(std::env::var_os(FILE).unwrap());
    if file.ends_with("fail") {
        fs::write(file, "").unwrap();
    }
    std::thread::spawn(move || generate(&crypto))
        .join()
        .unwrap();
}

fn generate(crypto: &HwCrypto) {
    let suite = Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;
    let recipient = crypto.derive_hpke_keypair(suite.hpke_config(), &[5; 32]);
    let recipient = recipient.unwrap().public;
    let say = |what: &str, good: bool| match good {
        true => println!("KEY {what}"),
        false => println!("refused {what}"),
    };
    let scheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
    say("signature", crypto.signature_key_gen(scheme).is_ok());
    let config = || suite.hpke_config();
    say("hpke", crypto.generate_hpke_keypairs(config(), 1).is_ok());
    let sealed = crypto.hpke_seal(config(), &recipient, b"", b"", b"text");
    say("ephemeral", sealed.is_ok());
    let random = openmls_traits::random::OpenMlsRand::random_vec(crypto, 32);
    say("random", random.is_ok());
}
