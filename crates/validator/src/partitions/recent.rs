//! The last hundred of something, for people who watch: what happened, and when.

use std::collections::VecDeque;
use std::sync::Mutex;

const KEPT: usize = 100;

/// The last ones, the youngest first.
pub(crate) struct Recent<T>(Mutex<VecDeque<Stamped<T>>>);

impl<T> Default for Recent<T> {
    fn default() -> Recent<T> {
        Recent(Mutex::default())
    }
}

/// One of them, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamped<T> {
    /// Ms since 1970 UTC.
    pub(crate) time_ms: i64,
    pub(crate) what: T,
}

impl<T: Clone> Recent<T> {
    /// Forgets the oldest. Whoever is busy reading or writing is not waited for: this is a picture, no book.
    pub(crate) fn add(&self, time_ms: i64, what: T) {
        let Ok(mut kept) = self.0.try_lock() else {
            return;
        };
        kept.truncate(KEPT - 1);
        kept.push_front(Stamped { time_ms, what });
    }

    pub(crate) fn all(&self) -> Vec<Stamped<T>> {
        let kept = self.0.lock();
        kept.map_or_else(|_| Vec::new(), |kept| kept.iter().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hundred_are_kept() {
        let recent = Recent::default();
        (0..250).for_each(|n| recent.add(n, n));
        let all = recent.all();
        assert_eq!(all.len(), KEPT);
        assert_eq!(
            (all.first().map(|s| s.what), all.last().map(|s| s.what)),
            (Some(249), Some(150))
        );
    }
}
