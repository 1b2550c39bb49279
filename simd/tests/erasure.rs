//! What a batch leaves behind: no word of a scalar and none of a shared secret, on
//! the dead stack or in a vector register.
//!
//! A thread calls a batch function. Right after, its vector registers and the stack
//! below it are copied and searched for each 64-bit word of each scalar, as given and
//! as the kernels hold it (clamped, or made odd, in one lane or another), and of each
//! shared secret, as a caller reads it and in limbs of 51 and 52 bits. A call that
//! leaves such words on purpose has to be found out by the same search. Stacks of
//! optimised and of unoptimised code differ: run it with `--release` too.
//!
//! Not searched: the general registers, which the next call overwrites.
#![cfg(target_arch = "x86_64")]

use std::{arch::asm, collections::BTreeMap, hint::black_box, thread};

use mls_lanes::{Backend, Error, SharedSecret, outputs, p256, x25519};

mod common;
use common::{Randomness, hex};

/// How much of the stack is searched, in bytes: far more than a batch uses.
const DEPTH: usize = 512 * 1024;
/// Whole groups of every backend, and a part of one.
const BATCH: usize = 139;
/// The vector registers of the largest kind: 32 of 64 bytes.
const REGISTERS: usize = 32 * 64;

/// What to look for is kept inverted, so that looking does not put it there.
type Needles = BTreeMap<u64, String>;

/// What a thread left: its vector registers, then its dead stack.
struct Remains {
    registers: Vec<u8>,
    stack: Vec<u8>,
}

impl Remains {
    /// Runs `work` on a thread of its own and takes what it leaves.
    fn of(work: impl FnOnce() + Send) -> Self {
        let (mut registers, mut stack) = (vec![0; REGISTERS], vec![0; DEPTH]);
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(4 * DEPTH);
            let thread = builder.spawn_scoped(scope, || {
                call(work);
                copy_registers(&mut registers);
                copy_dead_stack(&mut stack);
            });
            thread
                .expect("a thread starts")
                .join()
                .expect("it ends well");
        });
        Self { registers, stack }
    }

    /// How often each thing looked for occurs, at any byte.
    fn search(&self, needles: &Needles) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for (place, bytes) in [("registers", &self.registers), ("stack", &self.stack)] {
            for window in bytes.windows(8) {
                let word = u64::from_le_bytes(window.try_into().expect("eight bytes"));
                if let Some(name) = needles.get(&!word) {
                    *found.entry(format!("{name}, {place}")).or_default() += 1;
                }
            }
        }
        found
    }
}

#[inline(never)]
fn call(work: impl FnOnce()) {
    work();
}

/// Stores all vector registers that the CPU has.
#[inline(always)]
fn copy_registers(to: &mut [u8]) {
    assert!(to.len() >= REGISTERS);
    macro_rules! store {
        ($instruction:literal, $kind:literal, $bytes:literal: $($register:literal)*) => {
            // SAFETY: the CPU has the registers, as was asked; they are stored within
            // the slice, and nothing else is touched.
            unsafe {
                asm!($(concat!($instruction, " [{to} + ", $bytes, " * ", $register, "], ",
                    $kind, $register)),*, to = in(reg) to.as_mut_ptr(),
                    options(nostack, preserves_flags));
            }
        };
    }
    if is_x86_feature_detected!("avx512f") {
        store!("vmovdqu64", "zmm", "64":
            "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15"
            "16" "17" "18" "19" "20" "21" "22" "23" "24" "25" "26" "27" "28" "29" "30" "31");
    } else if is_x86_feature_detected!("avx2") {
        store!("vmovdqu", "ymm", "32":
            "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15");
    } else {
        store!("movdqu", "xmm", "16":
            "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15");
    }
}

/// Copies what lies below the caller's frame.
#[inline(always)]
fn copy_dead_stack(to: &mut [u8]) {
    let top: usize;
    // SAFETY: reads the stack pointer.
    unsafe { asm!("mov {}, rsp", out(reg) top, options(nomem, nostack, preserves_flags)) };
    let bottom = top - to.len();
    for (i, byte) in to.iter_mut().enumerate() {
        // SAFETY: the thread's stack is four times as large and mapped.
        *byte = unsafe { core::ptr::with_exposed_provenance::<u8>(bottom + i).read_volatile() };
    }
}

fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let (words, _) = bytes.as_chunks::<8>();
    core::array::from_fn(|i| u64::from_le_bytes(words[i]))
}

/// The limbs of so many bits of a little-endian integer.
fn limbs(bytes: &[u8; 32], bits: usize) -> [u64; 5] {
    let words = words(bytes);
    let bit = |i: usize| words.get(i / 64).map_or(0, |word| word >> (i % 64) & 1);
    core::array::from_fn(|limb| (0..bits).map(|i| bit(limb * bits + i) << i).sum())
}

fn reversed(bytes: &[u8; 32]) -> [u8; 32] {
    core::array::from_fn(|i| bytes[31 - i])
}

fn add(needles: &mut Needles, name: &str, words: impl IntoIterator<Item = u64>) {
    // Words with few bits set occur anywhere.
    let telling = words.into_iter().filter(|word| word.count_ones() > 8);
    needles.extend(telling.map(|word| (!word, name.to_owned())));
}

