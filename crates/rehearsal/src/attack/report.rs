//! What was measured while voters voted and attackers attacked: facts, which `bounds.rs` judges and
//! which are told as lines of JSON.

use anyhow::{Context, Result};
use serde::Serialize;

use super::hoard::Hoarded;
use super::requests::Requests;
use super::slowloris::Slowloris;
use crate::counts::Difference;

/// What voters met during one measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// Votes that were due each second.
    pub offered_per_s: u64,
    /// Votes recorded or turned away each second.
    pub answered_per_s: f64,
    /// Votes recorded each second.
    pub goodput_per_s: f64,
    /// Votes answered 202: they are recorded.
    pub accepted: u64,
    /// Votes turned away with 429 or 503.
    pub shed: u64,
    /// Votes without an answer.
    pub unanswered: u64,
    /// Time from when a vote was due to its 202 that half of the votes stayed below, milliseconds.
    pub p50_ms: f64,
    /// The same for 99 votes of 100.
    pub p99_ms: f64,
    /// How fast votes were turned away, where any were.
    #[serde(flatten)]
    pub turned_away: Option<TurnedAway>,
    /// The most memory of the validator beside mapped files, MiB.
    pub beside_mib_max: f64,
    /// Connections that the validator held when the last vote was answered.
    pub connections: u64,
}

/// Times from when a vote was due to its refusal, milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TurnedAway {
    /// 99 refusals of 100 took no longer.
    #[serde(rename = "shed_p99_ms")]
    pub p99_ms: f64,
    /// 999 refusals of 1,000 took no longer.
    #[serde(rename = "shed_p99_9_ms")]
    pub p99_9_ms: f64,
    /// The slowest refusal took this long.
    #[serde(rename = "shed_max_ms")]
    pub max_ms: f64,
}

/// What honest voters met during an attack, and what the attackers met.
#[derive(Clone, Debug, Serialize)]
pub struct Attacked<A> {
    /// What honest voters met.
    #[serde(flatten)]
    pub voters: Measurement,
    /// What the attackers met.
    pub attack: A,
}

/// Honest voters before, during and after the attacks.
#[derive(Clone, Debug)]
pub struct Attacks {
    /// Before the first attack.
    pub before: Measurement,
    /// While connections were held open by slow requests.
    pub slowloris: Attacked<Slowloris>,
    /// While malformed requests came.
    pub malformed: Attacked<Requests>,
    /// While one voter's code was guessed.
    pub guessing: Attacked<Requests>,
    /// While wrong codes came for all NASs.
    pub spraying: Attacked<Requests>,
    /// While connections were made and thrown away.
    pub churn: Attacked<Requests>,
    /// While receipts were looked up.
    pub lookups: Attacked<Requests>,
    /// While a few addresses tried to hold every connection.
    pub hoarding: Attacked<Hoarded>,
    /// After the last attack.
    pub after: Measurement,
}

impl Attacks {
    /// What honest voters met, in the order of the measurements.
    #[must_use]
    pub fn honest(&self) -> [&Measurement; 9] {
        [
            &self.before,
            &self.slowloris.voters,
            &self.malformed.voters,
            &self.guessing.voters,
            &self.spraying.voters,
            &self.churn.voters,
            &self.lookups.voters,
            &self.hoarding.voters,
            &self.after,
        ]
    }
}

/// A ledger that cannot keep up, because only few votes may wait for it.
#[derive(Clone, Debug)]
pub struct Overload {
    /// The most votes that were recorded a second, at whatever rate they came.
    pub peak: Measurement,
    /// Votes at several times the peak.
    pub overload: Measurement,
}

/// What is found when everything is over.
#[derive(Clone, Debug)]
pub(super) struct Aftermath {
    /// Between what was acknowledged and what was counted.
    pub(super) difference: Difference,
    /// What `tally verify --expect` says against the ledger.
    pub(super) fault: Option<String>,
    /// Panics in the validator's log.
    pub(super) panics: u64,
}

/// The part of the rehearsal that a line of JSON tells of.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AttackPhase {
    Before,
    Slowloris,
    Malformed,
    Guessing,
    Spraying,
    Churn,
    Lookups,
    Hoarding,
    After,
    Peak,
    Overload,
}

/// A phase and what was measured in it, as one line of JSON.
///
/// # Errors
/// The line cannot be written as JSON.
pub(super) fn line(phase: AttackPhase, measured: &impl Serialize) -> Result<String> {
    #[derive(Serialize)]
    struct Line<'a, M> {
        phase: AttackPhase,
        #[serde(flatten)]
        measured: &'a M,
    }
    serde_json::to_string(&Line { phase, measured }).context("cannot write a phase as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::slowloris::Held;
    use serde_json::json;

    #[test]
    fn a_line_tells_the_phase_the_voters_and_the_attack() {
        let voters = Measurement {
            offered_per_s: 10,
            answered_per_s: 10.0,
            goodput_per_s: 9.0,
            accepted: 90,
            shed: 10,
            unanswered: 0,
            p50_ms: 1.0,
            p99_ms: 2.0,
            turned_away: Some(TurnedAway {
                p99_ms: 3.0,
                p99_9_ms: 4.0,
                max_ms: 5.0,
            }),
            beside_mib_max: 20.5,
            connections: 7,
        };
        let attacked = Attacked {
            voters,
            attack: Slowloris {
                per_s: 1.0,
                met: Held::default(),
            },
        };
        let line = line(AttackPhase::Slowloris, &attacked).unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let expected = json!({
            "phase": "slowloris", "offered_per_s": 10, "answered_per_s": 10.0, "goodput_per_s": 9.0,
            "accepted": 90, "shed": 10, "unanswered": 0, "p50_ms": 1.0, "p99_ms": 2.0,
            "shed_p99_ms": 3.0, "shed_p99_9_ms": 4.0, "shed_max_ms": 5.0,
            "beside_mib_max": 20.5, "connections": 7,
            "attack": {"per_s": 1.0, "met": {"silence_cut_off": 0, "header_cut_off": 0,
                "body_cut_off": 0, "not_connected": 0, "held_ms_max": 0}},
        });
        assert_eq!(line, expected);
    }
}
