//! HMAC (RFC 2104): by the backend, or by midstates beside it that are computed once and kept.

pub(crate) use crate::backend::HmacKey;

#[cfg(test)]
mod tests {
    use openmls_traits::types::HashType;

    use super::*;
    use crate::backend::bare::hmac;

    #[test]
    fn outputs_are_those_of_the_library_itself() {
        for (hash, algorithm) in [
            (HashType::Sha2_256, hmac::HMAC_SHA256),
            (HashType::Sha2_384, hmac::HMAC_SHA384),
            (HashType::Sha2_512, hmac::HMAC_SHA512),
        ] {
            let bytes: Vec<u8> = (0..300u16).map(|i| i as u8).collect();
            for key_len in [0, 1, 32, 48, 63, 64, 65, 127, 128, 129, 300] {
                let key = &bytes[..key_len];
                let ours = HmacKey::new(hash, key);
                let theirs = hmac::Key::new(algorithm, key);
                for message_len in 0..bytes.len() {
                    let (head, tail) = bytes[..message_len].split_at(message_len / 3);
                    let mut output = vec![0; ours.output_len()];
                    ours.mac([head, tail], &mut output);
                    let expected = hmac::sign(&theirs, &bytes[..message_len]);
                    assert_eq!(
                        output,
                        expected.as_ref(),
                        "{hash:?} {key_len} {message_len}"
                    );
                }
            }
        }
    }
}
