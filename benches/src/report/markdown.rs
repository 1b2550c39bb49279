//! A record as Markdown: the table, the advice, the worth of features, large groups.

use super::figures::{counted, engine_title, engines};
use crate::{
    BenchError,
    answer::{advise, table},
    duration,
    projection::{CORES, MEMBERS, PerMember},
    record::{Record, Series},
    suite,
    worth::{greatest, worth},
};

/// The tables of `record`.
///
/// # Errors
///
/// None: the type is that of the other forms.
pub fn text(record: &Record) -> Result<String, BenchError> {
    let cpu = &record.cpu;
    let mut parts = vec![format!(
        "# Which MLS ciphersuite on {}\n\n{}; features: {}; lanes: {}; measured {} by mls_bench {}.",
        cpu.described(),
        counted(cpu.cores, "core"),
        cpu.features.join(", "),
        cpu.lanes,
        record.created,
        record.version
    )];
    parts.extend(record.noise());
    parts.push(suites_table(record));
    parts.extend(advice(record));
    parts.extend(engines_table(record));
    parts.extend(worth_table(record));
    parts.extend(projection_table(record));
    parts.extend(memory_table(record));
    Ok(parts.join("\n\n") + "\n")
}

/// The rows as a Markdown table, the first its heading.
pub(super) fn markdown_table(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |", row.join(" | "));
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    let columns = rows.first().map_or(0, Vec::len);
    lines.insert(1.min(lines.len()), format!("|{}", "---|".repeat(columns)));
    lines.join("\n")
}

fn suites_table(record: &Record) -> String {
    let table = table(record);
    let numbers = table
        .suites
        .iter()
        .map(|&suite| format!("`{}`", suite::number(suite)));
    let mut rows = vec![std::iter::once(String::new()).chain(numbers).collect()];
    for (row, cells) in &table.rows {
        let texts = cells.iter().map(|cell| match cell {
            Some(cell) if cell.is_fastest => {
                format!("**{}**", duration::text(cell.summary.median_us))
            }
            Some(cell) => duration::text(cell.summary.median_us),
            None => String::new(),
        });
        rows.push(std::iter::once(row.title.to_owned()).chain(texts).collect());
    }
    markdown_table(&rows)
}

fn advice(record: &Record) -> Vec<String> {
    let text = |advice: crate::answer::Advice| {
        let suite = advice
            .suite
            .map_or_else(|| "no advice".to_owned(), suite::number);
        format!(
            "**{}: {suite}.** {}",
            advice.role.title(),
            advice.reasons.join(" ")
        )
    };
    advise(record).into_iter().map(text).collect()
}

/// What several engines did: the median of each.
fn engines_table(record: &Record) -> Option<String> {
    let is_one = |series: &&Series| {
        series.masked.is_none() && series.threads.is_none() && series.suite.is_some()
    };
    let all: Vec<&Series> = record.series.iter().filter(is_one).collect();
    let names = engines(&all);
    let title = |name: &&str| {
        let series = all.iter().find(|one| one.engine == *name);
        series.map_or_else(String::new, |series| engine_title(series))
    };
    let mut rows = vec![
        std::iter::once(String::new())
            .chain(names.iter().map(title))
            .collect::<Vec<_>>(),
    ];
    let mut done: Vec<&Series> = Vec::new();
    for series in &all {
        let is_same_work = |other: &&&Series| {
            (&other.scenario, &other.suite, other.size)
                == (&series.scenario, &series.suite, series.size)
        };
        if done.iter().any(|other| is_same_work(&other)) {
            continue;
        }
        done.push(series);
        let cells: Vec<String> = names
            .iter()
            .map(|name| {
                let found = all.iter().filter(is_same_work);
                let found = found.into_iter().find(|other| other.engine == *name);
                let summary = found.and_then(|other| other.summary());
                summary.map_or_else(String::new, |summary| duration::text(summary.median_us))
            })
            .collect();
        if cells.iter().filter(|cell| !cell.is_empty()).count() > 1 {
            let what = Series {
                engine: String::new(),
                ..(*series).clone()
            };
            rows.push(
                std::iter::once(what.title().trim().to_owned())
                    .chain(cells)
                    .collect(),
            );
        }
    }
    (rows.len() > 1).then(|| markdown_table(&rows))
}

fn worth_table(record: &Record) -> Option<String> {
    let all = worth(record);
    let heading = ["without", "slowest without it", "times as long"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for worth in greatest(&all) {
        let what = format!("{} {} {}", worth.scenario, worth.suite, worth.engine);
        rows.push(vec![
            worth.feature.to_owned(),
            what,
            format!("{:.2}", worth.factor),
        ]);
    }
    (rows.len() > 1).then(|| markdown_table(&rows))
}

fn projection_table(record: &Record) -> Option<String> {
    let cores = CORES.map(|cores| counted(cores, "core"));
    let heading = ["suite".to_owned(), "members".to_owned()]
        .into_iter()
        .chain(cores);
    let mut rows = vec![heading.collect::<Vec<_>>()];
    for suite in suite::all().into_iter().map(suite::number) {
        let Some(cost) = PerMember::of(record, &suite) else {
            continue;
        };
        for members in MEMBERS {
            let times = CORES.map(|cores| duration::text(cost.commit_us(members, cores)));
            rows.push(
                [suite.clone(), members.to_string()]
                    .into_iter()
                    .chain(times)
                    .collect(),
            );
        }
    }
    (rows.len() > 1).then(|| {
        format!(
            "A commit, on paper, from measured costs:\n\n{}",
            markdown_table(&rows)
        )
    })
}

fn memory_table(record: &Record) -> Option<String> {
    let heading = ["suite", "members", "bytes a member"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for memory in &record.memory {
        rows.push(vec![
            memory.suite.clone(),
            memory.members.to_string(),
            memory.bytes.to_string(),
        ]);
    }
    (rows.len() > 1).then(|| markdown_table(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_rule_below_its_heading() {
        let rows = vec![
            vec!["a".to_owned(), "b".to_owned()],
            vec!["1".to_owned(), "2".to_owned()],
        ];
        assert_eq!(markdown_table(&rows), "| a | b |\n|---|---|\n| 1 | 2 |");
    }
}
