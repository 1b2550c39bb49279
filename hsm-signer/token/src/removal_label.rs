//! Labels of removal keys, which say the scheme, the generation, and whether it is retired.

use mls_signer_message::scheme::{SCHEMES, Scheme};

/// How the label of a key begins that is retired.
pub(crate) const RETIRED: &str = "retired-";

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
            Some(digits) => digits.parse().ok().filter(|number| *number > 1)?,
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

/// The label that a retired key had; none of any other.
pub(crate) fn label_in_use(label: &str) -> Option<&str> {
    label.strip_prefix(RETIRED).filter(|_| is_retired(label))
}

/// Whether the label is a removal key's that is retired.
pub fn is_retired(label: &str) -> bool {
    parse(label).is_some_and(|(.., retired)| retired)
}

/// Whether the label is a removal key's but for how the number of its generation is written.
pub(crate) fn is_almost_ours(label: &str) -> bool {
    let name = label.strip_prefix(RETIRED).unwrap_or(label);
    let has_number = SCHEMES.iter().any(|scheme| {
        let rest = name.strip_prefix(&scheme.default_label());
        let number = rest.and_then(|rest| rest.strip_prefix("-g"));
        number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    });
    has_number && parse(label).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        for scheme in SCHEMES {
            for number in [1, 2, 10, u32::MAX] {
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
            "mls-removal-ed25519-g",
            "mls-removal-ed25519x",
            "retired-retired-mls-removal-ed25519",
            "mls-removal-rsa",
        ] {
            assert!(parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn other_spellings_of_the_number_come_near() {
        for near in ["-g", "-g0", "-g1", "-g01", "-g02", "-g99999999999"] {
            let label = format!("mls-removal-ed25519{near}");
            assert!(is_almost_ours(&label), "{label}");
            assert!(is_almost_ours(&format!("{RETIRED}{label}")), "{label}");
        }
        for other in ["", "-g2", "-g10", "-gx", "-old", "x"] {
            let label = format!("mls-removal-ed25519{other}");
            assert!(!is_almost_ours(&label), "{label}");
        }
    }
}
