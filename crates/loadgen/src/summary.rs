//! The summary of a run: a table for people, JSON for machines.

use std::fmt::Write;

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::args::Settings;
use crate::score::Score;

/// The figures of a finished run. Counts are requests.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// `open`: arrival times fixed in advance; `closed`: as fast as answers come.
    #[serde(rename = "loop")]
    manner: &'static str,
    /// Requests a second that were asked for, of an open loop.
    rate: Option<f64>,
    connections: u32,
    /// Sends the same votes again.
    seed: u64,
    planned: u64,
    sent: u64,
    /// Votes that were sent several times at the same moment.
    raced: u64,
    left_out: u64,
    accepted: u64,
    /// Votes recorded by an attempt whose answer was lost.
    recovered: u64,
    duplicates: u64,
    unexpected_duplicates: u64,
    invalid: u64,
    malformed: u64,
    slow: u64,
    shed: u64,
    unanswered: u64,
    wrong: u64,
    retries: u64,
    seconds: f64,
    votes_per_s: f64,
    latency_ms: Latency,
    /// Latency of requests that were turned away at every attempt.
    shed_latency_ms: Latency,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// Latency from the time when requests were due, milliseconds.
#[derive(Debug, Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    #[serde(rename = "p99.9")]
    p99_9: f64,
    max: f64,
}

impl Latency {
    fn of(us: &Histogram<u64>) -> Latency {
        #[allow(clippy::cast_precision_loss)] // microseconds below 2^53
        let ms = |us: u64| us as f64 / 1_000.0;
        let quantile = |q: f64| ms(us.value_at_quantile(q));
        Latency {
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p99_9: quantile(0.999),
            max: ms(us.max()),
        }
    }
}

impl Summary {
    /// Sums up a run of `planned` requests.
    pub(crate) fn of(settings: &Settings, planned: u64, score: &Score) -> Summary {
        let seconds = score.elapsed.as_secs_f64();
        #[allow(clippy::cast_precision_loss)] // votes below 2^53
        let votes_per_s = score.recorded() as f64 / seconds.max(0.001);
        Summary {
            manner: if settings.rate.is_some() {
                "open"
            } else {
                "closed"
            },
            rate: settings.rate,
            connections: settings.connections,
            seed: settings.seed,
            planned,
            sent: score.sent,
            raced: score.raced,
            left_out: score.left_out,
            accepted: score.accepted,
            recovered: score.recovered,
            duplicates: score.duplicates,
            unexpected_duplicates: score.unexpected_duplicates,
            invalid: score.invalid,
            malformed: score.malformed,
            slow: score.slow,
            shed: score.shed,
            unanswered: score.unanswered,
            wrong: score.wrong,
            retries: score.retries,
            seconds: (seconds * 1_000.0).round() / 1_000.0,
            votes_per_s: votes_per_s.round(),
            latency_ms: Latency::of(&score.latency_us),
            shed_latency_ms: Latency::of(&score.shed_latency_us),
            notes: score.notes.clone(),
        }
    }

    /// Whether every answer fitted what was sent and every request was settled.
    pub(crate) fn sound(&self) -> bool {
        self.wrong == 0 && self.unanswered == 0
    }

