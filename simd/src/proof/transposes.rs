//! Where the words of integers go when they are loaded and stored.

use crate::isa::transpose;

/// A load, of words that can only be moved.
fn words<T: Copy, const LANES: usize>(integers: &[[T; 4]], blank: T) -> [[T; LANES]; 4] {
    transpose::words!(integers, LANES, blank)
}

/// A store of such words.
fn integers<T: Copy, const LANES: usize>(words: &[[T; LANES]; 4], to: &mut [[T; 4]]) {
    transpose::integers!(words, LANES => to);
}

/// A word's place: its integer, and which of its words it is.
type Place = (usize, usize);

/// No place of any word.
const NOWHERE: Place = (usize::MAX, usize::MAX);

/// Loads and stores integers that are told apart, one more than are asked for; how many words moved.
fn moved<const LANES: usize>() -> usize {
    let place = |integer| core::array::from_fn(|word| (integer, word));
    let given: Vec<[Place; 4]> = (0..=LANES).map(place).collect();
    let loaded = words::<Place, LANES>(&given, NOWHERE);
    for (word, lanes) in loaded.iter().enumerate() {
        for (lane, place) in lanes.iter().enumerate() {
            assert_eq!(*place, (lane, word), "{LANES} lanes");
        }
    }
    let mut stored = vec![[NOWHERE; 4]; LANES + 1];
    integers(&loaded, &mut stored);
    assert_eq!(stored[..LANES], given[..LANES], "{LANES} lanes");
    assert_eq!(stored[LANES], [NOWHERE; 4], "{LANES} lanes");
    4 * LANES
}

#[test]
fn every_word_is_loaded_into_its_lane_and_stored_from_it() {
    // As many lanes as the instruction sets have, and those over symbols.
    let moved = moved::<1>() + moved::<4>() + moved::<8>();
    println!(
        "proved: loads and stores: whatever the words, word w of integer i goes to lane i of word w, \
         and back, and no other place is written [{moved} words]"
    );
}
