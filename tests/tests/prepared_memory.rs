//! How much memory prepared encapsulations and verifications take. A binary of its own: the
//! allocator counts for the whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use openmls_hw_crypto::{HwCrypto, SUITES, SignedMessage};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{HpkeKemType, SignatureScheme};

/// The system's allocator, with the bytes that are allocated and not freed.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is passed on as it is; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise for this function is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `pointer` came from `System.alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What `make` returns, and the bytes that are allocated for as long as it lives.
fn allocated<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.load(Ordering::Relaxed);
    let made = make();
    (made, LIVE.load(Ordering::Relaxed).saturating_sub(before))
}

/// Less than this for each encapsulation, beyond its key, as the documentation says.
fn limit(kem: HpkeKemType) -> usize {
    match kem {
        HpkeKemType::DhKem25519 | HpkeKemType::DhKemP256 => 200,
        _ => 250,
    }
}

/// One test, so that no other one allocates meanwhile.
#[test]
fn what_is_prepared_is_small_and_given_back() {
    let crypto = HwCrypto::default();
    // Threads and their first allocations are not the guard's.
    let warm_up = crypto.generate_hpke_keypairs(SUITES[0].ciphersuite.hpke_config(), 500);
    drop(warm_up);
    let (block, bytes) = allocated(|| vec![0u8; 12_345]);
    assert_eq!(bytes, 12_345, "the allocator counts");
    drop(block);

    let mut measured = 0;
    for suite in SUITES.iter().map(|suite| suite.ciphersuite) {
        let config = suite.hpke_config();
        // Also the numbers at which tables have just grown.
        for count in [100, 448, 449, 1_000, 1_792, 1_793] {
            let pairs = crypto
                .generate_hpke_keypairs(suite.hpke_config(), count)
                .unwrap();
            let keys: Vec<&[u8]> = pairs.iter().map(|pair| &pair.public[..]).collect();
            let before = LIVE.load(Ordering::Relaxed);
            let (guard, bytes) = allocated(|| crypto.prepare_seals(config.0, &keys).unwrap());
            assert_eq!(guard.unused(), count);
            let each = bytes as f64 / count as f64 - keys[0].len() as f64;
            println!("{suite:?}, {count} keys: {each:.1} bytes each beyond the key");
            assert!(each < limit(config.0) as f64);
            assert!(each > 64.0, "an enc and a secret are not that small");
            drop(guard);
            let left = LIVE.load(Ordering::Relaxed).saturating_sub(before);
            assert!(left < 4_096, "{left} bytes were not given back");
            measured += 1;
        }
    }
    assert_eq!(measured, 6 * SUITES.len());
    verifications(&crypto);
}

fn verifications(crypto: &HwCrypto) {
    let scheme = SignatureScheme::ED25519;
    let (private, public_key) = crypto.signature_key_gen(scheme).unwrap();
    for count in [448u32, 449, 1_793] {
        let message = |i: u32| i.to_be_bytes().to_vec();
        let signatures: Vec<Vec<u8>> = (0..count)
            .map(|i| crypto.sign(scheme, &message(i), &private).unwrap())
            .collect();
        let signed: Vec<_> = (0..count)
            .zip(&signatures)
            .map(|(i, signature)| SignedMessage {
                scheme,
                message: message(i),
                public_key: &public_key,
                signature,
            })
            .collect();
        let (guard, bytes) = allocated(|| crypto.prepare_verifications(&signed).unwrap());
        assert_eq!(guard.unused(), count as usize);
        let each = bytes as f64 / f64::from(count);
        println!("{count} verifications: {each:.1} bytes each");
        assert!((32.0..100.0).contains(&each));
    }
}
