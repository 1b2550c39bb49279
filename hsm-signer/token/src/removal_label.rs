//! Labels of removal keys, which say the scheme, the generation, and whether it is retired.

use mls_signer_message::printable::is_shown;
use mls_signer_message::scheme::{SCHEMES, Scheme};

/// How the label of a key begins that is retired.
const RETIRED: &str = "retired-";

/// How the label of every removal key begins that is not retired.
const PREFIX: &str = "mls-removal-";

/// The last generation. A number beyond all use is none's, or it would be the last by accident.
pub const LAST: u32 = 1_000_000;

/// From this likeness (Jaro and Winkler's, of 1) on, a name is one of a scheme's, written wrongly.
const ALIKE: f64 = 0.8;

/// Names of which nobody knows which is nearer are no further apart.
const SAME: f64 = 0.01;

/// The label of a scheme's generation `number`.
pub fn label(scheme: &Scheme, number: u32) -> String {
    match number {
        0 | 1 => scheme.default_label(),
        number => format!("{}-g{number}", scheme.default_label()),
    }
}

/// The scheme, the generation and whether it is retired, if `label` is a removal key's.
pub(crate) fn parse(label: &str) -> Option<(&'static Scheme, u32, bool)> {
    let (name, retired) = match label.strip_prefix(RETIRED) {
        Some(name) => (name, true),
        None => (label, false),
    };
    SCHEMES.iter().find_map(|scheme| {
        let rest = name.strip_prefix(&scheme.default_label())?;
        let number = match rest.strip_prefix("-g") {
            None if rest.is_empty() => 1,
            None => return None,
            Some(digits) => digits
                .parse()
                .ok()
                .filter(|number| (2..=LAST).contains(number))?,
        };
        // The label as it is written here, and no other spelling of the number.
        (self::label(scheme, number) == name).then_some((scheme, number, retired))
    })
}

/// The scheme of a removal key's label, of whatever generation, retired or not.
pub(crate) fn scheme_of_label(label: &str) -> Option<&'static Scheme> {
    parse(label).map(|(scheme, ..)| scheme)
}

/// Whether the label is a removal key's that is not retired.
pub(crate) fn is_in_use(label: &str) -> bool {
    parse(label).is_some_and(|(.., retired)| !retired)
}

/// The label of this key once it is retired.
pub(crate) fn retired(label: &str) -> String {
    format!("{RETIRED}{label}")
}

/// The label that a retired key had; none of any other.
pub(crate) fn label_in_use(label: &str) -> Option<&str> {
    label.strip_prefix(RETIRED).filter(|_| is_retired(label))
}

/// Whether the label is a removal key's that is retired.
pub fn is_retired(label: &str) -> bool {
    parse(label).is_some_and(|(.., retired)| retired)
}

/// Whether nothing in the label says that its key has to do with removals.
pub(crate) fn is_anothers(label: &str) -> bool {
    parse(label).is_none() && meant_by(label).is_none()
}

/// Whether whoever gave the label meant a key to be put away.
pub(crate) fn is_put_away(label: &str) -> bool {
    label.starts_with(RETIRED)
}

/// Of a label that begins, as a terminal shows it, as a removal key's and is that of none, the labels
/// that may have been meant: the nearest, else those of all schemes. None of any other label.
pub(crate) fn meant_by(label: &str) -> Option<Vec<String>> {
    let shown: String = label
        .chars()
        .filter(|character| is_shown(*character))
        .collect();
    let name = shown.trim().to_lowercase();
    let name = name.strip_prefix(RETIRED).unwrap_or(&name);
    let name = name.strip_prefix(PREFIX)?;
    if parse(label).is_some() {
        return None;
    }
    let (name, number) = numbered(name).unwrap_or((name, 1));
    let number = number.min(LAST);
    let likeness = |scheme: &Scheme| strsim::jaro_winkler(name, scheme.name);
    let best = SCHEMES.iter().map(likeness).fold(0.0, f64::max);
    Some(match best >= ALIKE {
        true => SCHEMES
            .iter()
            .filter(|scheme| best - likeness(scheme) < SAME)
            .map(|scheme| self::label(scheme, number))
            .collect(),
        false => SCHEMES.iter().map(Scheme::default_label).collect(),
    })
}

/// What stands before the number of a generation, and that number, however it is written.
fn numbered(name: &str) -> Option<(&str, u32)> {
    let (name, digits) = name.rsplit_once("-g")?;
    Some((name, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        for scheme in SCHEMES {
            for number in [1, 2, 10, LAST] {
                let name = label(scheme, number);
                let (found, read, retired) = parse(&name).unwrap();
                assert_eq!((found.name, read, retired), (scheme.name, number, false));
                let (_, read, retired) = parse(&format!("{RETIRED}{name}")).unwrap();
                assert_eq!((read, retired), (number, true));
            }
        }
    }

    #[test]
    fn other_labels_are_nobodys_generation() {
        for name in [
            "",
            "mls-removal-ed25519-g1",
            "mls-removal-ed25519-g02",
            "mls-removal-ed25519-g1000001",
            "mls-removal-ed25519-g4294967295",
            "mls-removal-ed25519-g",
            "mls-removal-ed25519x",
            "retired-retired-mls-removal-ed25519",
            "mls-removal-rsa",
        ] {
            assert!(parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_was_meant_by_a_label_is_known_where_it_begins_as_one() {
        for (near, meant) in [
            ("mls-removal-ed25519-g", "mls-removal-ed25519"),
            ("mls-removal-ed25519-g0", "mls-removal-ed25519"),
            ("mls-removal-ed25519-g1", "mls-removal-ed25519"),
            ("mls-removal-ed25519-g02", "mls-removal-ed25519-g2"),
            ("mls-removal-ed25519-old", "mls-removal-ed25519"),
            ("mls-removal-ed25519x", "mls-removal-ed25519"),
            ("mls-removal-ed22519-g4", "mls-removal-ed25519-g4"),
            (" mls-removal-ed25519\t", "mls-removal-ed25519"),
            ("MLS-REMOVAL-ED25519", "mls-removal-ed25519"),
            ("\u{202e}mls-removal-ed25519-g2", "mls-removal-ed25519-g2"),
            ("\0mls-removal-ed25519", "mls-removal-ed25519"),
            ("mls-\u{200b}removal-ed25519\u{feff}", "mls-removal-ed25519"),
            (
                "mls-removal-ecdsa_secp384r1-g3",
                "mls-removal-ecdsa_secp384r1_sha384-g3",
            ),
        ] {
            assert_eq!(meant_by(near).unwrap(), [meant], "{near}");
            let retired = format!("{RETIRED}{}", near.trim_start());
            assert!(meant_by(&retired).is_some(), "{retired}");
        }
        let of_three = meant_by("mls-removal-ecdsa-g2").unwrap();
        assert_eq!(of_three.len(), 3, "{of_three:?}");
        for unlike in ["mls-removal-", "mls-removal-foo", "mls-removal-rsa"] {
            assert_eq!(meant_by(unlike).unwrap().len(), SCHEMES.len(), "{unlike}");
        }
    }

    #[test]
    fn nothing_else_is_meant_by_other_labels() {
        for other in ["", "mls-audit", "mls-removal", "ed25519", "somebody's"] {
            assert!(meant_by(other).is_none(), "{other}");
        }
        for scheme in SCHEMES {
            let own = scheme.default_label();
            for label in [own.clone(), format!("{own}-g2"), format!("{RETIRED}{own}")] {
                assert!(meant_by(&label).is_none(), "{label}");
            }
        }
    }
}
