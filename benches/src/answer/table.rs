//! The table suite by operation, its fastest marked.

use openmls_traits::types::Ciphersuite;

use super::{ROWS, Row};
use crate::{
    record::{Record, Wanted},
    statistics::Summary,
    suite,
};

/// The medians of every row and suite.
#[derive(Debug)]
pub struct Table {
    /// The suites, one a column.
    pub suites: Vec<Ciphersuite>,
    /// The rows with their cells, `None` where there are no samples.
    pub rows: Vec<(&'static Row, Vec<Option<Cell>>)>,
}

/// What one suite took.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// The samples in three figures.
    pub summary: Summary,
    /// Whether no suite was faster: its median is the least, or no further from the
    /// least than the samples of the two lie from their medians.
    pub is_fastest: bool,
}

/// The table that `record` has samples for.
pub fn table(record: &Record) -> Table {
    let suites = suite::all();
    let rows = ROWS.iter().map(|row| (row, cells(record, row, &suites)));
    Table {
        rows: rows.collect(),
        suites,
    }
}

/// The series behind a cell.
pub(super) fn summary(record: &Record, row: &Row, suite: Ciphersuite) -> Option<Summary> {
    let number = suite::number(suite);
    let wanted = Wanted {
        scenario: row.scenario,
        suite: Some(&number),
        size: row.members,
        engine: row.engine,
    };
    record.find(wanted)?.summary()
}

fn cells(record: &Record, row: &Row, suites: &[Ciphersuite]) -> Vec<Option<Cell>> {
    let found: Vec<_> = suites
        .iter()
        .map(|&suite| summary(record, row, suite))
        .collect();
    let medians = found.iter().flatten();
    let fastest = medians
        .min_by(|a, b| a.median_us.total_cmp(&b.median_us))
        .copied();
    let is_fastest = |summary: &Summary| {
        fastest.is_some_and(|fastest| {
            summary.median_us - summary.mad_us <= fastest.median_us + fastest.mad_us
        })
    };
    let cell = |summary: Summary| Cell {
        summary,
        is_fastest: is_fastest(&summary),
    };
    found.into_iter().map(|summary| summary.map(cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;

    #[test]
    fn the_fastest_is_marked_and_whoever_cannot_be_told_from_it() {
        let mut record = record();
        for (suite, samples) in [
            ("0x0001", [10.0, 10.2, 10.4]),
            ("0x0002", [10.3, 10.5, 10.7]),
            ("0x0003", [20.0, 20.0, 20.0]),
        ] {
            let mut series = crate::record::series("sign", "hw", &samples);
            series.suite = Some(suite.to_owned());
            record.series.push(series);
        }
        let table = table(&record);
        let (_, cells) = table
            .rows
            .iter()
            .find(|(row, _)| row.scenario == "sign")
            .unwrap();
        let marked: Vec<_> = cells
            .iter()
            .map(|cell| cell.map(|cell| cell.is_fastest))
            .collect();
        let (measured, others) = marked.split_at(3);
        assert_eq!(measured, [Some(true), Some(true), Some(false)]);
        assert_eq!(others, vec![None; table.suites.len() - 3]);
    }
}