/// A scalar as given, and as the kernel of the curve holds it.
fn add_scalar(needles: &mut Needles, scalar: &[u8; 32], is_p256: bool) {
    add(needles, "scalar", words(scalar));
    if is_p256 {
        let little_endian = reversed(scalar);
        add(needles, "scalar", words(&little_endian));
        add(needles, "negated scalar", words(&negated(&little_endian)));
    } else {
        let mut clamped = *scalar;
        clamped[0] &= 248;
        clamped[31] = clamped[31] & 127 | 64;
        add(needles, "clamped scalar", words(&clamped));
    }
}

/// The order of P-256 less a little-endian scalar.
fn negated(scalar: &[u8; 32]) -> [u8; 32] {
    let order: [u8; 32] = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let order = reversed(&order);
    let mut borrow = 0;
    core::array::from_fn(|i| {
        let difference = i32::from(order[i]) - i32::from(scalar[i]) - borrow;
        borrow = i32::from(difference < 0);
        difference as u8
    })
}

fn add_secrets(needles: &mut Needles, secrets: &[Result<SharedSecret, Error>], is_p256: bool) {
    for secret in secrets {
        let bytes = *secret.as_ref().expect("every element is valid").as_bytes();
        let little_endian = if is_p256 { reversed(&bytes) } else { bytes };
        add(needles, "shared secret", words(&bytes));
        add(needles, "shared secret", words(&little_endian));
        for bits in [51, 52] {
            add(
                needles,
                "limb of a shared secret",
                limbs(&little_endian, bits),
            );
        }
    }
}

/// Checks one batch function; `work` gets its outputs.
fn check(
    name: &str,
    backend: Backend,
    scalars: &[[u8; 32]],
    is_p256: bool,
    secrets: &mut [Result<SharedSecret, Error>],
    work: impl FnOnce(&mut [Result<SharedSecret, Error>]) + Send,
) {
    let remains = Remains::of(|| work(secrets));
    let mut needles = Needles::new();
    for scalar in scalars {
        add_scalar(&mut needles, scalar, is_p256);
    }
    add_secrets(&mut needles, secrets, is_p256);
    assert!(needles.len() >= 4 * scalars.len());
    let found = remains.search(&needles);
    println!(
        "{name} on {backend}: {} words looked for, found {found:?}",
        needles.len()
    );
    assert!(found.is_empty(), "{name} on {backend} left {found:?}");
}

#[test]
fn batches_leave_nothing() {
    let mut random = Randomness::new();
    let mut checked = 0;
    for backend in common::backends() {
        let scalars: Vec<[u8; 32]> = (0..BATCH).map(|_| random.p256_scalar()).collect();
        let peers: Vec<[u8; 32]> = (0..BATCH).map(|_| random.p256_scalar()).collect();

        let mut points = outputs::<[u8; 32]>(BATCH);
        x25519::public_keys(backend, &peers, &mut points).unwrap();
        let points: Vec<_> = points.into_iter().map(Result::unwrap).collect();
        let mut secrets = outputs(BATCH);
        check(
            "X25519 agreement",
            backend,
            &scalars,
            false,
            &mut secrets,
            |secrets| {
                x25519::diffie_hellman(backend, &scalars, &points, secrets).unwrap();
            },
        );
        let mut keys = outputs::<[u8; 32]>(BATCH);
        check(
            "X25519 key generation",
            backend,
            &scalars,
            false,
            &mut [],
            |_| {
                x25519::public_keys(backend, &scalars, &mut keys).unwrap();
            },
        );

        let mut points = outputs::<[u8; 65]>(BATCH);
        p256::public_keys(backend, &peers, &mut points).unwrap();
        let points: Vec<_> = points.into_iter().map(Result::unwrap).collect();
        let mut secrets = outputs(BATCH);
        check(
            "P-256 agreement",
            backend,
            &scalars,
            true,
            &mut secrets,
            |secrets| {
                p256::diffie_hellman(backend, &scalars, &points, secrets).unwrap();
            },
        );
        let mut keys = outputs::<[u8; 65]>(BATCH);
        check(
            "P-256 key generation",
            backend,
            &scalars,
            true,
            &mut [],
            |_| {
                p256::public_keys(backend, &scalars, &mut keys).unwrap();
            },
        );
        checked += 4;
    }
    assert_eq!(checked, 4 * Backend::available().len());
}

/// Leaves a scalar on its dead frame, and half of it in a register.
#[inline(never)]
fn leave(scalar: &[u8; 32]) {
    let mut copy = [[0; 32]; 16];
    copy[7] = *scalar;
    black_box(&mut copy);
    // SAFETY: reads 16 bytes of the scalar; the register is declared.
    unsafe {
        asm!("movdqu xmm9, [{}]", in(reg) scalar.as_ptr(), out("xmm9") _,
            options(nostack, preserves_flags));
    }
}

#[test]
fn what_is_left_is_found() {
    let mut random = Randomness::new();
    let [scalar, other] = [random.p256_scalar(), random.p256_scalar()];
    let mut needles = Needles::new();
    add(&mut needles, "scalar", words(&scalar));
    assert!(Remains::of(|| leave(&other)).search(&needles).is_empty());
    let found = Remains::of(|| leave(&scalar)).search(&needles);
    println!("found {found:?}");
    assert!(found["scalar, stack"] >= 4);
    assert!(found["scalar, registers"] >= 2);
}
