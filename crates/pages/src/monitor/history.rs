//! The last hour of what a monitor shows: numbers alone, taken by the program from its own metrics.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use super::exposition::{Exposition, Fold};
use super::panel::{Measure, Panel, Program};

/// How often a program takes a sample.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(10);

/// How long a sample is kept.
const KEPT_MS: i64 = 3_600_000;
/// Samples of that time, and no more whatever the clock says.
const SAMPLES_MAX: usize = 361;
/// Samples back over which rates are taken: half a minute.
const RATE_SAMPLES: usize = 3;
/// Samples back over which percentiles are taken: five minutes.
const P99_SAMPLES: usize = 30;
/// Samples back over which shares are taken: ten minutes.
const SHARE_SAMPLES: usize = 60;
/// The shortest time by which a pace is told.
const PACE_MS: i64 = 600_000;

/// What a program remembers of its own metrics, for one hour and in bounded memory. A restart forgets it.
#[derive(Debug)]
pub struct MonitorHistory {
    program: Program,
    samples: VecDeque<Sample>,
}

#[derive(Debug)]
struct Sample {
    at_ms: i64,
    /// Whether counters grow by what happens now, and no longer by what is read of before.
    is_caught_up: bool,
    /// One for each panel.
    taken: Vec<Taken>,
}

/// What the measure of a panel needs of one moment.
#[derive(Debug)]
enum Taken {
    Numbers([Option<f64>; 2]),
    /// Upper bounds with counts.
    Buckets(Vec<(f64, f64)>),
}

impl MonitorHistory {
    /// A history without samples.
    #[must_use]
    pub fn new(program: Program) -> MonitorHistory {
        MonitorHistory {
            program,
            samples: VecDeque::new(),
        }
    }

    /// Takes a sample of the program's metrics, in the text format that it exposes. What is older than an hour goes.
    /// `is_caught_up`: whether counters grow by what happens now; before, there are no rates.
    pub fn take(&mut self, at_ms: i64, metrics: &str, is_caught_up: bool) {
        let read = Exposition::read(metrics);
        self.samples
            .retain(|sample| at_ms - sample.at_ms <= KEPT_MS);
        if self.samples.len() == SAMPLES_MAX {
            self.samples.pop_front();
        }
        let panels = self.panels().iter();
        let taken = panels.map(|panel| taken(panel.measure, &read)).collect();
        self.samples.push_back(Sample {
            at_ms,
            is_caught_up,
            taken,
        });
    }

    /// The hour as JSON: the times of all samples, and for each panel its numbers, `null` where there was none.
    #[must_use]
    pub fn to_json(&self) -> String {
        let times: Vec<i64> = self.samples.iter().map(|sample| sample.at_ms).collect();
        let panels = (0..).zip(self.panels());
        let panels: Vec<Value> = panels
            .map(|(index, panel)| json!({"panel": panel.title, "values": self.values(index)}))
            .collect();
        let every_s = SAMPLE_EVERY.as_secs();
        json!({"every_s": every_s, "times_ms": times, "panels": panels}).to_string()
    }

    pub(super) fn program(&self) -> Program {
        self.program
    }

