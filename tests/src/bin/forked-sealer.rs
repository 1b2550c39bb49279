//! Prepares a seal to a key of each suite, becomes two processes, and seals in both.
//!
//! A line for each seal: who sealed, by which suite, the encapsulated key and the ciphertext, and how
//! many prepared encapsulations are left, for `tests/tests/fork.rs` to compare.

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use openmls_hw_crypto::{HwCrypto, PreparedSeals, SUITES};
    use openmls_traits::crypto::OpenMlsCrypto;
    use openmls_traits::types::{Ciphersuite, HpkeKeyPair};

    const PARENTS: usize = 2;

    /// What was prepared for one suite.
    struct Prepared {
        suite: Ciphersuite,
        recipient: HpkeKeyPair,
        seals: PreparedSeals,
    }

    pub fn main() {
        let crypto = HwCrypto::default();
        let prepared: Vec<_> = SUITES
            .iter()
            .map(|suite| prepare(&crypto, suite.ciphersuite))
            .collect();
        match fork() {
            0 => seal(&crypto, "child", &prepared),
            child => {
                for _ in 0..PARENTS {
                    seal(&crypto, "parent", &prepared);
                }
                wait(child);
            }
        }
    }

    fn prepare(crypto: &HwCrypto, suite: Ciphersuite) -> Prepared {
        let config = suite.hpke_config();
        let ikm = (suite as u16).to_be_bytes().repeat(32);
        let recipient = crypto.derive_hpke_keypair(config, &ikm).unwrap();
        let keys = [&recipient.public; PARENTS];
        let seals = crypto.prepare_seals(suite.hpke_config().0, &keys).unwrap();
        Prepared {
            suite,
            recipient,
            seals,
        }
    }

    fn seal(crypto: &HwCrypto, who: &str, prepared: &[Prepared]) {
        for each in prepared {
            let config = each.suite.hpke_config();
            let public = &each.recipient.public;
            let sealed = crypto.hpke_seal(config, public, b"info", b"", who.as_bytes());
            let sealed = sealed.unwrap();
            let (enc, ciphertext) = (sealed.kem_output.as_slice(), sealed.ciphertext.as_slice());
            let unused = each.seals.unused();
            let suite = each.suite;
            println!("{who} {suite:?} {} {} {unused}", hex(enc), hex(ciphertext));
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn fork() -> libc::pid_t {
        // SAFETY: takes nothing. The child has this thread alone; it waits for none of the others,
        // which have done their work and hold no lock.
        let child = unsafe { libc::fork() };
        assert!(child >= 0, "no second process");
        child
    }

    fn wait(child: libc::pid_t) {
        let mut status = 0;
        // SAFETY: `child` is a child of this process, and `status` is an integer of its own.
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!((waited, status), (child, 0), "the child has sealed");
    }
}
