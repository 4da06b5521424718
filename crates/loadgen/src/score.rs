//! The running counts of a load: the verdicts on its requests, and the latencies of its votes.

use std::time::Duration;

use anyhow::{Context, Result};
use hdrhistogram::Histogram;

use crate::judge::Verdict;

/// Longest latency that is recorded exactly, in microseconds: an hour.
const LATENCY_US_MAX: u64 = 3_600_000_000;
/// Kinds of contradictions that are described; the others are only counted.
const NOTES_MAX: usize = 10;

/// Counts of a run.
#[derive(Debug)]
pub(crate) struct Score {
    pub(crate) sent: u64,
    /// Votes that were sent several times at the same moment.
    pub(crate) raced: u64,
    /// Requests that were due and not sent: nothing recorded to repeat, too many slow at a time.
    pub(crate) left_out: u64,
    pub(crate) accepted: u64,
    pub(crate) recovered: u64,
    pub(crate) duplicates: u64,
    pub(crate) unexpected_duplicates: u64,
    pub(crate) invalid: u64,
    pub(crate) malformed: u64,
    pub(crate) slow: u64,
    pub(crate) shed: u64,
    pub(crate) unanswered: u64,
    /// Answers that contradict what was sent, unexpected duplicates included.
    pub(crate) wrong: u64,
    pub(crate) retries: u64,
    /// The first kinds of contradictions, in words without credentials.
    pub(crate) notes: Vec<String>,
    /// Latencies of recorded votes in microseconds, from the time when they were due.
    pub(crate) latency_us: Histogram<u64>,
    /// Latencies of requests that were turned away, measured in the same way.
    pub(crate) shed_latency_us: Histogram<u64>,
    /// Length of the run.
    pub(crate) elapsed: Duration,
}

impl Score {
    pub(crate) fn new() -> Result<Score> {
        let latencies =
            || Histogram::new_with_bounds(1, LATENCY_US_MAX, 3).context("histogram of latencies");
        Ok(Score {
            sent: 0,
            raced: 0,
            left_out: 0,
            accepted: 0,
            recovered: 0,
            duplicates: 0,
            unexpected_duplicates: 0,
            invalid: 0,
            malformed: 0,
            slow: 0,
            shed: 0,
            unanswered: 0,
            wrong: 0,
            retries: 0,
            notes: Vec::new(),
            latency_us: latencies()?,
            shed_latency_us: latencies()?,
            elapsed: Duration::ZERO,
        })
    }

    /// Adds the verdict on one request, which came `latency` after the request was due.
    pub(crate) fn add(&mut self, verdict: &Verdict, retries: u64, latency: Duration) {
        self.sent += 1;
        self.retries += retries;
        match verdict {
            Verdict::Accepted(_) => self.accepted += 1,
            Verdict::Recovered => self.recovered += 1,
            Verdict::Duplicate => self.duplicates += 1,
            Verdict::Invalid => self.invalid += 1,
            Verdict::Malformed => self.malformed += 1,
            Verdict::Slow => self.slow += 1,
            Verdict::Shed => self.shed += 1,
            Verdict::Unanswered => self.unanswered += 1,
            Verdict::UnexpectedDuplicate => {
                self.unexpected_duplicates += 1;
                self.contradiction("a first vote was answered 409: cast by an earlier run?");
            }
            Verdict::Wrong(note) => self.contradiction(note),
        }
        let us = u64::try_from(latency.as_micros()).expect("no run takes 584,000 years");
        match verdict {
            Verdict::Accepted(_) | Verdict::Recovered => self.latency_us.saturating_record(us),
            Verdict::Shed => self.shed_latency_us.saturating_record(us),
            _ => {}
        }
    }

    /// Counts an answer that contradicts what was sent, and keeps `note` if it is of a new kind.
    pub(crate) fn contradiction(&mut self, note: &str) {
        self.wrong += 1;
        if self.notes.len() < NOTES_MAX && !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }

    /// Votes that are known to be recorded.
    pub(crate) fn recorded(&self) -> u64 {
        self.accepted + self.recovered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_votes_and_those_turned_away_have_a_latency_and_notes_are_bounded() {
        let mut score = Score::new().unwrap();
        score.add(&Verdict::Accepted("r".into()), 1, Duration::from_millis(2));
        score.add(&Verdict::Malformed, 0, Duration::from_secs(9));
        score.add(&Verdict::Shed, 0, Duration::from_secs(9));
        for n in 0..100 {
            score.add(&Verdict::UnexpectedDuplicate, 0, Duration::ZERO);
            score.add(&Verdict::Wrong(format!("answer {n}")), 0, Duration::ZERO);
        }
        assert_eq!((score.sent, score.recorded(), score.retries), (203, 1, 1));
        assert_eq!((score.wrong, score.unexpected_duplicates), (200, 100));
        let cast_before = |note: &&String| note.contains("earlier run");
        assert_eq!(
            score.notes.iter().filter(cast_before).count(),
            1,
            "each kind once"
        );
        assert_eq!((score.notes.len(), score.latency_us.len()), (NOTES_MAX, 1));
        assert_eq!(score.shed_latency_us.len(), 1);
    }
}
