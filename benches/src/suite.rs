//! The ciphersuites that can be measured: those of the provider's `SUITES`.

use openmls_hw_crypto::SUITES;
use openmls_traits::types::Ciphersuite;

use crate::BenchError;

/// Every suite that can be measured, in the order of the provider's table.
pub fn all() -> Vec<Ciphersuite> {
    SUITES.iter().map(|suite| suite.ciphersuite).collect()
}

/// The suite's number as RFC 9420 writes it, such as `0x0001`.
pub fn number(suite: Ciphersuite) -> String {
    format!("{:#06x}", u16::from(suite))
}

/// The suites that `text` chooses: one number (`0x0001` or `1`), several
/// separated by commas, or `all`.
///
/// # Errors
///
/// [`BenchError::UnknownSuite`] for anything that is not in the table.
pub fn parse(text: &str) -> Result<Vec<Ciphersuite>, BenchError> {
    if text == "all" {
        return Ok(all());
    }
    text.split(',').map(parse_one).collect()
}

/// The suite with this number.
///
/// # Errors
///
/// [`BenchError::UnknownSuite`] for one that is not in the table.
pub fn by_number(wanted: u16) -> Result<Ciphersuite, BenchError> {
    let mut suites = all().into_iter();
    suites
        .find(|&suite| u16::from(suite) == wanted)
        .ok_or_else(|| unknown(&format!("{wanted:#06x}")))
}

fn parse_one(text: &str) -> Result<Ciphersuite, BenchError> {
    parse_number(text)
        .and_then(|wanted| by_number(wanted).ok())
        .ok_or_else(|| unknown(text))
}

fn unknown(name: &str) -> BenchError {
    BenchError::UnknownSuite {
        name: name.to_owned(),
        known: all().into_iter().map(number).collect::<Vec<_>>().join(", "),
    }
}

fn parse_number(text: &str) -> Option<u16> {
    match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_found_by_either_spelling_of_its_number() {
        let first = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
        assert_eq!(parse("0x0001").unwrap(), [first]);
        assert_eq!(parse("1").unwrap(), [first]);
        assert_eq!(number(first), "0x0001");
    }

    #[test]
    fn all_and_lists_keep_their_order() {
        assert_eq!(parse("all").unwrap(), all());
        let pair: Vec<u16> = parse("2,1").unwrap().into_iter().map(u16::from).collect();
        assert_eq!(pair, [2, 1]);
    }

    #[test]
    fn an_unknown_suite_is_refused_with_the_known_ones() {
        for text in ["", "0x", "0x1234", "99999", "-1", "one", "1,", "0x0001;2"] {
            let error = parse(text).unwrap_err();
            assert!(
                matches!(&error, BenchError::UnknownSuite { known, .. } if known.contains("0x0001")),
                "{text:?}: {error}"
            );
        }
    }
}
