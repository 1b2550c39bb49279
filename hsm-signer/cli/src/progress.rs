//! How far long work is, for a person who waits: a bar on standard error, and nothing where
//! that is no terminal.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

const STYLE: &str = "{msg}  {bar:32}  {human_pos} of {human_len}, about {eta} left";

/// A bar for `what`, of which there is `all` to do; gone when it is dropped. Results are said
/// after that.
pub fn bar(what: impl Into<String>, all: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(STYLE);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(all)
        .with_style(style.progress_chars("=> "))
        .with_message(what.into())
        .with_finish(ProgressFinish::AndClear)
}
