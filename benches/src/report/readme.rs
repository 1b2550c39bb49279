//! The chart and the table of the README, from one committed record.
//!
//! Both stand between two comments, the first of which names the record. A test makes
//! them again and compares.

use plotters::{
    prelude::{
        BLACK, ChartBuilder, Color, IntoDrawingArea, IntoFont, IntoSegmentedCoord, RGBColor,
        Rectangle, SVGBackend, SegmentValue, Text,
    },
    style::text_anchor::{HPos, Pos, VPos},
};

use super::markdown::markdown_table;
use crate::{
    BenchError,
    record::{Record, Wanted},
};

/// The beginning of what is generated; the record's path follows.
pub const BEGIN: &str = "<!-- figures of ";

/// The end of what is generated.
pub const END: &str = "<!-- end of the figures -->";

/// A row: what people call it, the scenario, the members, this project's engine.
type Row = (&'static str, &'static str, Option<usize>, &'static str);

const ROWS: &[Row] = &[
    ("HPKE seal", "hpke-seal", None, "hw"),
    ("HPKE open", "hpke-open", None, "hw"),
    ("sign", "sign", None, "hw"),
    ("verify", "verify", None, "hw"),
    ("AEAD, 1 KiB", "aead-encrypt", None, "hw"),
    ("AEAD, 64 KiB", "aead-encrypt-64k", None, "hw"),
    ("key package generated", "key-package", None, "hw"),
    ("key package validated", "key-package-validate", None, "hw"),
    ("commit to 1,000 members", "commit", Some(1000), "hw-batch"),
    (
        "the same, prepared while idle",
        "commit-prepared",
        Some(1000),
        "hw-batch",
    ),
    ("join of 1,000 members", "join", Some(1000), "hw-batch"),
];

const SUITES: [(&str, &str); 3] = [
    ("0x0001", "X25519, AES-GCM"),
    ("0x0002", "P-256, AES-GCM"),
    ("0x0003", "X25519, ChaCha20"),
];

/// `rival`'s median by that of this project's engine, `None` if one has no samples.
fn ratio(record: &Record, row: Row, suite: &str, rival: &str) -> Option<f64> {
    let (_, scenario, size, own) = row;
    let median = |engine| {
        record.median(Wanted {
            scenario,
            suite: Some(suite),
            size,
            engine,
        })
    };
    Some(median(rival)? / median(own)?)
}

fn text(ratio: f64) -> String {
    if ratio < 10.0 {
        format!("{ratio:.1}")
    } else {
        format!("{ratio:.0}")
    }
}

/// What stands in the README between the comments, those included. `path` is the
/// record's, `chart` the chart's, both from the README.
pub fn block(record: &Record, path: &str, chart: &str) -> String {
    let cpu = &record.cpu;
    let heading = SUITES.map(|(suite, name)| format!("`{suite}` {name}"));
    let mut rows = vec![
        std::iter::once(String::new())
            .chain(heading)
            .collect::<Vec<_>>(),
    ];
    for &row in ROWS {
        let cells = SUITES.map(|(suite, _)| cell(record, row, suite));
        rows.push(std::iter::once(row.0.to_owned()).chain(cells).collect());
    }
    let noise = record
        .noise()
        .map_or_else(String::new, |noise| format!("\n\n{noise}"));
    format!(
        "{BEGIN}{path} -->\n\
         ![How many times as fast as openmls_rust_crypto]({chart})\n\n\
         How many times as fast as `openmls_rust_crypto` (and as `openmls_libcrux_crypto`, where it\n\
         has the suite) on {} cores of {}: medians of runs interleaved in one process.{noise}\n\n\
         {}\n{END}",
        cpu.cores,
        cpu.described(),
        markdown_table(&rows)
    )
}

fn cell(record: &Record, row: Row, suite: &str) -> String {
    let rust_crypto = ratio(record, row, suite, "rust-crypto").map(text);
    let libcrux = ratio(record, row, suite, "libcrux").map(text);
    match (rust_crypto, libcrux) {
        (Some(rust_crypto), Some(libcrux)) => format!("{rust_crypto} ({libcrux})"),
        (Some(rust_crypto), None) => rust_crypto,
        (None, _) => String::new(),
    }
}

/// `readme` with its block replaced.
///
/// # Errors
///
/// [`BenchError::BadRecord`] if the README has no place for it.
pub fn with_block(readme: &str, block: &str) -> Result<String, BenchError> {
    let missing = || BenchError::BadRecord {
        path: "README.md".to_owned(),
        reason: format!("`{BEGIN}` or `{END}` is missing"),
    };
    let (before, rest) = readme.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{block}{after}"))
}

/// The path of the record that `readme` names.
pub fn record_of(readme: &str) -> Option<&str> {
    let (_, rest) = readme.split_once(BEGIN)?;
    Some(rest.split_once(" -->")?.0)
}

/// A grey that can be read on white and on black, as READMEs are shown.
const TEXT: RGBColor = RGBColor(120, 130, 146);

const COLOURS: [RGBColor; 3] = [
    RGBColor(47, 111, 237),
    RGBColor(18, 165, 148),
    RGBColor(229, 132, 59),
];

/// The chart as SVG: a bar for each row and suite.
///
/// # Errors
///
/// [`BenchError::Output`] if the drawing fails.
pub fn chart(record: &Record) -> Result<String, BenchError> {
    let mut svg = String::new();
    draw(record, &mut svg).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(svg)
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(record: &Record, svg: &mut String) -> Drawn {
    let greatest = ROWS.iter().flat_map(|&row| {
        SUITES
            .iter()
            .filter_map(move |(suite, _)| ratio(record, row, suite, "rust-crypto"))
    });
    let greatest = greatest.fold(1.0, f64::max) * 1.12;
    let area = SVGBackend::with_string(svg, (860, 560)).into_drawing_area();
    let (heading, body) = area.split_vertically(56);
    let title = ("sans-serif", 19).into_font().color(&TEXT);
    heading.draw(&Text::new(
        "Times as fast as openmls_rust_crypto",
        (16, 8),
        title,
    ))?;
    draw_legend(&heading)?;
    let mut chart = ChartBuilder::on(&body)
        .margin_right(24)
        .x_label_area_size(28)
        .y_label_area_size(220)
        .build_cartesian_2d(0.0..greatest, (0..ROWS.len() - 1).into_segmented())?;
    let label = |value: &SegmentValue<usize>| match value {
        SegmentValue::CenterOf(index) => ROWS.get(ROWS.len() - 1 - index).map_or("", |row| row.0),
        _ => "",
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(BLACK.mix(0.0))
        .bold_line_style(TEXT.mix(0.25))
        .axis_style(TEXT.mix(0.5))
        .y_labels(ROWS.len())
        .y_label_formatter(&|value| label(value).to_owned())
        .x_label_formatter(&|value| format!("{value:.0}"))
        .label_style(("sans-serif", 13).into_font().color(&TEXT))
        .draw()?;
    for (index, &row) in ROWS.iter().enumerate() {
        for (place, (suite, _)) in SUITES.iter().enumerate() {
            let Some(ratio) = ratio(record, row, suite, "rust-crypto") else {
                continue;
            };
            let position = ROWS.len() - 1 - index;
            let bar = |edge: u32| {
                // The bars of a row share its segment, a little air between rows.
                let pixels = chart.backend_coord(&(0.0, SegmentValue::Exact(position))).1;
                let next = chart
                    .backend_coord(&(0.0, SegmentValue::Exact(position + 1)))
                    .1;
                let height = f64::from(next - pixels);
                pixels + (height * (0.86 - 0.24 * f64::from(edge))) as i32
            };
            let (left, right) = (
                chart.backend_coord(&(0.0, SegmentValue::Exact(position))).0,
                chart
                    .backend_coord(&(ratio, SegmentValue::Exact(position)))
                    .0,
            );
            let (top, bottom) = (bar(place as u32), bar(place as u32 + 1) - 1);
            area.draw(&Rectangle::new(
                [(left, top), (right, bottom)],
                COLOURS[place].filled(),
            ))?;
            let anchor = Pos::new(HPos::Left, VPos::Center);
            let style = ("sans-serif", 11).into_font().color(&TEXT).pos(anchor);
            area.draw(&Text::new(
                text(ratio),
                (right + 5, (top + bottom) / 2),
                style,
            ))?;
        }
    }
    area.present()?;
    Ok(())
}

fn draw_legend(
    area: &plotters::drawing::DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
) -> Drawn {
    for (index, (suite, name)) in SUITES.iter().enumerate() {
        let left = 20 + 220 * index as i32;
        area.draw(&Rectangle::new(
            [(left, 36), (left + 11, 47)],
            COLOURS[index].filled(),
        ))?;
        let style = ("sans-serif", 13).into_font().color(&TEXT);
        area.draw(&Text::new(
            format!("{suite} {name}"),
            (left + 17, 34),
            style,
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{series, tests::record};

    #[test]
    fn the_block_replaces_its_predecessor_and_names_its_record() {
        let block = block(&record(), "benches/record/x/y.json", "chart.svg");
        let readme = format!("a\n{BEGIN}old -->\nold\n{END}\nb\n");
        let filled = with_block(&readme, &block).unwrap();
        assert!(filled.starts_with("a\n") && filled.ends_with(&format!("{END}\nb\n")));
        assert_eq!(record_of(&filled), Some("benches/record/x/y.json"));
        assert_eq!(with_block(&filled, &block).unwrap(), filled);
        assert!(with_block("no place", &block).is_err());
    }

    #[test]
    fn ratios_are_of_medians_and_drawn() {
        let mut record = record();
        for (engine, time) in [("hw", 2.0), ("rust-crypto", 9.0), ("libcrux", 50.0)] {
            record.series.push(series("hpke-seal", engine, &[time]));
        }
        assert_eq!(cell(&record, ROWS[0], "0x0001"), "4.5 (25)");
        assert_eq!(cell(&record, ROWS[0], "0x0002"), "");
        assert!(block(&record, "r", "c").contains("| HPKE seal | 4.5 (25) |  |  |"));
        let svg = chart(&record).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("4.5"), "{svg}");
    }
}
