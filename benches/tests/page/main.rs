//! The page of a report in a browser: headless Chromium, Debian's package `chromium`.

mod browser;

use std::{collections::BTreeMap, num::NonZeroUsize};

use mls_bench::{
    record::{Place, Record, Series},
    report::{csv, html},
    statistics::median,
    suite,
    survey::{self, Silent, Step, Survey, Work},
};
use serde_json::Value;

use browser::{PHONE, SCREEN, Size, open};

/// A record with a series for every chart, measured here; those of masked features and of
/// another process are made of others, since they need the program and not its library.
fn record() -> Record {
    let suites = suite::all();
    let step = |name: &str, members| {
        Step::scenario(name, &suites, members)
            .with_engines(&["hw", "rust-crypto"])
            .with_budget(3, 0.1)
    };
    let batch = |elements| {
        let operation = "x25519-agree".to_owned();
        let batch = NonZeroUsize::new(elements).unwrap();
        Step::of(Work::Lanes { operation, batch })
            .with_engines(&["portable", "aws-lc-rs"])
            .with_budget(3, 0.1)
    };
    let threads = [1, 2].into_iter().filter_map(NonZeroUsize::new).collect();
    let steps = vec![
        step("sign", 2),
        step("hpke-seal", 2),
        step("commit", 3),
        step("commit", 9),
        step("seal-many", 8).with_threads(threads),
        step("seal-many", 3),
        step("seal-many", 9),
        step("seal-many-prepared", 3),
        step("seal-many-prepared", 9),
        batch(1),
        batch(8),
    ];
    let survey = Survey {
        steps,
        ..Survey::default()
    };
    let mut record = survey::run(&survey, &mut Silent).unwrap();
    let sign = |series: &&Series| series.scenario == "sign" && series.engine == "hw";
    let signs: Vec<Series> = record.series.iter().filter(sign).cloned().collect();
    for (name, factor) in [("nothing", 1.0), ("VAES", 2.0), ("AVX2", 4.0)] {
        record.series.extend(signs.iter().cloned().map(|series| {
            Series {
                masked: Some(name.to_owned()),
                samples_us: series
                    .samples_us
                    .iter()
                    .map(|sample| sample * factor)
                    .collect(),
                ..series
            }
        }));
    }
    let seals = |series: &&Series| series.scenario == "hpke-seal" && series.engine == "hw";
    let seals: Vec<Series> = record.series.iter().filter(seals).cloned().collect();
    record.series.extend(seals.into_iter().map(|series| Series {
        engine: "guest".to_owned(),
        place: Place::OtherProcess,
        ..series
    }));
    record
}

/// What the probe saw on the page of `record`.
fn probe(record: &Record, size: Size) -> Value {
    let page = html::page(record).unwrap();
    let script = format!("<script>{}</script></body>", include_str!("probe.js"));
    let probed = page.replace("</body>\n</html>", &format!("{script}\n</html>"));
    assert_ne!(page, probed);
    let (dom, console) = open("probed", &probed, size);
    assert_eq!(console, Vec::<String>::new(), "the browser's console");
    let (_, rest) = dom
        .split_once("data-seen=\"")
        .expect("the probe ran to its end");
    let (json, _) = rest.split_once('"').unwrap();
    let json = json
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    serde_json::from_str(&json.replace("&nbsp;", "\u{a0}").replace("&amp;", "&")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect()
}

/// Equal but for the last digits, which JavaScript may print otherwise.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn assert_same(seen: &[f64], expected: &[f64], what: &str) {
    let all_same = seen.iter().zip(expected).all(|(&a, &b)| same(a, b));
    assert!(
        all_same && seen.len() == expected.len(),
        "{what}: {seen:?}, not {expected:?}"
    );
}

#[test]
fn the_page_needs_nothing_else() {
    let page = html::page(&record()).unwrap();
    for outside in ["src=\"http", "href=\"http", "@import", "url(http"] {
        let (own, _library) = page.split_once("plotly.js v").unwrap();
        assert!(!own.contains(outside), "{outside}");
    }
    println!("{} bytes", page.len());
}

#[test]
fn every_number_of_the_page_is_one_of_the_samples() {
    let record = record();
    let seen = probe(&record, SCREEN);
    assert_eq!(seen["errors"], Value::Array(vec![]));
    assert_eq!(seen["requests"], Value::Array(vec![]));
    assert_tables(&record, &seen);
    let drawn = assert_charts(&record, &seen);
    println!(
        "{} series in the table, {drawn} points in the charts",
        record.series.len()
    );
    assert_eq!(
        seen["filtered"].as_array().unwrap().len(),
        5,
        "{}",
        seen["filtered"]
    );
    assert_ne!(seen["grounds"][0], seen["grounds"][1], "light and dark");
    assert!(seen["fastest"].as_u64().unwrap() > 0);
    assert_downloads(&record, &seen);
}

fn assert_tables(record: &Record, seen: &Value) {
    let rows = seen["series"].as_array().unwrap();
    assert_eq!(rows.len(), record.series.len());
    for row in rows {
        let series = &record.series[row["index"].as_u64().unwrap() as usize];
        let summary = series.summary().unwrap();
        let expected = [summary.median_us, summary.min_us, summary.mad_us];
        assert_same(&floats(&row["figures"]), &expected, &series.title());
    }
    let mut medians: Vec<f64> = record
        .series
        .iter()
        .map(|series| median(&series.samples_us).unwrap())
        .collect();
    medians.sort_by(f64::total_cmp);
    assert_same(&floats(&seen["ascending"]), &medians, "ascending");
    medians.reverse();
    assert_same(&floats(&seen["descending"]), &medians, "descending");
}

