//! Bodies of requests to the service.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    mls_hsm_signer::server::fuzzing::decode_request(body);
});
