//! Runs every backend with all scalars marked as undefined, under valgrind or
//! MemorySanitizer: a branch or an address that depends on one is reported.
//!
//! The program `check` runs them; `leak` takes such a branch itself, which must be
//! reported. `run.sh` does both.

use mls_lanes::{Backend, Error, SharedSecret, p256, x25519};

const BATCH: usize = 11;

#[cfg(secret_flow = "valgrind")]
mod mark {
    /// `VALGRIND_MAKE_MEM_UNDEFINED` of memcheck.h.
    const UNDEFINED: usize = 0x4d43_0001;
    /// `VALGRIND_MAKE_MEM_DEFINED` of memcheck.h.
    const DEFINED: usize = 0x4d43_0002;

    pub fn secret<T: ?Sized>(value: &mut T) {
        request(UNDEFINED, value);
    }

    pub fn public<T: ?Sized>(value: &mut T) {
        request(DEFINED, value);
    }

    fn request<T: ?Sized>(what: usize, value: &mut T) {
        let address = core::ptr::from_mut(value).addr();
        let request = [what, address, size_of_val(value), 0, 0, 0];
        // SAFETY: the instructions of valgrind.h's client request for x86-64, which
        // change nothing but rdx, and the shadow of the value under valgrind.
        unsafe {
            core::arch::asm!(
                "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
                in("rax") &raw const request, inout("rdx") 0_usize => _,
            );
        }
    }
}

#[cfg(secret_flow = "msan")]
mod mark {
    use core::ffi::c_void;

    unsafe extern "C" {
        fn __msan_allocated_memory(address: *const c_void, size: usize);
        fn __msan_unpoison(address: *const c_void, size: usize);
    }

    pub fn secret<T: ?Sized>(value: &mut T) {
        // SAFETY: the address and the size are those of a value borrowed mutably.
        unsafe { __msan_allocated_memory(core::ptr::from_mut(value).cast(), size_of_val(value)) };
    }

    pub fn public<T: ?Sized>(value: &mut T) {
        // SAFETY: the address and the size are those of a value borrowed mutably.
        unsafe { __msan_unpoison(core::ptr::from_mut(value).cast(), size_of_val(value)) };
    }
}

fn secret_scalars() -> [[u8; 32]; BATCH] {
    let mut scalars = core::array::from_fn(|i| [i as u8 + 1; 32]);
    mark::secret(&mut scalars);
    scalars
}

fn results<T>() -> [Result<T, Error>; BATCH] {
    core::array::from_fn(|_| Err(Error::NotComputed))
}

/// Asserts that every element has a result, whose bytes are public from now on.
fn publish<T>(mut results: [Result<T, Error>; BATCH]) -> [T; BATCH] {
    for result in &mut results {
        match result {
            Ok(value) => mark::public(value),
            Err(error) => panic!("{error}"),
        }
    }
    results.map(|result| result.unwrap_or_else(|error| panic!("{error}")))
}

/// Runs all operations of a backend on secret scalars.
pub fn run(backend: Backend) {
    let mut keys = results();
    x25519::public_keys(backend, &secret_scalars(), &mut keys).unwrap();
    let keys: [[u8; 32]; BATCH] = publish(keys);
    let mut secrets = results::<SharedSecret>();
    x25519::diffie_hellman(backend, &secret_scalars(), &keys, &mut secrets).unwrap();
    assert!(publish(secrets)[0].as_bytes() != &[0; 32]);

    let mut keys = results();
    p256::public_keys(backend, &secret_scalars(), &mut keys).unwrap();
    let keys: [[u8; 65]; BATCH] = publish(keys);
    let mut secrets = results::<SharedSecret>();
    p256::diffie_hellman(backend, &secret_scalars(), &keys, &mut secrets).unwrap();
    assert!(publish(secrets)[0].as_bytes() != &[0; 32]);
    println!("checked: {backend}");
}

/// A branch on a secret, to see that the checker sees it.
pub fn leak() {
    let scalars = secret_scalars();
    if std::hint::black_box(&scalars)[3][5] & 1 == 1 {
        println!("a secret bit is set");
    }
}