    pub(super) fn panels(&self) -> &'static [Panel] {
        self.program.panels()
    }

    /// Times of the first and the last sample.
    pub(super) fn span_ms(&self) -> Option<(i64, i64)> {
        let first = self.samples.front()?;
        Some((first.at_ms, self.samples.back()?.at_ms))
    }

    /// The numbers of a panel, one for each sample.
    pub(super) fn values(&self, panel: usize) -> Vec<Option<f64>> {
        let samples = 0..self.samples.len();
        samples.map(|at| self.value(panel, at)).collect()
    }

    fn value(&self, panel: usize, at: usize) -> Option<f64> {
        let now = self.numbers(panel, at);
        match self.panels()[panel].measure {
            Measure::Number(..) => now[0],
            Measure::Difference(..) => Some(now[0]? - now[1]?),
            Measure::Rate(_) => {
                let mut back = at.saturating_sub(RATE_SAMPLES)..=at;
                let from = back.find(|from| self.samples[*from].is_caught_up)?;
                let [grown, _] = self.grown(panel, from, at)?;
                let ms = self.samples[at].at_ms - self.samples[from].at_ms;
                // The first sample has none before it.
                (ms > 0).then(|| grown * 1_000.0 / ms as f64)
            }
            Measure::Share(_, _, least) => {
                let [part, whole] = self.grown(panel, at.saturating_sub(SHARE_SAMPLES), at)?;
                Some(if part > least { part / whole } else { 0.0 })
            }
            Measure::P99(_) => self.p99(panel, at),
            Measure::DaysUntil(_) => Some((now[0]? - self.seconds(at)) / 86_400.0),
            Measure::SecondsSince(_) => Some((self.seconds(at) - now[0]?).max(0.0)),
            Measure::HoursLeft(_) => self.hours_left(panel, at),
        }
    }

    fn numbers(&self, panel: usize, at: usize) -> [Option<f64>; 2] {
        match &self.samples[at].taken[panel] {
            Taken::Numbers(numbers) => *numbers,
            Taken::Buckets(_) => [None; 2],
        }
    }

    /// By how much the counters of a panel grew. One that fell counts as one that did not grow.
    fn grown(&self, panel: usize, from: usize, to: usize) -> Option<[f64; 2]> {
        let (before, now) = (self.numbers(panel, from), self.numbers(panel, to));
        let grown = |which: usize| Some((now[which]? - before[which].unwrap_or(0.0)).max(0.0));
        Some([grown(0)?, grown(1).unwrap_or(0.0)])
    }

    /// Nothing is said of the pace before ten minutes are known, nor where it does not shrink now.
    fn hours_left(&self, panel: usize, at: usize) -> Option<f64> {
        let at_ms = self.samples[at].at_ms;
        let left = self.numbers(panel, at)[0]?;
        let lost_since = |from: usize| Some(self.numbers(panel, from)[0]? - left);
        let ms = at_ms - self.samples[0].at_ms;
        let lost = lost_since(0)?;
        let shrinks = lost_since(at.saturating_sub(P99_SAMPLES))? > 0.0;
        let hours = ms as f64 / 3_600_000.0;
        (ms >= PACE_MS && shrinks && lost > 0.0).then(|| left / lost * hours)
    }

    fn p99(&self, panel: usize, at: usize) -> Option<f64> {
        let from = at.saturating_sub(P99_SAMPLES);
        let [before, now] = [from, at].map(|at| match &self.samples[at].taken[panel] {
            Taken::Buckets(buckets) => buckets.as_slice(),
            Taken::Numbers(_) => &[],
        });
        let earlier = |bound: f64| before.iter().find(|(known, _)| *known == bound);
        let grown = |(bound, count): &(f64, f64)| {
            (
                *bound,
                count - earlier(*bound).map_or(0.0, |(_, count)| *count),
            )
        };
        let grown: Vec<(f64, f64)> = now.iter().map(grown).collect();
        let (_, all) = *grown.last()?;
        if all <= 0.0 {
            return None;
        }
        let reached = grown.iter().position(|(_, count)| *count >= all * 0.99)?;
        // Beyond the last bound nothing is known but that.
        let known = grown[..=reached].iter().rev();
        known
            .map(|(bound, _)| *bound)
            .find(|bound| bound.is_finite())
    }

    fn seconds(&self, at: usize) -> f64 {
        self.samples[at].at_ms as f64 / 1_000.0
    }
}

