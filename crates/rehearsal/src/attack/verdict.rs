//! What must hold under attack, and whether it did.

use super::swarm::{ADDRESSES, NOT_CONNECTED};
use super::{CROWD_CONNECTIONS, Phase, Scale};
use crate::counts::Difference;
use serde::Serialize;

/// Memory of the validator beside what mirrors files, MiB, without connections.
const BESIDE_MIB_MAX: f64 = 32.0;
/// Memory of a connection, MiB: a fifth more than `deploy/validator.toml` tells operators.
const CONNECTION_MIB_MAX: f64 = 0.03;
/// Guesses of one voter's code that are looked at: `clients.failed_attempts_burst` and one that is
/// earned back meanwhile.
const GUESSES_MAX: f64 = 21.0;
/// Wrong codes that an address earns back while it sprays, in a minute at most.
const EARNED_BACK: u32 = 10;
/// Longest that a connection without a request may live, ms: `http.header_timeout_ms`, and the time to
/// notice.
const HELD_MS_MAX: f64 = 6_500.0;
/// What an attack that was asked for must at least have been.
const DELIVERED_MIN: f64 = 0.9;

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
    /// What `tally verify --expect` says against the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// `held`, or what did not hold.
    pub verdict: String,
}

const HELD: &str = "held";

impl Outcome {
    /// Whether everything held.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.verdict == HELD
    }
}

/// What is found when all is over.
pub(super) struct Aftermath {
    /// Between what was acknowledged and what was counted.
    pub(super) difference: Difference,
    /// What `tally verify --expect` says against the ledger.
    pub(super) fault: Option<String>,
    /// Panics in the validator's log.
    pub(super) panics: u64,
}

/// Judges all phases.
pub(super) fn judge(phases: &[Phase], scale: &Scale, aftermath: Aftermath) -> Outcome {
    let mut bounds = voters(phases);
    bounds.extend(overload(phases));
    bounds.extend(slowloris(phases, scale));
    bounds.extend(others(phases, scale));
    bounds.push(at_most("panics", count(aftermath.panics), 0.0));
    let Difference { lost, double } = aftermath.difference;
    bounds.push(at_most("votes lost", count(lost), 0.0));
    bounds.push(at_most(
        "votes not acknowledged, or double",
        count(double),
        0.0,
    ));
    let broken = bounds
        .iter()
        .filter(|bound| !bound.held)
        .map(|bound| bound.bound);
    let broken: Vec<&str> = broken.chain(aftermath.fault.as_deref()).collect();
    let verdict = match broken.is_empty() {
        true => HELD.to_owned(),
        false => format!("did not hold: {}", broken.join("; ")),
    };
    Outcome {
        bounds,
        fault: aftermath.fault,
        verdict,
    }
}

/// What honest voters may demand.
fn voters(phases: &[Phase]) -> Vec<Bound> {
    let honest = phases
        .iter()
        .filter(|phase| !matches!(phase.phase, "peak" | "overload"));
    let left = honest
        .map(|phase| count(phase.shed + phase.unanswered))
        .sum();
    let calm = named(phases, "before")
        .p99_ms
        .min(named(phases, "after").p99_ms);
    let during = |name| named(phases, name).p99_ms / calm;
    let floods = ["malformed", "guessing", "spraying", "churn"].map(during);
    vec![
        at_most("honest votes not recorded under attack", left, 0.0),
        // The calmer of both: a hiccup of the machine must not excuse what the attack does.
        timed(at_most(
            "honest p99 during slowloris, times that in peace",
            during("slowloris"),
            2.0,
        )),
        timed(at_most(
            "honest p99 during the worst of the other attacks, times that in peace",
            floods.into_iter().fold(0.0, f64::max),
            10.0,
        )),
    ]
}

fn overload(phases: &[Phase]) -> Vec<Bound> {
    let (peak, overload) = (named(phases, "peak"), named(phases, "overload"));
    let times_peak = |per_s: f64| per_s / peak.goodput_per_s;
    let slowest = overload.shed_p99_9_ms.unwrap_or(f64::INFINITY);
    let turned_away = count(overload.shed) / count(overload.shed + overload.accepted);
    let memory_max = BESIDE_MIB_MAX + CONNECTION_MIB_MAX * f64::from(CROWD_CONNECTIONS);
    vec![
        timed(at_least(
            "votes answered at overload, times the peak",
            times_peak(overload.answered_per_s),
            2.7,
        )),
        timed(at_least(
            "votes recorded at overload, times the peak",
            times_peak(overload.goodput_per_s),
            0.8,
        )),
        timed(at_most(
            "votes recorded at overload, times the peak: more and it was no peak",
            times_peak(overload.goodput_per_s),
            1.5,
        )),
        timed(at_least(
            "votes turned away at overload, of all that were answered",
            turned_away,
            0.4,
        )),
        timed(at_most(
            "ms until a vote was turned away at overload, 999 of 1,000",
            slowest,
            100.0,
        )),
        at_least("votes turned away at overload", count(overload.shed), 1.0),
        at_most(
            "votes without an answer at overload",
            count(overload.unanswered),
            0.0,
        ),
        at_most(
            "MiB of memory beside mapped files at overload",
            overload.beside_mib_max,
            memory_max,
        ),
    ]
}

