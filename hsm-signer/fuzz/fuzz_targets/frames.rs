//! Frames between the processes.
#![no_main]

libfuzzer_sys::fuzz_target!(|frame: &[u8]| {
    mls_hsm_signer::isolation::fuzzing::decode_every_way(frame);
});
