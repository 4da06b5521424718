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

    /// Adds `rows` to those already done, and shows the rate.
    pub fn rows(&self, rows: u64) {
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        let millis = self.bar.elapsed().as_millis().max(1);
        let rate = u64::try_from(u128::from(rows) * 1000 / millis)
            .expect("nobody reads 2^64 rows in a second");
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
