//! What others wrote, made fit for a terminal: labels and descriptions of tokens, names in files,
//! answers of services.

use std::fmt::Write as _;

/// The text in one line, and nothing in it that moves a terminal's cursor, changes its state or turns
/// the direction of what follows: those characters are escaped as in Rust.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) {
            shown.extend(character.escape_debug());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The same for a text of several lines, which stay.
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// JSON that says the same, with those characters by their numbers. They are in strings alone, where
/// JSON allows that (RFC 8259, section 7).
pub fn printable_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if acts(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a terminal shows the character.
pub fn is_shown(character: char) -> bool {
    !acts(character)
}

/// Whether a terminal does something at the character instead of showing it: controls (ECMA-48, with
/// the 8-bit ones), line separators, marks and embeddings of direction (UAX 9), and what is not
/// visible at all.
pub(crate) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        for (text, shown) in [
            ("removal", "removal"),
            ("Schlüssel \"1\" 鍵", "Schlüssel \"1\" 鍵"),
            ("a\nb", "a\\nb"),
            ("a\r\tb", "a\\r\\tb"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            (
                "a\u{202e}b\u{2066}c\u{2069}",
                "a\\u{202e}b\\u{2066}c\\u{2069}",
            ),
            ("\u{200f}\u{feff}\u{2028}", "\\u{200f}\\u{feff}\\u{2028}"),
            ("a\0", "a\\0"),
        ] {
            assert_eq!(printable(text), shown);
        }
        assert_eq!(printable_lines("a\n\u{1b}b\n"), "a\n\\u{1b}b\n");
    }

    #[test]
    fn json_stays_the_same_data() {
        let text = "a\u{9b}\u{202e}\u{e0001}\u{1b}\n\"";
        let json = serde_json::Value::from(text).to_string();
        let shown = printable_json(&json);
        assert!(shown.is_ascii(), "{shown}");
        let read: String = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, text);
    }
}
