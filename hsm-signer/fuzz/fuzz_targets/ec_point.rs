//! CKA_EC_POINT in any form to the public key that MLS carries.
#![no_main]

use mls_hsm_signer::SCHEMES;
use mls_hsm_signer::token::ec_point;

libfuzzer_sys::fuzz_target!(|point: &[u8]| {
    for scheme in SCHEMES {
        if let Ok(key) = ec_point::public_key(point, scheme) {
            assert_eq!(key.len(), scheme.public_key_length);
            assert!(point.ends_with(&key));
            assert_eq!(ec_point::public_key(&key, scheme).unwrap(), key);
            let attribute = ec_point::attribute(&key, scheme).unwrap();
            assert_eq!(ec_point::public_key(&attribute, scheme).unwrap(), key);
        }
    }
});
