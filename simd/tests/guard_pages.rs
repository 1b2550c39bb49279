//! Inputs and outputs that touch pages that may not be touched: an access outside
//! a slice kills the test.
#![cfg(target_os = "linux")]

use std::ptr;

use mls_lanes::{Error, SharedSecret, outputs, p256, x25519};

mod common;

const PAGE: usize = 4096;
/// The pages between the two guards.
const PAGES: usize = 16;

/// Memory between two pages that may not be touched.
struct Guarded(*mut u8);

impl Guarded {
    fn new() -> Self {
        let length = (PAGES + 2) * PAGE;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping, of which nothing else knows.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        for guard in [0, (PAGES + 1) * PAGE] {
            // SAFETY: the page lies in the mapping.
            let refused = unsafe { libc::mprotect(start.byte_add(guard), PAGE, libc::PROT_NONE) };
            assert_eq!(refused, 0);
        }
        Self(start.cast())
    }

    /// A slice that ends where the upper guard begins, or begins where the lower
    /// one ends.
    fn slice<T: Clone>(&mut self, values: &[T], at_end: bool) -> &mut [T] {
        let length = size_of_val(values);
        assert!(length <= PAGES * PAGE && align_of::<T>() <= PAGE);
        let offset = if at_end {
            (PAGES + 1) * PAGE - length
        } else {
            PAGE
        };
        // SAFETY: the slice lies between the guards; its end and its beginning are
        // aligned, for a page's bounds are; every element is written before use.
        unsafe {
            let start = self.0.byte_add(offset).cast::<T>();
            for (i, value) in values.iter().enumerate() {
                start.add(i).write(value.clone());
            }
            std::slice::from_raw_parts_mut(start, values.len())
        }
    }
}

#[test]
fn nothing_outside_the_slices_is_touched() {
    let mut memory = [
        Guarded::new(),
        Guarded::new(),
        Guarded::new(),
        Guarded::new(),
    ];
    for backend in common::backends() {
        for length in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 64, 129] {
            for at_end in [false, true] {
                let [scalars, points, keys, out] = &mut memory;
                let scalars = scalars.slice(&vec![[7_u8; 32]; length], at_end);
                let points = points.slice(&vec![[9_u8; 32]; length], at_end);
                let out = out.slice(
                    &vec![Err::<[u8; 32], _>(Error::NotComputed); length],
                    at_end,
                );
                x25519::public_keys(backend, scalars, out).unwrap();
                assert!(out.iter().all(Result::is_ok));
                let mut secrets = outputs::<SharedSecret>(length);
                x25519::diffie_hellman(backend, scalars, points, &mut secrets).unwrap();
                assert!(secrets.iter().all(Result::is_ok));

                let keys = keys.slice(
                    &vec![Err::<[u8; 65], _>(Error::NotComputed); length],
                    at_end,
                );
                p256::public_keys(backend, scalars, keys).unwrap();
                let points: Vec<_> = keys.iter().map(|key| key.unwrap()).collect();
                let mut secrets = outputs::<SharedSecret>(length);
                p256::diffie_hellman(backend, scalars, &points, &mut secrets).unwrap();
                assert!(secrets.iter().all(Result::is_ok));
            }
        }
    }
}
