//! What a run of the suite found, and its publication.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Write as _};

use super::Report;
use super::checks::Part;
use super::report::{Failure, FailureKind};

/// What the suite found of one implementation.
#[derive(Clone, Debug)]
#[must_use]
pub struct Findings {
    /// The implementation's name.
    pub implementation: String,
    /// A row for each check, in the suite's order.
    pub rows: Vec<Row>,
}

/// A check, and what it found.
#[derive(Clone, Debug)]
pub struct Row {
    /// The part of the suite.
    pub part: Part,
    /// The check.
    pub name: &'static str,
    /// None where the implementation does not offer what is checked.
    pub report: Option<Report>,
}

impl Findings {
    /// Whether no case of any check failed.
    pub fn all_passed(&self) -> bool {
        self.failures().next().is_none()
    }

    /// How many cases ran.
    pub fn cases(&self) -> usize {
        let reports = self.rows.iter().filter_map(|row| row.report.as_ref());
        reports.map(cases).sum()
    }

    /// Prints the findings.
    ///
    /// # Panics
    /// Where a case failed, or none ran.
    pub fn assert(&self) {
        println!("{self}");
        assert!(
            self.cases() > 0,
            "{}: nothing was checked",
            self.implementation
        );
        assert!(self.all_passed(), "{self}");
    }

    fn failures(&self) -> impl Iterator<Item = (&Row, &Failure)> {
        self.rows.iter().flat_map(|row| {
            let failures = row.report.iter().flat_map(Report::failures);
            failures.map(move |failure| (row, failure))
        })
    }
}

impl Display for Findings {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}: {} cases", self.implementation, self.cases())?;
        for row in &self.rows {
            match &row.report {
                Some(report) => writeln!(f, "  {}: {report}", row.name)?,
                None => writeln!(f, "  {}: not offered", row.name)?,
            }
        }
        Ok(())
    }
}

/// The findings of several implementations, side by side, as Markdown: a row for each check, then
/// what each implementation fails, by kind, with one case of it.
pub fn markdown(findings: &[Findings]) -> String {
    let mut text = table(findings);
    for one in findings {
        text += &section(one);
    }
    text
}

fn table(findings: &[Findings]) -> String {
    let names: Vec<&str> = findings
        .iter()
        .map(|one| one.implementation.as_str())
        .collect();
    let mut text = format!(
        "| | {} |\n|---|{}\n",
        names.join(" | "),
        "---:|".repeat(names.len())
    );
    let Some(first) = findings.first() else {
        return text;
    };
    for (index, row) in first.rows.iter().enumerate() {
        let cells = findings
            .iter()
            .map(|one| cell(one.rows[index].report.as_ref()));
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(
            text,
            "| {}: {} | {} |",
            row.part.title(),
            row.name,
            cells.join(" | ")
        );
    }
    text
}

fn cell(report: Option<&Report>) -> String {
    match report {
        None => "–".into(),
        Some(report) if report.failures().is_empty() => cases(report).to_string(),
        Some(report) => format!("**{} of {} fail**", report.failures().len(), cases(report)),
    }
}

fn cases(report: &Report) -> usize {
    report.counts().total() + report.failures().len()
}

fn section(findings: &Findings) -> String {
    let mut text = format!("\n## {}\n\n", findings.implementation);
    if findings.all_passed() {
        let _ = writeln!(text, "All {} cases pass.", findings.cases());
        return text;
    }
    let mut groups: BTreeMap<(usize, FailureKind), Vec<&Failure>> = BTreeMap::new();
    for (index, row) in findings.rows.iter().enumerate() {
        for failure in row.report.iter().flat_map(Report::failures) {
            groups
                .entry((index, failure.kind))
                .or_default()
                .push(failure);
        }
    }
    for ((index, kind), failures) in groups {
        let (row, example) = (&findings.rows[index], failures[0]);
        let _ = writeln!(
            text,
            "- {}, {}: {} {}, such as: {}",
            row.part.title(),
            row.name,
            failures.len(),
            kind.describes(),
            example.case.trim_end(),
        );
    }
    text
}
