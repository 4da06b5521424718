//! Live progress on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::score::Score;

/// A progress bar over the requests of a run; draws nothing off a terminal.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// For a run of `total` requests.
    pub(crate) fn new(total: u64) -> Progress {
        let bar = ProgressBar::new(total);
        let style = "{elapsed_precise} {wide_bar} {pos}/{len} {per_sec} {msg}";
        // A fault in the template would fall back to the plain bar.
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Progress(bar)
    }

    /// Shows the account so far.
    pub(crate) fn show(&self, score: &Score) {
        self.0.set_position(score.sent);
        self.0.set_message(format!(
            "{} accepted, {} wrong",
            score.recorded(),
            score.wrong
        ));
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
