//! What fuzz targets and property tests ask of the decoders: no input makes them panic,
//! and what they understand is written again as it was.

use tls_codec::{Deserialize, Serialize};

use super::frame::{FRAME_LIMIT, decode, encode};
use super::message::{Control, ControlReply, Question, SessionReply};

/// Decodes `frame` as every kind of message that passes between the processes, and checks
/// that each one understood encodes to something that is understood the same.
pub fn decode_every_way(frame: &[u8]) {
    decode_as::<Control>(frame);
    decode_as::<ControlReply>(frame);
    decode_as::<(u32, Question<'_>)>(frame);
    decode_as::<SessionReply>(frame);
}

fn decode_as<T: Deserialize + Serialize>(frame: &[u8]) {
    let Ok(message) = decode::<T>(frame) else {
        return;
    };
    let Ok(again) = encode(&message) else {
        assert!(frame.len() > FRAME_LIMIT);
        return;
    };
    let decoded = decode::<T>(&again).and_then(|message| encode(&message));
    assert_eq!(decoded.ok(), Some(again));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::secret;
    use crate::error::ProcessError;
    use crate::identity::TokenSelector;
    use crate::isolation::message::{Start, Version};
    use crate::mechanism::SigningMechanism;
    use crate::token::{KeySpec, ObjectHandle};
    use cryptoki::mechanism::MechanismType;
    use mls_signer_message::scheme::SCHEMES;
    use proptest::prelude::*;
    use std::borrow::Cow;
    use zeroize::Zeroizing;

    fn start(pin: &[u8]) -> Control {
        Control::Start(Start {
            version: Version,
            module: b"/lib/module.so".to_vec(),
            parameters: Some("parameters".into()),
            selector: TokenSelector::Slot(3),
            pin: Zeroizing::new(pin.to_vec()),
        })
    }

    fn signed(signatures: Vec<Vec<u8>>) -> Zeroizing<Vec<u8>> {
        encode(&SessionReply::Signed(signatures, None)).unwrap()
    }

    proptest! {
        #[test]
        fn no_frame_panics(frame in proptest::collection::vec(any::<u8>(), 0..200)) {
            decode_every_way(&frame);
        }

        /// Frames that begin as real ones do come further.
        #[test]
        fn no_frame_that_looks_right_panics(
            tag in 1u8..8,
            is_question in any::<bool>(),
            fields in proptest::collection::vec((0u8..40, any::<u8>()), 0..12),
        ) {
            let mut frame = vec![0; if is_question { 4 } else { 0 }];
            frame.push(tag);
            for (length, byte) in fields {
                frame.push(length);
                frame.extend(vec![byte % 3; length.into()]);
            }
            decode_every_way(&frame);
        }

        #[test]
        fn one_changed_byte_is_understood_otherwise_or_refused(
            place in 0usize..60,
            value in any::<u8>(),
        ) {
            let mut frame = signed(vec![vec![7; 40], vec![]]);
            if let Some(byte) = frame.get_mut(place) {
                *byte = value;
            }
            decode_every_way(&frame);
        }
    }

    #[test]
    fn what_is_cut_or_followed_by_anything_is_refused() {
        let frame = signed(vec![vec![1; 64], vec![2; 70]]);
        assert!(decode::<SessionReply>(&frame).is_ok());
        for length in 0..frame.len() {
            assert!(
                decode::<SessionReply>(&frame[..length]).is_err(),
                "{length}"
            );
        }
        assert!(decode::<SessionReply>(&[&frame[..], &[0]].concat()).is_err());
    }

    /// A length is believed only as far as the frame reaches: no room is taken for more.
    #[test]
    fn a_length_is_no_reason_to_take_memory() {
        let signed = [&[3][..], &[0xbf, 0xff, 0xff, 0xff]].concat();
        assert!(decode::<SessionReply>(&signed).is_err());
        let one_signature = [&signed[..], &[0xbf, 0xff, 0xff, 0xfb]].concat();
        assert!(decode::<SessionReply>(&one_signature).is_err());
        let mut secret = vec![0xbf, 0xff, 0xff, 0xff];
        assert!(secret::tls_deserialize(&mut secret.as_slice()).is_err());
        secret = vec![0x80, 0, 0x40, 1];
        secret.resize(4 + secret::LONGEST + 1, 7);
        assert!(secret::tls_deserialize(&mut secret.as_slice()).is_err());
        secret.truncate(4 + secret::LONGEST);
        secret[3] = 0;
        let read = secret::tls_deserialize(&mut secret.as_slice()).unwrap();
        assert_eq!(*read, vec![7; secret::LONGEST]);
    }

    #[test]
    fn what_is_too_long_for_a_frame_is_not_written() {
        let long = encode(&SessionReply::Signed(vec![vec![0; FRAME_LIMIT]], None));
        assert!(matches!(long, Err(ProcessError::TooLong)));
    }

    #[test]
    fn secrets_and_items_arrive_as_they_were() {
        let frame = encode(&start(b"1234")).unwrap();
        let Ok(Control::Start(read)) = decode(&frame) else {
            panic!("another message");
        };
        assert_eq!(*read.pin, b"1234");
        let key = KeySpec::new(&SCHEMES[0], "label", &[1, 2]).unwrap();
        let import = Question::Import(key, Zeroizing::new(vec![5; 32]));
        let frame = encode(&(7u32, &import)).unwrap();
        let Ok((7u32, Question::Import(key, secret))) = decode(&frame) else {
            panic!("another question");
        };
        assert_eq!((key.label(), key.id()), ("label", &[1, 2][..]));
        assert_eq!(*secret, [5; 32]);
        let sign = Question::Sign {
            key: ObjectHandle(9),
            mechanism: SigningMechanism::Plain(MechanismType::EDDSA),
            items: vec![Cow::Borrowed(&[6; 100][..]), Cow::Borrowed(&[])],
        };
        let frame = encode(&(8u32, &sign)).unwrap();
        let Ok((8u32, Question::Sign { key, items, .. })) = decode(&frame) else {
            panic!("another question");
        };
        assert_eq!(key, ObjectHandle(9));
        assert_eq!(items, [&[6; 100][..], &[]]);
    }

    #[test]
    fn a_process_of_another_version_is_refused_whatever_it_says() {
        let mut frame = encode(&start(b"1234")).unwrap();
        frame.truncate(7);
        for version in [0, 3, u32::MAX] {
            frame[1..5].copy_from_slice(&version.to_be_bytes());
            let Err(refused) = decode::<Control>(&frame) else {
                panic!("version {version} was read");
            };
            assert!(refused.to_string().contains("versions"), "{refused}");
        }
    }
}
