//! Times as people read them.

/// `microseconds` in the unit that leaves one to three digits before the point, with
/// three significant digits: `12.3 µs`, `456 ns`, `7.89 ms`, `1.20 s`.
pub fn text(microseconds: f64) -> String {
    let (value, unit) = match microseconds {
        under if under < 1.0 => (microseconds * 1e3, "ns"),
        under if under < 1e3 => (microseconds, "µs"),
        under if under < 1e6 => (microseconds / 1e3, "ms"),
        _ => (microseconds / 1e6, "s"),
    };
    let decimals = match value {
        under if under < 10.0 => 2,
        under if under < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_change_with_the_size() {
        let texts = [0.456, 12.345, 789.4, 7890.0, 1_200_000.0].map(text);
        assert_eq!(texts, ["456 ns", "12.3 µs", "789 µs", "7.89 ms", "1.20 s"]);
    }
}
