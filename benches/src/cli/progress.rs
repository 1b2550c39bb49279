//! The progress bar, on standard error; nothing where that is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::survey::Progress;

/// A bar with what is being measured and how long it has taken so far. How long it will
/// still take it does not say: a large group takes a hundred times as long as a call.
#[derive(Default)]
pub(super) struct Bar(Option<ProgressBar>);

const STYLE: &str = "{bar:32.cyan/dim} {pos:>3}/{len} {elapsed:>4} {wide_msg:.dim}";

impl Progress for Bar {
    fn begin(&mut self, total: usize) {
        let style = ProgressStyle::with_template(STYLE);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(total as u64).with_style(style.progress_chars("━━─"));
        // A large group takes minutes to make: the clock goes on meanwhile.
        bar.enable_steady_tick(Duration::from_secs(1));
        self.0 = Some(bar);
    }

    fn next(&mut self, what: &str) {
        if let Some(bar) = &self.0 {
            // The piece before it is done.
            if !bar.message().is_empty() {
                bar.inc(1);
            }
            bar.set_message(what.to_owned());
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}
