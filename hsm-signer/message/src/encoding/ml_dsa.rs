//! ML-DSA private keys as PKCS#8 has them.
//!
//! ```text
//! ML-DSA-PrivateKey ::= CHOICE {                             (RFC 9881, section 6)
//!   seed        [0] OCTET STRING (SIZE (32)),
//!   expandedKey     OCTET STRING,
//!   both            SEQUENCE { seed OCTET STRING (SIZE (32)), expandedKey OCTET STRING } }
//! ```

use der::asn1::OctetStringRef;
use der::{Decode, Reader, SliceReader, Tag, TagMode, TagNumber};

/// What a file holds of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrivateForm<'a> {
    /// The seed.
    Seed(&'a [u8]),
    /// The seed and the expanded key.
    Both(&'a [u8], &'a [u8]),
    /// The expanded key alone, from which the seed does not follow.
    Expanded,
}

/// The length of rho, with which a public and an expanded private key begin (FIPS 204,
/// algorithms 22 and 24).
const RHO_LENGTH: usize = 32;

/// Whether an expanded key begins as the public key does: rho is a hash of the seed, so that
/// one of another seed does not.
pub(super) fn has_rho_of(expanded: &[u8], public_key: &[u8]) -> bool {
    let rho = expanded.get(..RHO_LENGTH);
    rho.is_some() && rho == public_key.get(..RHO_LENGTH)
}

/// Reads an ML-DSA-PrivateKey. The lengths are not checked here.
pub(super) fn private_form(bytes: &[u8]) -> der::Result<PrivateForm<'_>> {
    match Tag::peek(&SliceReader::new(bytes)?)? {
        Tag::OctetString => {
            <&OctetStringRef>::from_der(bytes)?;
            Ok(PrivateForm::Expanded)
        }
        Tag::Sequence => both(bytes),
        _ => {
            let mut reader = SliceReader::new(bytes)?;
            let seed =
                reader.context_specific::<&OctetStringRef>(TagNumber(0), TagMode::Implicit)?;
            reader.finish()?;
            let seed = seed.ok_or(Tag::OctetString.value_error())?;
            Ok(PrivateForm::Seed(seed.as_bytes()))
        }
    }
}

fn both(bytes: &[u8]) -> der::Result<PrivateForm<'_>> {
    let mut reader = SliceReader::new(bytes)?;
    let form = reader.sequence(|fields| {
        let seed = <&OctetStringRef>::decode(fields)?;
        let expanded = <&OctetStringRef>::decode(fields)?;
        Ok::<_, der::Error>(PrivateForm::Both(seed.as_bytes(), expanded.as_bytes()))
    })?;
    reader.finish()?;
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_input_panics(
            tag in prop::sample::select(vec![0x80u8, 0x04, 0x30, 0xa0]),
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let _ = private_form(&bytes);
            let _ = private_form(&[&[tag, bytes.len() as u8][..], &bytes].concat());
        }
    }

    const SEED: [u8; 32] = [0x2b; 32];

    /// A private key in each form, with a short stand-in for the expanded key.
    fn forms() -> [Vec<u8>; 3] {
        let seed = [&[0x80, 32][..], &SEED].concat();
        let expanded = [&[0x04, 3][..], &[1, 2, 3]].concat();
        let both = [&[0x30, 39, 0x04, 32][..], &SEED, &expanded].concat();
        [seed, both, expanded]
    }

    #[test]
    fn the_seed_is_read_alone_and_beside_the_expanded_key() {
        let [seed, both, expanded] = forms();
        assert_eq!(private_form(&seed), Ok(PrivateForm::Seed(&SEED)));
        assert_eq!(
            private_form(&both),
            Ok(PrivateForm::Both(&SEED, &[1, 2, 3]))
        );
        assert_eq!(private_form(&expanded), Ok(PrivateForm::Expanded));
    }

    #[test]
    fn what_is_cut_or_followed_by_anything_is_refused() {
        for form in forms() {
            for length in 0..form.len() {
                assert!(
                    private_form(&form[..length]).is_err(),
                    "{form:02x?} {length}"
                );
            }
            assert!(private_form(&[&form[..], &[0]].concat()).is_err());
        }
        for wrong in [
            &[0x81, 1, 0][..],
            &[0x80, 0x81, 1, 0],
            &[0xa0, 3, 4, 1, 0],
            &[2, 1, 0],
        ] {
            assert!(private_form(wrong).is_err(), "{wrong:02x?}");
        }
    }
}
