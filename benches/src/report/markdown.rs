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

/// What several engines did, a row for each piece of work and the median of each.
fn engines_table(record: &Record) -> Option<String> {
    let all = of_every_engine(record);
    let works = works(&all);
    let names = engines(&all);
    let heading = names.iter().filter_map(|name| {
        let series = all.iter().find(|one| one.engine == *name);
        series.map(|series| engine_title(series))
    });
    let mut rows = vec![row(String::new(), heading)];
    for work in works {
        let medians = names.iter().map(|name| {
            let series = work.iter().find(|one| one.engine == *name);
            let summary = series.and_then(|series| series.summary());
            summary.map_or_else(String::new, |summary| duration::text(summary.median_us))
        });
        let nobodys = Series {
            engine: String::new(),
            ..work[0].clone()
        };
        rows.push(row(nobodys.title().trim().to_owned(), medians));
    }
    (rows.len() > 1).then(|| markdown_table(&rows))
}

fn row(first: String, others: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(first).chain(others).collect()
}

/// The series of suites that nothing was kept from.
fn of_every_engine(record: &Record) -> Vec<&Series> {
    let is_one = |series: &&Series| {
        series.masked.is_none() && series.threads.is_none() && series.suite.is_some()
    };
    record.series.iter().filter(is_one).collect()
}

/// The series of the same work together, where there is more than one.
fn works<'a>(all: &[&'a Series]) -> Vec<Vec<&'a Series>> {
    let is_same =
        |a: &Series, b: &Series| (&a.scenario, &a.suite, a.size) == (&b.scenario, &b.suite, b.size);
    let mut works: Vec<Vec<&Series>> = Vec::new();
    for &series in all {
        match works.iter_mut().find(|work| is_same(work[0], series)) {
            Some(work) => work.push(series),
            None => works.push(vec![series]),
        }
    }
    works.retain(|work| work.len() > 1);
    works
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
    use crate::record::{Place, series, tests::record};

    #[test]
    fn engines_stand_beside_each_other_and_other_processes_are_named() {
        let mut record = record();
        let mut guest = series("sign", "guest", &[3.0]);
        guest.place = Place::OtherProcess;
        record.series = vec![
            series("sign", "hw", &[1.0]),
            series("verify", "hw", &[2.0]),
            guest,
        ];
        let table = engines_table(&record).unwrap();
        assert_eq!(
            table,
            "|  | hw | guest (other process) |\n|---|---|---|\n\
             | sign 0x0001 | 1.00 µs | 3.00 µs |"
        );
    }

    #[test]
    fn a_table_has_a_rule_below_its_heading() {
        let rows = vec![
            vec!["a".to_owned(), "b".to_owned()],
            vec!["1".to_owned(), "2".to_owned()],
        ];
        assert_eq!(markdown_table(&rows), "| a | b |\n|---|---|\n| 1 | 2 |");
    }
}