fn taken(measure: Measure, read: &Exposition<'_>) -> Taken {
    let sum = |metric: &str| read.number(metric, Fold::Sum);
    Taken::Numbers(match measure {
        Measure::P99(metric) => return Taken::Buckets(read.buckets(metric)),
        Measure::Rate(metric) | Measure::HoursLeft(metric) => [sum(metric), None],
        Measure::Number(metric, fold) => [read.number(metric, fold), None],
        Measure::Difference(one, other) => [sum(one), sum(other)],
        Measure::Share(part, whole, _) => [sum(part), sum(whole)],
        Measure::DaysUntil(metric) | Measure::SecondsSince(metric) => {
            [read.number(metric, Fold::Least), None]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history of a validator whose metrics follow `text` at each second.
    fn watched(seconds: i64, text: impl Fn(i64) -> String) -> MonitorHistory {
        let mut history = MonitorHistory::new(Program::Validator);
        for second in (0..=seconds).step_by(10) {
            history.take(second * 1_000, &text(second), true);
        }
        history
    }

    /// The newest number of a panel.
    fn newest(history: &MonitorHistory, title: &str) -> Option<f64> {
        let panels = history.panels();
        let panel = panels.iter().position(|panel| panel.title == title);
        let panel = panel.unwrap_or_else(|| panic!("no panel {title}"));
        *history.values(panel).last()?
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let history = watched(7_200, |second| format!("ledger_queue_depth {second}\n"));
        assert_eq!(history.span_ms(), Some((3_600_000, 7_200_000)));
        let json: Value = serde_json::from_str(&history.to_json()).expect("JSON");
        assert_eq!(json["every_s"], 10);
        assert_eq!(json["times_ms"].as_array().map(Vec::len), Some(SAMPLES_MAX));
        let panels = json["panels"].as_array().expect("panels");
        let queue = panels.iter().find(|panel| panel["panel"] == "panel-queue");
        let values = queue.expect("the queue")["values"].as_array();
        let values = values.expect("numbers");
        assert_eq!(
            (values[0].as_f64(), values.len()),
            (Some(3_600.0), SAMPLES_MAX)
        );
    }

    #[test]
    fn a_standstill_leaves_nothing_that_is_older_than_an_hour() {
        let mut history = MonitorHistory::new(Program::Tally);
        for second in [0, 10, 3_590, 3_605, 3_610] {
            history.take(second * 1_000, "", true);
        }
        assert_eq!(history.span_ms(), Some((10_000, 3_610_000)));
        history.take(7_300_000, "", true);
        assert_eq!(history.span_ms(), Some((7_300_000, 7_300_000)));
    }

    #[test]
    fn there_are_no_rates_before_the_program_has_caught_up() {
        let mut history = MonitorHistory::new(Program::Tally);
        let samples = [(0, 0, false), (10, 900_000, false), (20, 1_000_000, true)];
        for (second, votes, is_caught_up) in samples {
            let text = format!("ledger_attempts{{status=\"accepted\"}} {votes}\n");
            history.take(second * 1_000, &text, is_caught_up);
            assert_eq!(newest(&history, "panel-counted"), None, "{second}");
        }
        let text = "ledger_attempts{status=\"accepted\"} 1000050\n";
        history.take(30_000, text, true);
        assert_eq!(newest(&history, "panel-counted"), Some(5.0));
    }

    #[test]
    fn rates_shares_and_percentiles_are_of_their_time() {
        let history = watched(1_200, |second| {
            let late = (second - 900).max(0);
            format!(
                "ledger_votes_total {}\nvotes_validated_total{{status=\"invalid\"}} {}\nvotes_validated_total{{status=\"accepted\"}} {}\n\
                 ledger_fsync_seconds_bucket{{le=\"0.005\"}} {}\nledger_fsync_seconds_bucket{{le=\"0.25\"}} {}\n\
                 ledger_fsync_seconds_bucket{{le=\"+Inf\"}} {}\nledger_disk_free_bytes {}\n",
                second * 7,
                late,
                second,
                second * 100,
                second * 100 + late * 2,
                second * 100 + late * 2,
                10_000 - second
            )
        });
        let near = |title: &str, expected: f64| {
            let value = newest(&history, title).expect("a number");
            assert!((value - expected).abs() < 1e-9, "{title}: {value}");
        };
        near("panel-accepted", 7.0);
        // 300 of 900 in ten minutes.
        near("panel-invalid-share", 300.0 / 900.0);
        // 2 of 102 are slow in the last five minutes, none was before.
        near("panel-fsync", 0.25);
        near("panel-disk", 8_800.0 / 3_600.0);
        assert_eq!(newest(&history, "panel-guessed"), None);
    }

    #[test]
    fn few_invalid_votes_quiet_disks_and_new_programs_are_no_alarm() {
        let quiet = watched(1_200, |second| {
            let invalid = second / 60;
            format!(
                "votes_validated_total{{status=\"invalid\"}} {invalid}\nledger_votes_total 0\nledger_disk_free_bytes 5\n\
                 ledger_fsync_seconds_bucket{{le=\"+Inf\"}} 0\n"
            )
        });
        assert_eq!(newest(&quiet, "panel-invalid-share"), Some(0.0));
        assert_eq!(newest(&quiet, "panel-disk"), None);
        assert_eq!(newest(&quiet, "panel-fsync"), None, "nothing was written");
        let new = watched(10, |second| {
            format!("ledger_disk_free_bytes {}\n", 100 - second)
        });
        assert_eq!(newest(&new, "panel-disk"), None);
        let fallen = watched(30, |second| format!("ledger_votes_total {}\n", 30 - second));
        assert_eq!(newest(&fallen, "panel-accepted"), Some(0.0));
    }
}
