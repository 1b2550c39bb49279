//! Integers one after the other, and their words lane by lane.
//!
//! Macros, whose words may be of any type: where nothing can be done with one but to move it, where
//! one goes all go (`proof/transposes.rs`). As functions they change how the kernels around them are
//! compiled.

/// The words of integers: the first of each, then the second of each, and so on. All is `$blank`
/// before.
macro_rules! words {
    ($integers:expr, $lanes:expr, $blank:expr) => {{
        let mut words = [[$blank; $lanes]; 4];
        for (lane, integer) in $integers[..$lanes].iter().enumerate() {
            for (word, value) in words.iter_mut().zip(integer) {
                word[lane] = *value;
            }
        }
        words
    }};
}
pub(crate) use words;

/// Such words to the integers.
macro_rules! integers {
    ($words:expr, $lanes:expr => $to:expr) => {
        for (lane, integer) in $to[..$lanes].iter_mut().enumerate() {
            for (value, word) in integer.iter_mut().zip($words) {
                *value = word[lane];
            }
        }
    };
}
pub(crate) use integers;
