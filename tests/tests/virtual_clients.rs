//! FF1-AES128 over 32-bit integers, which draft-ietf-mls-virtual-clients wants: the same
//! permutation as the other providers'.

use mls_tests::choices::Choices;
use openmls_hw_crypto::HwCrypto;
use openmls_libcrux_crypto::CryptoProvider as Libcrux;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::crypto::OpenMlsCrypto;

#[test]
fn it_is_the_permutation_of_the_other_providers() {
    let (ours, rust_crypto) = (HwCrypto::default(), RustCrypto::default());
    let libcrux = Libcrux::new().unwrap();
    let mut choices = Choices::new("FF1");
    let mut compared = 0;
    for _ in 0..50 {
        let key: [u8; 16] = choices.bytes(16).try_into().unwrap();
        let random = (0..40).map(|_| choices.bytes(4).try_into().unwrap());
        let random: Vec<u32> = random.map(u32::from_be_bytes).collect();
        for value in random.into_iter().chain([0, 1, 0x8000_0000, u32::MAX]) {
            let permuted = ours.ff1_aes128_encrypt(&key, value).unwrap();
            assert_eq!(rust_crypto.ff1_aes128_encrypt(&key, value), Ok(permuted));
            assert_eq!(libcrux.ff1_aes128_encrypt(&key, value), Ok(permuted));
            assert_eq!(ours.ff1_aes128_decrypt(&key, permuted), Ok(value));
            compared += 1;
        }
    }
    assert_eq!(compared, 50 * 44);
}
