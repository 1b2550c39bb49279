//! The time of day in reports: RFC 3339, in UTC, to the second.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The time now, such as `2026-11-21T12:00:00Z`.
pub(super) fn now() -> String {
    text(OffsetDateTime::now_utc())
}

/// Empty after the year 9999, for which RFC 3339 has no form.
fn text(time: OffsetDateTime) -> String {
    time.truncate_to_second()
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_000_000_000, "2001-09-09T01:46:40Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            assert_eq!(text(time), expected);
            assert_eq!(
                text(time.replace_nanosecond(999_999_999).unwrap()),
                expected
            );
        }
    }
}
