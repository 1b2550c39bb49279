//! The charts of the page.
//!
//! Colours of the ground, of the axes and of the text are not theirs: the page's script
//! sets them, for light and for dark.

use plotly::{
    Bar, Layout, Plot, Scatter,
    common::{Anchor, ErrorData, ErrorType, Line, Marker, Mode, Orientation, Title},
    layout::{Axis, AxisType, BarMode, Legend},
};

use super::super::figures::{colour, engine_title, engines, unmasked};
use crate::{
    lanes::operation,
    record::{Record, Series},
    scenario,
    statistics::Summary,
    suite,
    survey::OPERATIONS,
    worth::{Worth, worth},
};

/// A chart and where it goes.
pub(super) struct Chart {
    pub(super) id: String,
    pub(super) section: &'static str,
    pub(super) title: String,
    pub(super) plot: Plot,
}

/// Every chart that `record` has series for.
pub(super) fn all(record: &Record) -> Vec<Chart> {
    let operations = OPERATIONS
        .iter()
        .filter_map(|name| operation_chart(record, name));
    let suites = suite::all().into_iter().map(suite::number);
    let groups = suites.filter_map(|suite| commit_chart(record, &suite));
    let batches = ["x25519-agree", "p256-agree"];
    let batches = batches
        .into_iter()
        .filter_map(|name| batch_chart(record, name));
    operations
        .chain(groups)
        .chain(recipient_charts(record))
        .chain(thread_charts(record))
        .chain(batches)
        .chain(feature_chart(record))
        .collect()
}

fn summary(series: &Series) -> Summary {
    let none = Summary {
        runs: 0,
        median_us: f64::NAN,
        min_us: f64::NAN,
        mad_us: f64::NAN,
    };
    series.summary().unwrap_or(none)
}

/// The name of the engine that the series are of.
fn title_of(series: &[&&Series]) -> String {
    series
        .first()
        .map(|one| engine_title(one))
        .unwrap_or_default()
}

fn layout(x: Axis, y: Axis) -> Layout {
    let legend = Legend::new()
        .orientation(Orientation::Horizontal)
        .x(0.0)
        .y(1.02)
        .y_anchor(Anchor::Bottom);
    Layout::new()
        .x_axis(x)
        .y_axis(y)
        .bar_mode(BarMode::Group)
        .legend(legend)
        .show_legend(true)
}

fn axis(title: &str) -> Axis {
    Axis::new().title(Title::with_text(title)).auto_margin(true)
}

fn from_zero(title: &str) -> Axis {
    axis(title).range_mode(plotly::layout::RangeMode::ToZero)
}

fn logarithmic(title: &str) -> Axis {
    // A figure at each power of ten: 1, 10, 100.
    axis(title).type_(AxisType::Log).dtick(1.0)
}

/// The same with figures between: 1, 2, 5, 10.
fn finely_logarithmic(title: &str) -> Axis {
    let decades = (-2..8).map(|exponent| 10_f64.powi(exponent));
    let ticks = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * decade));
    axis(title)
        .type_(AxisType::Log)
        .tick_values(ticks.collect())
}

/// A bar for each suite and engine.
fn operation_chart(record: &Record, name: &str) -> Option<Chart> {
    let all = unmasked(record, name);
    let mut plot = Plot::new();
    for engine in engines(&all) {
        let of_engine: Vec<&&Series> = all.iter().filter(|one| one.engine == engine).collect();
        let suites = of_engine
            .iter()
            .map(|one| one.suite.clone().unwrap_or_default());
        let summaries: Vec<Summary> = of_engine.iter().map(|one| summary(one)).collect();
        let medians = summaries.iter().map(|summary| summary.median_us);
        let spread = summaries.iter().map(|summary| summary.mad_us);
        let bar = Bar::new(suites.collect::<Vec<_>>(), medians.collect::<Vec<_>>())
            .name(title_of(&of_engine))
            .marker(Marker::new().color(colour(engine)))
            .error_y(
                ErrorData::new(ErrorType::Data)
                    .array(spread.collect())
                    .thickness(1.0)
                    .width(2),
            )
            .hover_template("%{x}: %{y:.4r} µs");
        plot.add_trace(bar);
    }
    if plot.data().is_empty() {
        return None;
    }
    plot.set_layout(layout(
        axis("").type_(AxisType::Category),
        finely_logarithmic("µs"),
    ));
    let about = scenario::find(name).map_or(name, |scenario| scenario.about);
    Some(Chart {
        id: format!("operation-{name}"),
        section: "operations",
        title: format!("{name}: {about}"),
        plot,
    })
}

