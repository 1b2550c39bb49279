//! What fuzz targets and property tests ask of the decoders: no input makes them panic,
//! and what they understand is written again as it was.

use super::message::{Answer, Control, ControlReply, Question};

/// Decodes `frame` as every kind of message that passes between the processes, and checks
/// that each one understood encodes to something that is understood the same.
pub fn decode_every_way(frame: &[u8]) {
    if let Ok(message) = Control::decode(frame) {
        let again = message.encode();
        assert_eq!(Control::decode(&again).map(|m| m.encode()), Ok(again));
    }
    if let Ok(reply) = ControlReply::decode(frame) {
        let again = reply.encode();
        assert_eq!(ControlReply::decode(&again).map(|r| r.encode()), Ok(again));
    }
    if let Ok((question, milliseconds)) = Question::decode(frame) {
        let again = question.encode(milliseconds);
        let decoded = Question::decode(&again).map(|(q, ms)| q.encode(ms));
        assert_eq!(decoded.as_ref(), Ok(&again));
    }
    if let Ok(answer) = Answer::decode(frame) {
        let again = answer.encode();
        assert_eq!(Answer::decode(&again).map(|a| a.encode()), Ok(again));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isolation::frame::Reader;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_frame_panics(frame in proptest::collection::vec(any::<u8>(), 0..200)) {
            decode_every_way(&frame);
        }

        /// Frames that begin as real ones do come further.
        #[test]
        fn no_frame_that_looks_right_panics(
            tag in 1u8..8,
            fields in proptest::collection::vec((0u32..40, any::<u8>()), 0..12),
        ) {
            let mut frame = vec![tag];
            for (length, byte) in fields {
                frame.extend(length.to_be_bytes());
                frame.extend(vec![byte % 3; length as usize]);
            }
            decode_every_way(&frame);
        }

        #[test]
        fn one_changed_byte_is_understood_otherwise_or_refused(
            place in 0usize..60,
            value in any::<u8>(),
        ) {
            let mut frame = Answer::Signed(vec![vec![7; 40], vec![]], None).encode();
            if let Some(byte) = frame.get_mut(place) {
                *byte = value;
            }
            decode_every_way(&frame);
        }
    }

    #[test]
    fn what_is_cut_or_followed_by_anything_is_refused() {
        let frame = Answer::Signed(vec![vec![1; 64], vec![2; 70]], None).encode();
        assert!(Answer::decode(&frame).is_ok());
        for length in 0..frame.len() {
            assert!(Answer::decode(&frame[..length]).is_err(), "{length}");
        }
        assert!(Answer::decode(&[&frame[..], &[0]].concat()).is_err());
    }

    /// A count is believed only as far as the frame reaches: no room is taken for more.
    #[test]
    fn a_count_is_no_reason_to_take_memory() {
        let mut frame = vec![3];
        frame.extend(u32::MAX.to_be_bytes());
        assert!(Answer::decode(&frame).is_err());
        assert!(Reader::new(&u32::MAX.to_be_bytes()).count(1).is_err());
    }
}
