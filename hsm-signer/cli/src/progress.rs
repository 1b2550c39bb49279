//! How far long work is, for a person who waits: a bar on standard error, and nothing where
//! that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

const STYLE: &str = "{msg}  {bar:32}  {human_pos} of {human_len}, about {eta} left";

/// A bar, gone when this is dropped. Results are said after that.
pub struct Progress(ProgressBar);

impl Progress {
    /// Nothing of `all` is done yet; `what` says what is.
    pub fn of(what: impl Into<String>, all: u64) -> Self {
        let style = ProgressStyle::with_template(STYLE);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(all).with_style(style.progress_chars("=> "));
        Self(bar.with_message(what.into()))
    }

    /// So much is done.
    pub fn at(&self, done: u64) {
        self.0.set_position(done);
    }

    /// So much more is done.
    pub fn add(&self, more: u64) {
        self.0.inc(more);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