/// A line for each engine.
fn lines(all: &[&Series], x: impl Fn(&Series) -> f64, y: impl Fn(f64) -> f64, hover: &str) -> Plot {
    let mut plot = Plot::new();
    for engine in engines(all) {
        let mut of_engine: Vec<&&Series> = all.iter().filter(|one| one.engine == engine).collect();
        of_engine.sort_by(|a, b| x(a).total_cmp(&x(b)));
        let xs: Vec<f64> = of_engine.iter().map(|one| x(one)).collect();
        let ys: Vec<f64> = of_engine
            .iter()
            .map(|one| y(summary(one).median_us))
            .collect();
        let line = Scatter::new(xs, ys)
            .name(title_of(&of_engine))
            .mode(Mode::LinesMarkers)
            .line(Line::new().color(colour(engine)).width(2.0))
            .marker(Marker::new().color(colour(engine)).size(7))
            .hover_template(hover);
        plot.add_trace(line);
    }
    plot
}

fn size(series: &Series) -> f64 {
    series.size.unwrap_or_default() as f64
}

/// Commit time by size of group, both axes logarithmic.
fn commit_chart(record: &Record, suite: &str) -> Option<Chart> {
    let mut all = unmasked(record, "commit");
    all.retain(|one| one.suite.as_deref() == Some(suite) && one.threads.is_none());
    if all.is_empty() {
        return None;
    }
    let mut plot = lines(&all, size, |us| us / 1e3, "%{x} members: %{y:.4r} ms");
    plot.set_layout(layout(logarithmic("members"), finely_logarithmic("ms")));
    Some(Chart {
        id: format!("commit-{suite}"),
        section: "groups",
        title: format!("Commit in {suite}"),
        plot,
    })
}

/// Time for each seal by number of recipients, with and without preparation, for the
/// suites with more than one number.
fn recipient_charts(record: &Record) -> Vec<Chart> {
    let prepared = unmasked(record, "seal-many-prepared").into_iter();
    let prepared: Vec<Series> = prepared
        .map(|one| Series {
            engine: format!("{}, prepared", one.engine),
            ..one.clone()
        })
        .collect();
    let mut all = unmasked(record, "seal-many");
    all.extend(&prepared);
    all.retain(|one| one.threads.is_none());
    let suites = suite::all().into_iter().map(suite::number);
    let chart = |suite: String| {
        let mut of_suite = all.clone();
        of_suite.retain(|one| one.suite.as_deref() == Some(&suite));
        if !of_suite.iter().any(|one| one.size != of_suite[0].size) {
            return None;
        }
        let mut plot = lines(
            &of_suite,
            size,
            |us| us,
            "%{x} recipients: %{y:.4r} µs each",
        );
        plot.set_layout(layout(logarithmic("recipients"), from_zero("µs for each")));
        Some(Chart {
            id: format!("recipients-{suite}"),
            section: "recipients",
            title: format!("Seals in {suite}"),
            plot,
        })
    };
    suites.filter_map(chart).collect()
}

