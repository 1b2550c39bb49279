//! The tables of the page. A cell with a figure has it whole in `data-value`, by which
//! the page's script sorts.

use super::{
    super::figures::{counted, engine_title},
    escaped,
};
use crate::{
    answer, duration,
    projection::{CORES, MEMBERS, PerMember},
    record::Record,
    suite,
    worth::{self, greatest},
};

/// A cell that shows `text` and is sorted by `value`.
fn figure(value: f64, text: &str, class: &str) -> String {
    format!("<td class=\"figure {class}\" data-value=\"{value}\">{text}</td>")
}

fn time(microseconds: f64, class: &str) -> String {
    figure(microseconds, &duration::text(microseconds), class)
}

fn words(text: &str) -> String {
    format!("<td>{}</td>", escaped(text))
}

/// A number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

/// A table whose columns sort, between a caption and nothing.
fn table(id: &str, headings: &[String], rows: &str) -> String {
    let headings: String = headings
        .iter()
        .map(|heading| format!("<th scope=\"col\"><button type=\"button\">{heading}</button></th>"))
        .collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\"><table id=\"{id}\"><thead><tr>{headings}</tr></thead>\
         <tbody>{rows}</tbody></table></div>"
    )
}

fn headings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Suite by operation.
pub(super) fn answer(record: &Record) -> String {
    let found = answer::table(record);
    let mut heading = vec![String::new()];
    heading.extend(found.suites.iter().map(|&suite| suite::number(suite)));
    let mut rows = String::new();
    for (row, cells) in &found.rows {
        rows += &format!("<tr><th scope=\"row\">{}</th>", row.title);
        for cell in cells {
            rows += &match cell {
                Some(cell) if cell.is_fastest => time(cell.summary.median_us, "fastest"),
                Some(cell) => time(cell.summary.median_us, ""),
                None => "<td class=\"figure\">–</td>".to_owned(),
            };
        }
        rows += "</tr>";
    }
    table("answer", &heading, &rows)
}

/// Every series.
pub(super) fn series(record: &Record) -> String {
    let names = [
        "scenario", "suite", "size", "engine", "threads", "masked", "runs", "median", "min", "MAD",
    ];
    let mut rows = String::new();
    for (index, series) in record.series.iter().enumerate() {
        let Some(summary) = series.summary() else {
            continue;
        };
        let number = |value: Option<usize>| match value {
            Some(value) => figure(value as f64, &value.to_string(), ""),
            None => "<td></td>".to_owned(),
        };
        let engine = engine_title(series);
        let class = if series.is_noisy() { "noisy" } else { "" };
        rows += &format!("<tr data-series=\"{index}\">");
        rows += &words(&series.scenario);
        rows += &words(series.suite.as_deref().unwrap_or_default());
        rows += &number(series.size);
        rows += &words(&engine);
        rows += &number(series.threads);
        rows += &words(series.masked.as_deref().unwrap_or_default());
        rows += &number(Some(summary.runs));
        rows += &time(summary.median_us, class);
        rows += &time(summary.min_us, "");
        rows += &time(summary.mad_us, class);
        rows += "</tr>";
    }
    table("all-series", &headings(&names), &rows)
}

/// What loses most without each feature.
pub(super) fn worth(record: &Record) -> String {
    let all = worth::worth(record);
    let mut rows = String::new();
    for worth in greatest(&all) {
        let also = match worth.also {
            [] => String::new(),
            also => format!(" (and {})", also.join(", ")),
        };
        rows += "<tr>";
        rows += &words(&format!("{}{also}", worth.feature));
        rows += &words(&format!("{} in {}", worth.scenario, worth.suite));
        rows += &words(&worth.engine);
        rows += &figure(worth.factor, &format!("{:.2}", worth.factor), "");
        rows += "</tr>";
    }
    if rows.is_empty() {
        return String::new();
    }
    table(
        "worth",
        &headings(&["without", "slowest without it", "engine", "times as long"]),
        &rows,
    )
}

/// Commits on paper.
pub(super) fn projection(record: &Record) -> String {
    let mut heading = headings(&["suite", "members"]);
    heading.extend(CORES.map(|cores| counted(cores, "core")));
    let mut rows = String::new();
    for suite in suite::all().into_iter().map(suite::number) {
        let Some(cost) = PerMember::of(record, &suite) else {
            continue;
        };
        for members in MEMBERS {
            rows += "<tr>";
            rows += &words(&suite);
            rows += &figure(members as f64, &grouped(members), "");
            for cores in CORES {
                rows += &time(cost.commit_us(members, cores), "");
            }
            rows += "</tr>";
        }
    }
    if rows.is_empty() {
        return "<p class=\"absent\">Not part of this record.</p>".to_owned();
    }
    table("projection", &heading, &rows)
}

/// Memory of groups.
pub(super) fn memory(record: &Record) -> String {
    let mut rows = String::new();
    for memory in &record.memory {
        rows += "<tr>";
        rows += &words(&memory.suite);
        rows += &figure(memory.members as f64, &grouped(memory.members), "");
        rows += &figure(
            memory.bytes,
            &format!("{:.1} KiB", memory.bytes / 1024.0),
            "",
        );
        rows += "</tr>";
    }
    if rows.is_empty() {
        return "<p class=\"absent\">Not part of this record.</p>".to_owned();
    }
    table(
        "memory",
        &headings(&["suite", "members", "memory for each"]),
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [7, 1000, 50_000, 1_000_000].map(grouped),
            ["7", "1,000", "50,000", "1,000,000"]
        );
    }
}