/// Holds every point of every chart against the samples; returns how many there are.
fn assert_charts(record: &Record, seen: &Value) -> usize {
    let charts = seen["charts"].as_array().unwrap();
    let mut sections = BTreeMap::new();
    let (mut drawn, mut others) = (0, 0);
    for chart in charts {
        let id = chart["id"].as_str().unwrap();
        let (section, what) = id.split_once('-').unwrap_or((id, ""));
        *sections.entry(section).or_insert(0) += 1;
        let mut points = 0;
        for trace in chart["traces"].as_array().unwrap() {
            let name = trace["name"].as_str().unwrap();
            for point in trace["points"].as_array().unwrap() {
                assert_point(record, section, what, name, point);
                others += usize::from(name.ends_with(" (other process)"));
                points += 1;
            }
        }
        assert_eq!(chart["marks"], points, "{id}: not every point is drawn");
        drawn += points;
    }
    let expected = [
        ("batch", 1),
        ("commit", 5),
        ("features", 1),
        ("operation", 2),
        ("recipients", 5),
        ("threads", 5),
    ];
    assert_eq!(sections, BTreeMap::from(expected));
    assert_eq!(others, suite::all().len(), "marked as another process's");
    drawn
}

fn assert_point(record: &Record, section: &str, what: &str, name: &str, point: &Value) {
    let number = |place: usize| point[place].as_f64();
    let word = |place: usize| point[place].as_str();
    let unmasked = || {
        record
            .series
            .iter()
            .filter(|series| series.masked.is_none())
    };
    let of = |series: &&Series| match series.place {
        Place::Here => series.engine == name,
        Place::OtherProcess => format!("{} (other process)", series.engine) == name,
    };
    let of_seals = |series: &&Series| {
        let (engine, scenario) = match name.split_once(", ") {
            Some((engine, "prepared")) => (engine, "seal-many-prepared"),
            _ => (name, "seal-many"),
        };
        series.engine == engine && series.scenario == scenario && series.threads.is_none()
    };
    let size = |series: &Series| series.size.map(|size| size as f64);
    let in_suite = |series: &&Series| series.suite.as_deref() == Some(what);
    let (found, shown) = match section {
        "operation" => (
            unmasked()
                .filter(of)
                .find(|one| one.scenario == what && one.suite.as_deref() == word(0)),
            number(1),
        ),
        "commit" => (
            unmasked()
                .filter(of)
                .filter(in_suite)
                .find(|one| one.scenario == "commit" && size(one) == number(0)),
            number(1).map(|milliseconds| milliseconds * 1e3),
        ),
        "recipients" => (
            unmasked()
                .filter(of_seals)
                .filter(in_suite)
                .find(|one| size(one) == number(0)),
            number(1),
        ),
        "threads" => (
            unmasked()
                .filter(of)
                .filter(in_suite)
                .find(|one| one.threads.map(|threads| threads as f64) == number(0)),
            number(1).map(|per_second| 1e6 / per_second),
        ),
        "batch" => (
            unmasked()
                .filter(of)
                .find(|one| one.scenario == what && size(one) == number(0)),
            number(1),
        ),
        "features" => return assert_worth(record, name, point),
        _ => panic!("no chart is called {section}"),
    };
    let series = found.unwrap_or_else(|| panic!("{section} {what} {name} {point}: no series"));
    let expected = median(&series.samples_us).unwrap();
    assert!(
        same(shown.unwrap(), expected),
        "{}: {shown:?}, not {expected}",
        series.title()
    );
}

/// The factor of a feature is that of one suite, and of none greater.
fn assert_worth(record: &Record, scenario: &str, point: &Value) {
    let (factor, feature) = (point[0].as_f64().unwrap(), point[1].as_str().unwrap());
    let factors = suite::all().into_iter().map(suite::number).map(|suite| {
        let of = |masked: &str| {
            let is_it = |series: &&Series| {
                series.scenario == scenario
                    && series.suite.as_deref() == Some(suite.as_str())
                    && series.masked.as_deref() == Some(masked)
            };
            median(&record.series.iter().find(is_it).unwrap().samples_us).unwrap()
        };
        of(feature) / of("nothing")
    });
    let greatest = factors.fold(0.0, f64::max);
    assert!(
        same(factor, greatest),
        "{feature}: {factor}, not {greatest}"
    );
}

fn assert_downloads(record: &Record, seen: &Value) {
    let json = seen["downloads"]["json"].as_str().unwrap();
    assert_eq!(&serde_json::from_str::<Record>(json).unwrap(), record);
    let downloaded = seen["downloads"]["csv"].as_str().unwrap();
    let own = csv::text(record).unwrap();
    assert_eq!(downloaded.lines().count(), own.lines().count());
    for series in &record.series {
        let median = median(&series.samples_us).unwrap().to_string();
        assert!(downloaded.contains(&median), "{median}");
    }
}

#[test]
fn a_phone_shows_it_without_scrolling_sideways() {
    let seen = probe(&record(), PHONE);
    assert_eq!(seen["overflow"], 0);
    for chart in seen["charts"].as_array().unwrap() {
        let width = chart["width"].as_f64().unwrap();
        assert!(
            width > 250.0 && width <= f64::from(PHONE.0),
            "{}: {width}",
            chart["id"]
        );
    }
}
