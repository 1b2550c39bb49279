//! A record as one page that needs nothing else: no network, no other file.
//!
//! The charts are Plotly's, whose JavaScript the crate `plotly` carries. The page holds
//! the record itself, every sample, and everything on it is computed from that.

mod charts;
mod tables;

use plotly::Plot;

use charts::Chart;

use super::figures::counted;
use crate::{
    BenchError,
    answer::{Advice, advise},
    record::{self, Record},
    suite,
};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
///
/// # Errors
///
/// What cannot be serialised.
pub fn page(record: &Record) -> Result<String, BenchError> {
    let charts = charts::all(record);
    let figures: Vec<String> = charts.iter().map(figure).collect();
    let cpu = &record.cpu;
    let parts = [
        ("style", STYLE.to_owned()),
        ("cpu", escaped(&cpu.described())),
        ("facts", facts(record)),
        (
            "noise",
            record.noise().map_or_else(String::new, |noise| {
                format!("<p class=\"noise\" role=\"note\">{}</p>", escaped(&noise))
            }),
        ),
        ("advice", advise(record).iter().map(advice).collect()),
        ("answer", tables::answer(record)),
        ("operations", section(&charts, "operations")),
        ("groups", section(&charts, "groups")),
        ("recipients", section(&charts, "recipients")),
        ("threads", section(&charts, "threads")),
        ("batches", section(&charts, "batches")),
        ("features", section(&charts, "features")),
        ("worth", tables::worth(record)),
        ("projection", tables::projection(record)),
        ("memory", tables::memory(record)),
        ("series", tables::series(record)),
        ("record", in_script(&record::text(record)?)),
        ("figures", in_script(&format!("[{}]", figures.join(",")))),
        ("library", library()),
        ("script", SCRIPT.to_owned()),
    ];
    Ok(filled(PAGE, &parts))
}

/// `template` with each `{{name}}` replaced; what is put in is not searched again.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, from)) = rest.split_once("{{") {
        page.push_str(before);
        let (name, after) = from.split_once("}}").unwrap_or((from, ""));
        if let Some((_, text)) = parts.iter().find(|(part, _)| *part == name) {
            page.push_str(text);
        }
        rest = after;
    }
    page + rest
}

/// Plotly's JavaScript. The crate hands it out with MathJax behind it, which is of no
/// use here and two megabytes more.
fn library() -> String {
    let sources = Plot::offline_js_sources();
    let last = sources.rfind("<script type=\"text/javascript\">");
    sources[..last.unwrap_or(sources.len())]
        .trim_end()
        .to_owned()
}

/// Text between tags, or in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// JSON within a `script` element, which no `<` may end.
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn facts(record: &Record) -> String {
    let cpu = &record.cpu;
    let mut facts = vec![
        counted(cpu.cores, "core"),
        cpu.features.join(", "),
        format!("lanes: {}", cpu.lanes),
    ];
    facts.extend(cpu.hypervisor.as_ref().map(|name| format!("under {name}")));
    if !cpu.hidden.is_empty() {
        facts.push(format!("hidden: {}", cpu.hidden.join(", ")));
    }
    facts.push(record.created.replace('T', " ").replace('Z', " UTC"));
    let item = |fact: &String| format!("<li>{}</li>", escaped(fact));
    facts.iter().map(item).collect()
}

fn advice(advice: &Advice) -> String {
    let (number, name) = advice.suite.map_or_else(
        || ("no advice".to_owned(), String::new()),
        |suite| {
            (
                suite::number(suite),
                format!("{suite:?}").replace('_', "_<wbr>"),
            )
        },
    );
    let reasons: String = advice
        .reasons
        .iter()
        .map(|reason| format!("<li>{}</li>", escaped(reason)))
        .collect();
    format!(
        "<article class=\"card\"><h3>{}</h3><p class=\"choice\">{number}</p>\
         <p class=\"name\">{name}</p><ul>{reasons}</ul></article>",
        advice.role.title()
    )
}

/// The places of the charts of a section, or that it has none.
fn section(charts: &[Chart], section: &str) -> String {
    let of_section = charts.iter().filter(|chart| chart.section == section);
    let places: String = of_section
        .map(|chart| {
            format!(
                "<figure class=\"chart\"><figcaption>{}</figcaption>\
                 <div class=\"plot\" id=\"{}\"></div></figure>",
                escaped(&chart.title),
                chart.id
            )
        })
        .collect();
    if places.is_empty() {
        return "<p class=\"absent\">Not part of this record.</p>".to_owned();
    }
    format!("<div class=\"charts {section}\">{places}</div>")
}

fn figure(chart: &Chart) -> String {
    format!(
        "{{\"id\":\"{}\",\"figure\":{}}}",
        chart.id,
        chart.plot.to_json()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_once() {
        let parts = [("a", "{{b}}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(filled("<{{a}}|{{b}}|{{c}}>", &parts), "<{{b}}|x|>");
    }

    #[test]
    fn the_library_is_one_script_without_mathjax() {
        let library = library();
        assert!(library.starts_with("<script") && library.ends_with("</script>"));
        assert!(library.contains("plotly.js v"));
        assert!(!library.contains("MathJax={"));
        println!("{} bytes", library.len());
    }

    #[test]
    fn markup_cannot_be_smuggled_in() {
        assert_eq!(escaped("<b \"&\">"), "&lt;b &quot;&amp;&quot;&gt;");
        assert_eq!(
            in_script("{\"a\":\"</script>\"}"),
            "{\"a\":\"\\u003c/script>\"}"
        );
    }
}
