//! Progress on stderr, on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over credentials, with rate and time left; hidden where stderr is no terminal.
pub(crate) fn credentials_bar(what: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template(
        "{msg} [{wide_bar}] {human_pos}/{human_len} credentials, {per_sec}, {eta} left",
    );
    // The template above is a constant that a test parses.
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what);
    bar
}
