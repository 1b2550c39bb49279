//! A record's figures as comma-separated values (RFC 4180), a line a series.

use crate::{BenchError, record::Place, record::Record};

const HEADING: &str =
    "scenario,suite,size,engine,threads,masked,process,runs,median_us,min_us,mad_us,noisy";

/// The figures of `record`. The samples themselves are in its JSON.
///
/// # Errors
///
/// None: the type is that of the other forms.
pub fn text(record: &Record) -> Result<String, BenchError> {
    let mut lines = vec![HEADING.to_owned()];
    for series in &record.series {
        let Some(summary) = series.summary() else {
            continue;
        };
        let number =
            |value: Option<usize>| value.map(|value| value.to_string()).unwrap_or_default();
        let place = match series.place {
            Place::Here => "here",
            Place::OtherProcess => "other",
        };
        lines.push(
            [
                field(&series.scenario),
                field(series.suite.as_deref().unwrap_or_default()),
                number(series.size),
                field(&series.engine),
                number(series.threads),
                field(series.masked.as_deref().unwrap_or_default()),
                place.to_owned(),
                summary.runs.to_string(),
                summary.median_us.to_string(),
                summary.min_us.to_string(),
                summary.mad_us.to_string(),
                series.is_noisy().to_string(),
            ]
            .join(","),
        );
    }
    lines.push(String::new());
    Ok(lines.join("\r\n"))
}

/// A field, quoted where it has to be.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{series, tests::record};

    #[test]
    fn a_line_for_each_series_and_fields_quoted_where_they_must_be() {
        let mut record = record();
        let mut odd = series("sign", "hw", &[1.0, 3.0, 2.0]);
        odd.masked = Some("a, \"b\"".to_owned());
        record.series = vec![odd];
        let text = text(&record).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].split(',').count(), 12);
        assert_eq!(
            lines[1],
            "sign,0x0001,,hw,,\"a, \"\"b\"\"\",here,3,2,1,1,true"
        );
    }
}
