//! SHA-512 in every lane, against the standard's examples and AWS-LC.

use aws_lc_rs::digest::{SHA512, digest};

use super::{Digest, Hashing, Message};
use crate::common::{self, Randomness, hex};

/// The digests on a backend, as bytes.
fn digests(backend: crate::Backend, messages: &[Message<'_>]) -> Vec<[u8; 64]> {
    let mut digests = vec![Digest::default(); messages.len()];
    Hashing {
        messages,
        digests: &mut digests,
    }
    .run(backend);
    let bytes = |digest: &Digest| {
        let mut bytes = [0; 64];
        for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(digest) {
            *bytes = word.to_be_bytes();
        }
        bytes
    };
    digests.iter().map(bytes).collect()
}

/// "abc" and the message of two blocks of FIPS 180's examples, each in every lane.
#[test]
fn the_standards_examples() {
    let long = b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn\
                 hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    let examples: [(&[u8], [u8; 64]); 2] = [
        (
            b"abc",
            hex(
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ),
        (
            long,
            hex(
                "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018\
                 501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
            ),
        ),
    ];
    for backend in common::backends() {
        for (i, (message, expected)) in examples.iter().enumerate() {
            let other = examples[1 - i].0;
            for lane in 0..backend.lanes() {
                let mut messages = vec![Message([other, &[], &[]]); backend.lanes()];
                messages[lane] = Message([&message[..1], &message[1..], &[]]);
                assert_eq!(digests(backend, &messages)[lane], *expected);
            }
        }
    }
}

/// Every length around the ends of blocks, cut into parts anywhere, beside any other.
#[test]
fn every_length_up_to_five_blocks() {
    const LENGTHS: usize = 5 * 128;
    let mut random = Randomness::new();
    let bytes: Vec<u8> = (0..LENGTHS).map(|_| random.word() as u8).collect();
    for backend in common::backends() {
        let mut messages = Vec::new();
        for length in 0..LENGTHS {
            let (first, rest) = bytes[..length].split_at(random.word() as usize % (length + 1));
            let (second, third) = rest.split_at(random.word() as usize % (rest.len() + 1));
            messages.push((random.word(), Message([first, second, third])));
        }
        messages.sort_by_key(|(key, _)| *key);
        let messages: Vec<_> = messages.into_iter().map(|(_, message)| message).collect();
        let found = digests(backend, &messages);
        for (message, found) in messages.iter().zip(&found) {
            let whole = message.0.concat();
            assert_eq!(
                found[..],
                *digest(&SHA512, &whole).as_ref(),
                "{}",
                whole.len()
            );
        }
        assert_eq!(found.len(), LENGTHS);
        println!("{backend}: {LENGTHS} digests");
    }
}
