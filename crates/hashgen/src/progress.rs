//! Progress on standard error, shown on a terminal only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// Bytes read of all, rows and rows a second, time left.
pub struct Progress {
    bar: ProgressBar,
    consumed: Arc<AtomicU64>,
    rows: AtomicU64,
}

impl Progress {
    /// Begins; `len` is the number of bytes to come, where it is known.
    pub fn new(len: Option<u64>, consumed: Arc<AtomicU64>) -> Self {
        let (bar, template) = match len {
            Some(len) => (
                ProgressBar::new(len),
                "{bar:30} {percent:>3}%  {msg}  {eta} left",
            ),
            None => (
                ProgressBar::no_length(),
                "{spinner} {bytes}  {msg}  {elapsed}",
            ),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self {
            bar,
            consumed,
            rows: AtomicU64::new(0),
        }
    }

    /// Adds rows done.
    pub fn rows(&self, rows: u64) {
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        let millis = u64::try_from(self.bar.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let rate = rows.saturating_mul(1000) / millis;
        self.bar.set_position(self.consumed.load(Ordering::Relaxed));
        self.bar.set_message(format!(
            "{} rows, {} a second",
            HumanCount(rows),
            HumanCount(rate)
        ));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