fn slowloris(phases: &[Phase], scale: &Scale) -> Vec<Bound> {
    let phase = named(phases, "slowloris");
    let connections = f64::from(scale.connections);
    let most = phases
        .iter()
        .map(|phase| phase.beside_mib_max)
        .fold(0.0, f64::max);
    let memory_max = BESIDE_MIB_MAX + CONNECTION_MIB_MAX * count(phase.connections);
    vec![
        at_least(
            "connections held by slowloris, of those asked for",
            count(phase.connections) / connections,
            DELIVERED_MIN,
        ),
        at_least(
            "silent connections cut off",
            met(phase, "silence_cut_off"),
            1.0,
        ),
        at_least(
            "dripping headers cut off",
            met(phase, "header_cut_off"),
            1.0,
        ),
        at_least("dripping bodies cut off", met(phase, "body_cut_off"), 1.0),
        timed(at_most(
            "ms that a slow connection was held",
            met(phase, "held_ms_max"),
            HELD_MS_MAX,
        )),
        at_most(
            "ms that a slow connection was held, by whatever machine",
            met(phase, "held_ms_max"),
            4.0 * HELD_MS_MAX,
        ),
        at_most("MiB of memory beside mapped files", most, memory_max),
    ]
}

fn others(phases: &[Phase], scale: &Scale) -> Vec<Bound> {
    let [malformed, guessing, spraying, churn] =
        ["malformed", "guessing", "spraying", "churn"].map(|name| named(phases, name));
    let delivered = |phase: &Phase, asked: u32| {
        let per_s = phase
            .attack
            .as_ref()
            .and_then(|attack| attack["per_s"].as_f64());
        per_s.unwrap_or(0.0) / f64::from(asked)
    };
    let refused = [malformed, guessing, spraying, churn]
        .map(|phase| met(phase, NOT_CONNECTED))
        .iter()
        .sum();
    let hostile = scale.hostile_per_s;
    vec![
        timed(at_least(
            "malformed requests, of those asked for",
            delivered(malformed, hostile),
            DELIVERED_MIN,
        )),
        timed(at_least(
            "guesses, of those asked for",
            delivered(guessing, hostile / 4),
            DELIVERED_MIN,
        )),
        timed(at_least(
            "wrong codes for many NASs, of those asked for",
            delivered(spraying, hostile),
            DELIVERED_MIN,
        )),
        timed(at_least(
            "churning connections, of those asked for",
            delivered(churn, hostile),
            DELIVERED_MIN,
        )),
        at_most(
            "attackers' connections that could not be made",
            refused,
            0.0,
        ),
        at_most(
            "malformed requests taken or failed on",
            strange(malformed, &[]),
            0.0,
        ),
        at_most("guesses taken or failed on", strange(guessing, &[]), 0.0),
        at_most(
            "wrong codes for many NASs taken or failed on",
            strange(spraying, &[]),
            0.0,
        ),
        at_most(
            "wrong codes for many NASs that were looked at",
            met(spraying, "403"),
            f64::from((scale.failed_attempts + EARNED_BACK) * ADDRESSES),
        ),
        at_least(
            "wrong codes for many NASs refused unlooked at",
            met(spraying, "refused_unlooked_at"),
            1.0,
        ),
        at_least(
            "requests of churning connections answered",
            met(churn, "200"),
            1.0,
        ),
        at_most(
            "requests of churning connections failed on",
            strange(churn, &["200", "left", "reset"]),
            0.0,
        ),
        at_most(
            "guesses of one voter's code that were looked at",
            met(guessing, "403"),
            GUESSES_MAX,
        ),
        at_least(
            "guesses refused unlooked at",
            met(guessing, "refused_unlooked_at"),
            1.0,
        ),
    ]
}

/// How often attackers met something; never is 0.
fn met(phase: &Phase, what: &str) -> f64 {
    let attack = phase.attack.as_ref();
    attack
        .and_then(|attack| attack["met"][what].as_f64())
        .unwrap_or(0.0)
}

/// Answers that are neither `expected` nor a refusal for a fault of the client: 2xx, 5xx, silence.
fn strange(phase: &Phase, expected: &[&str]) -> f64 {
    let met = phase
        .attack
        .as_ref()
        .and_then(|attack| attack["met"].as_object());
    let refused = ["closed", "refused_unlooked_at", NOT_CONNECTED];
    let strange = |what: &str| {
        !what.starts_with('4') && !refused.contains(&what) && !expected.contains(&what)
    };
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

fn count(number: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // below 2^53
    {
        number as f64
    }
}

/// A demand that a slow or busy machine may miss.
fn timed(bound: Bound) -> Bound {
    Bound {
        timed: true,
        ..bound
    }
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