    /// One line of JSON.
    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self).context("cannot write the summary as JSON")
    }

    /// The summary as a table for people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let rows: [(&str, u64, &str); 13] = [
            ("sent", self.sent, "requests"),
            (
                "raced",
                self.raced,
                "votes sent several times at the same moment",
            ),
            (
                "left out",
                self.left_out,
                "requests due and not sent: nothing to repeat, too many slow",
            ),
            ("accepted", self.accepted, "votes (202)"),
            (
                "recovered",
                self.recovered,
                "votes whose first answer was lost (409 to the retry)",
            ),
            (
                "duplicates",
                self.duplicates,
                "repeated votes refused (409)",
            ),
            ("invalid", self.invalid, "unknown credentials refused (403)"),
            (
                "malformed",
                self.malformed,
                "malformed requests refused (400)",
            ),
            ("slow", self.slow, "dripping bodies cut off"),
            ("shed", self.shed, "turned away to the end (408, 429, 503)"),
            (
                "unanswered",
                self.unanswered,
                "not settled to the end: no answer, or none that tells",
            ),
            ("retries", self.retries, "attempts after the first"),
            ("wrong", self.wrong, "answers that contradict what was sent"),
        ];
        for (name, count, meaning) in rows {
            let _ = writeln!(text, "{name:<11}{count:>11}  {meaning}"); // a String takes everything
        }
        let l = &self.latency_ms;
        let manner = match self.rate {
            Some(rate) => format!("open loop, {rate} requests/s asked for"),
            None => "closed loop, as fast as answers came".to_owned(),
        };
        let _ = writeln!(
            text,
            "{:.0} votes/s over {:.1} s ({manner}, {} connections, seed {})",
            self.votes_per_s, self.seconds, self.connections, self.seed
        );
        if self.sent + self.left_out < self.planned {
            let _ = writeln!(text, "ended early: {} requests were planned", self.planned);
        }
        let _ = writeln!(
            text,
            "latency of votes, ms: p50 {:.1}, p90 {:.1}, p99 {:.1}, p99.9 {:.1}, max {:.1}",
            l.p50, l.p90, l.p99, l.p99_9, l.max
        );
        for note in &self.notes {
            let _ = writeln!(text, "wrong: {note}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Verdict;
    use clap::Parser;
    use std::time::Duration;

    /// A run with these arguments that planned two requests.
    fn summary(args: &[&str], score: &Score) -> Summary {
        let needed = ["loadgen", "--url", "http://127.0.0.1:9", "--roll", "roll"];
        let args = crate::args::Args::parse_from(needed.iter().chain(args));
        Summary::of(&args.resolve().unwrap(), 2, score)
    }

    #[test]
    fn a_contradiction_or_an_open_vote_is_unsound() {
        for (verdict, sound) in [
            (Verdict::Accepted("r".into()), true),
            (Verdict::Shed, true),
            (Verdict::Unanswered, false),
            (Verdict::Wrong("x".into()), false),
            (Verdict::UnexpectedDuplicate, false),
        ] {
            let mut score = Score::new().unwrap();
            score.add(&verdict, 0, Duration::from_millis(1));
            assert_eq!(summary(&[], &score).sound(), sound, "{verdict:?}");
        }
    }

    #[test]
    fn json_is_one_line_with_stable_names() {
        let mut score = Score::new().unwrap();
        score.add(&Verdict::Accepted("r".into()), 0, Duration::from_millis(5));
        score.elapsed = Duration::from_secs(1);
        let json: serde_json::Value =
            serde_json::from_str(&summary(&[], &score).json().unwrap()).unwrap();
        assert_eq!(
            (&json["accepted"], &json["votes_per_s"]),
            (&1.into(), &1.0.into())
        );
        assert!(
            (4.9..5.1).contains(&json["latency_ms"]["p99.9"].as_f64().unwrap()),
            "{json}"
        );
    }

    #[test]
    fn says_how_the_load_was_made_and_whether_all_of_it_was_sent() {
        let mut score = Score::new().unwrap();
        let closed = summary(&["--seed", "7"], &score);
        let text = closed.text();
        assert!(text.contains("closed loop"), "{text}");
        assert!(text.contains("ended early: 2 requests"), "{text}");
        assert!(closed.json().unwrap().contains(r#""seed":7"#));
        (score.sent, score.left_out) = (1, 1);
        let open = summary(&["--rate", "50"], &score);
        let text = open.text();
        assert!(text.contains("open loop, 50 requests/s"), "{text}");
        assert!(!text.contains("ended early"), "{text}");
        assert!(open.json().unwrap().contains(r#""loop":"open""#));
    }
}
