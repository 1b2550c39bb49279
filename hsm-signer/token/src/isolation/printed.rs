//! What a PKCS#11 module prints: nobody's answer, and for a person or a log only line by line.

use std::io::{BufRead, BufReader, Read};
use std::time::{Duration, Instant};

/// More of a line is not shown.
const LONGEST_LINE: usize = 1_000;

/// More lines in a minute are not shown: a module that repeats itself must fill no log.
const LINES_A_MINUTE: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);

/// Reads until nobody can print any more, and gives `each` line that is not empty, as it is: it may
/// hold what a terminal obeys.
pub fn read_printed(from: impl Read, mut each: impl FnMut(&str)) {
    let mut from = BufReader::new(from);
    let (mut began, mut lines) = (Instant::now(), 0);
    while let Some(line) = next_line(&mut from) {
        if began.elapsed() >= MINUTE {
            (began, lines) = (Instant::now(), 0);
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if text.is_empty() {
            continue;
        }
        lines += 1;
        if lines <= LINES_A_MINUTE {
            each(text);
        }
        if lines == LINES_A_MINUTE {
            each("(what it prints in the rest of the minute is not shown)");
        }
    }
}

/// The next line, as far as it is shown; none at the end.
fn next_line(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let mut part = from.by_ref().take(LONGEST_LINE as u64);
    if part.read_until(b'\n', &mut line).ok()? == 0 {
        return None;
    }
    if line.last() != Some(&b'\n') {
        from.skip_until(b'\n').ok()?;
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_shown_as_far_as_they_are_short_and_few() {
        let mut lines = Vec::new();
        let long = "x".repeat(5_000);
        let text = format!("first\n\n{long}\nlast, without an end");
        read_printed(text.as_bytes(), |line| lines.push(line.to_owned()));
        assert_eq!(
            lines,
            ["first", &long[..LONGEST_LINE], "last, without an end"]
        );
        lines.clear();
        read_printed("a\n".repeat(1_000).as_bytes(), |line| {
            lines.push(line.to_owned())
        });
        assert_eq!(lines.len(), LINES_A_MINUTE as usize + 1);
    }
}