/// Seals a second by number of threads, for each suite.
fn thread_charts(record: &Record) -> Vec<Chart> {
    let mut all = unmasked(record, "seal-many");
    all.retain(|one| one.threads.is_some());
    let suites = suite::all().into_iter().map(suite::number);
    let chart = |suite: String| {
        let mut of_suite = all.clone();
        of_suite.retain(|one| one.suite.as_deref() == Some(&suite));
        if of_suite.is_empty() {
            return None;
        }
        let threads = |one: &Series| one.threads.unwrap_or_default() as f64;
        let per_second = |us: f64| 1e6 / us;
        let mut plot = lines(
            &of_suite,
            threads,
            per_second,
            "%{x} threads: %{y:.4s} seals a second",
        );
        let whole = axis("threads").dtick(1.0).tick_format("d");
        plot.set_layout(layout(whole, from_zero("seals a second").tick_format("~s")));
        Some(Chart {
            id: format!("threads-{suite}"),
            section: "threads",
            title: format!("Seals of a batch in {suite}"),
            plot,
        })
    };
    suites.filter_map(chart).collect()
}

/// Time for each element by length of batch.
fn batch_chart(record: &Record, name: &str) -> Option<Chart> {
    let all = unmasked(record, name);
    if all.is_empty() {
        return None;
    }
    let mut plot = lines(&all, size, |us| us, "batch of %{x}: %{y:.4r} µs each");
    let sizes = axis("elements of the batch").type_(AxisType::Log);
    let ticks = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    plot.set_layout(layout(
        sizes.tick_values(ticks.to_vec()),
        from_zero("µs for each"),
    ));
    let about = operation::find(name).map_or(name, |operation| operation.about);
    Some(Chart {
        id: format!("batch-{name}"),
        section: "batches",
        title: format!("{name}: {about}"),
        plot,
    })
}

/// For each feature and scenario the suite that loses most.
fn feature_chart(record: &Record) -> Option<Chart> {
    let all = worth(record);
    let mut plot = Plot::new();
    let mut scenarios: Vec<&str> = all.iter().map(|worth| worth.scenario.as_str()).collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    let palette = [
        "#2f6fed", "#12a594", "#7a5af8", "#e5843b", "#c45bb0", "#8a94a6", "#d9b343",
    ];
    for (name, colour) in scenarios.into_iter().zip(palette.into_iter().cycle()) {
        let bars = most(&all, name);
        let factors: Vec<f64> = bars.iter().map(|worth| worth.factor).collect();
        let features: Vec<&str> = bars.iter().map(|worth| worth.feature).collect();
        let texts: Vec<String> = bars.iter().map(|worth| worth.suite.clone()).collect();
        let bar = Bar::new(factors, features)
            .name(name)
            .orientation(Orientation::Horizontal)
            .marker(Marker::new().color(colour))
            .hover_text_array(texts)
            .hover_template("without %{y}, in %{hovertext}: %{x:.2f} times as long");
        plot.add_trace(bar);
    }
    if plot.data().is_empty() {
        return None;
    }
    // Bars begin a little before 1, nothing lost, and before whatever noise made less.
    let factors = || all.iter().map(|worth| worth.factor);
    let (least, greatest) = (factors().fold(1.0, f64::min), factors().fold(1.0, f64::max));
    let range = vec![(least * 0.9).log10(), (greatest * 1.2).log10()];
    let factors = finely_logarithmic("times as long without it").range(range);
    plot.set_layout(layout(factors, axis("")));
    Some(Chart {
        id: "features".to_owned(),
        section: "features",
        title: "How many times as long without each feature".to_owned(),
        plot,
    })
}

fn most<'a>(all: &'a [Worth], scenario: &str) -> Vec<&'a Worth> {
    let mut found: Vec<&Worth> = Vec::new();
    for worth in all.iter().filter(|worth| worth.scenario == scenario) {
        match found
            .iter_mut()
            .find(|other| other.feature == worth.feature)
        {
            Some(other) if other.factor < worth.factor => *other = worth,
            Some(_) => {}
            None => found.push(worth),
        }
    }
    found
}
