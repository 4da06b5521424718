//! What must hold under attack, and whether it did.

use super::Phase;
use crate::counts::{self, Counts};
use serde::Serialize;

/// Memory of the validator's own, MiB, without connections.
const ANONYMOUS_MIB_MAX: f64 = 32.0;
/// Memory of a connection, MiB: 40 kB, more than `deploy/validator.toml` tells operators of one without
/// TLS.
const CONNECTION_MIB_MAX: f64 = 0.04;
/// Guesses of one voter's code that are looked at: `clients.failed_attempts_burst` and one that is
/// earned back meanwhile.
const GUESSES_MAX: f64 = 21.0;
/// Longest that a connection without a request may live, ms: `http.header_timeout_ms`, or the time of
/// a body after a head that came late, and the time to notice.
const HELD_MS_MAX: f64 = 9_000.0;

/// One demand.
#[derive(Clone, Debug, Serialize)]
pub struct Bound {
    /// What is demanded.
    pub bound: &'static str,
    /// What was measured.
    pub got: f64,
    /// What it must not go below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// What it must not exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// Whether it holds.
    pub held: bool,
    /// Whether it depends on how fast the machine is.
    #[serde(skip)]
    pub timed: bool,
}

/// What the attacks came to.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Every demand.
    pub bounds: Vec<Bound>,
    /// `held`, or what did not hold.
    pub verdict: String,
}

impl Outcome {
    /// Whether everything held.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.bounds.iter().all(|bound| bound.held)
    }
}

/// Judges all phases.
pub(super) fn judge(
    phases: Vec<Phase>,
    recorded: &Counts,
    counted: &Counts,
    panics: u64,
) -> Outcome {
    let difference = counts::difference(recorded, counted);
    let mut bounds = timed(&phases);
    bounds.extend(always(&phases));
    #[allow(clippy::cast_precision_loss)] // below 2^53
    let count = |number: u64| number as f64;
    bounds.push(at_most("panics", count(panics), 0.0));
    bounds.push(at_most("votes lost", count(difference.lost), 0.0));
    bounds.push(at_most("votes double", count(difference.double), 0.0));
    let broken: Vec<&str> = bounds.iter().filter(|b| !b.held).map(|b| b.bound).collect();
    let verdict = match broken.is_empty() {
        true => "held".to_owned(),
        false => format!("did not hold: {}", broken.join("; ")),
    };
    Outcome { bounds, verdict }
}

/// Demands that a slow or busy machine may miss.
fn timed(phases: &[Phase]) -> Vec<Bound> {
    let (before, slowloris) = (named(phases, "before"), named(phases, "slowloris"));
    let (peak, overload) = (named(phases, "peak"), named(phases, "overload"));
    let bounds = [
        at_most(
            "honest p99 during slowloris, times that before",
            slowloris.p99_ms / before.p99_ms,
            2.0,
        ),
        at_least(
            "load offered at overload, times the peak's goodput",
            overload.offered_per_s / peak.goodput_per_s,
            2.7,
        ),
        at_least(
            "goodput at overload, times the peak's",
            overload.goodput_per_s / peak.goodput_per_s,
            0.8,
        ),
        at_most(
            "ms until a vote was turned away at overload, 999 of 1,000",
            overload.shed_p99_9_ms.unwrap_or(0.0),
            100.0,
        ),
    ];
    bounds
        .map(|bound| Bound {
            timed: true,
            ..bound
        })
        .to_vec()
}

/// Demands that hold on every machine.
fn always(phases: &[Phase]) -> Vec<Bound> {
    let honest = phases
        .iter()
        .filter(|phase| !matches!(phase.phase, "peak" | "overload"));
    #[allow(clippy::cast_precision_loss)] // below 2^53
    let turned_away = honest
        .map(|phase| (phase.shed + phase.unanswered) as f64)
        .sum();
    let most = phases
        .iter()
        .map(|phase| phase.anonymous_mib_max)
        .fold(0.0, f64::max);
    let held = phases.iter().map(|phase| phase.connections).max();
    #[allow(clippy::cast_precision_loss)]
    let memory_max = ANONYMOUS_MIB_MAX + CONNECTION_MIB_MAX * held.unwrap_or(0) as f64;
    let met = |phase: &str, what: &str| {
        let attack = named(phases, phase).attack.as_ref();
        attack.and_then(|met| met[what].as_f64()).unwrap_or(0.0)
    };
    vec![
        at_most("honest votes not recorded under attack", turned_away, 0.0),
        at_most("MiB of memory beside mapped files", most, memory_max),
        at_least("slow connections cut off", met("slowloris", "cut_off"), 1.0),
        at_most(
            "ms that a slow connection was held",
            met("slowloris", "held_ms_max"),
            HELD_MS_MAX,
        ),
        at_most(
            "malformed requests taken or failed on",
            strange(phases, "malformed"),
            0.0,
        ),
        at_most(
            "guesses of one voter's code that were looked at",
            met("guessing", "403"),
            GUESSES_MAX,
        ),
        at_least(
            "guesses refused unlooked at",
            met("guessing", "refused_unlooked_at"),
            1.0,
        ),
        at_most(
            "guesses taken or failed on",
            strange(phases, "guessing"),
            0.0,
        ),
    ]
}

/// Answers that are no refusal for a fault of the client: 2xx, 5xx, silence.
fn strange(phases: &[Phase], phase: &str) -> f64 {
    let attack = named(phases, phase).attack.as_ref();
    let met = attack.and_then(|met| met.as_object());
    let strange =
        |what: &str| !what.starts_with('4') && what != "closed" && what != "refused_unlooked_at";
    let counts = met.into_iter().flatten();
    counts
        .filter(|(what, _)| strange(what))
        .filter_map(|(_, count)| count.as_f64())
        .sum()
}

fn named<'a>(phases: &'a [Phase], name: &str) -> &'a Phase {
    let found = phases.iter().find(|phase| phase.phase == name);
    found.expect("every run has every phase")
}

fn at_most(bound: &'static str, got: f64, limit: f64) -> Bound {
    Bound {
        bound,
        got: hundredths(got),
        at_least: None,
        at_most: Some(limit),
        held: got <= limit,
        timed: false,
    }
}

fn at_least(bound: &'static str, got: f64, limit: f64) -> Bound {
    Bound {
        bound,
        got: hundredths(got),
        at_least: Some(limit),
        at_most: None,
        held: got >= limit,
        timed: false,
    }
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0 + 0.0 // no sum of nothing is -0.0
}
