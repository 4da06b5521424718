//! What must hold under attack, and whether it did.

use serde::Serialize;

use super::report::{Aftermath, Attacked, Attacks, Measurement, Overload};
use super::requests::{Ending, Requests};
use super::scale::{CROWD_CONNECTIONS, Scale};
use super::swarm::ADDRESSES;
use crate::counts::Difference;
use crate::verdict::Verdict;

/// Memory of the validator beside mapped files, MiB, without connections.
const BESIDE_MIB_MAX: f64 = 32.0;
/// Memory of a connection, MiB: a fifth more than `deploy/validator.toml` tells operators.
const CONNECTION_MIB_MAX: f64 = 0.03;
/// Guesses of one voter's code that are looked at whatever their address has left:
/// `clients.failed_attempts_burst`, and one that is earned back meanwhile.
const GUESSES_OF_NAS: u32 = 21;
/// Wrong codes that an address earns back while it guesses, in a minute at most.
const EARNED_BACK: u32 = 2;
/// Share of all connections that forty addresses may hold: 40/16 parts for 1 part that stays free, and
/// what is always left to a client.
const HOARDED_MAX: f64 = 0.8;
/// Longest that a connection without a request may live, ms: `http.header_timeout_ms`, and the time to
/// notice.
const HELD_MS_MAX: f64 = 6_500.0;
/// Share of the requests asked for that an attack must at least have made.
const DELIVERED_MIN: f64 = 0.9;

/// One demand, and what was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Bound {
    /// The quantity that is demanded to stay within the limit.
    pub bound: &'static str,
    /// Its value, in hundredths.
    pub got: f64,
    /// What it is held against.
    #[serde(flatten)]
    pub limit: Limit,
    /// Whether the value stays within the limit.
    pub held: bool,
    /// Whether a slow or busy machine may miss it.
    #[serde(skip)]
    pub timed: bool,
}

/// The side from which a quantity is bounded.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// It must not go below this.
    AtLeast(f64),
    /// It must not exceed this.
    AtMost(f64),
}

/// All attacks, judged. Measurements are told when they are made, so JSON has the judgement alone.
#[derive(Clone, Debug, Serialize)]
pub struct AttackReport {
    /// What was measured under attack.
    #[serde(skip)]
    pub attacks: Attacks,
    /// What was measured at overload.
    #[serde(skip)]
    pub overload: Overload,
    /// Every demand, held or not.
    pub bounds: Vec<Bound>,
    /// What `tally verify --expect` says against the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// `held`, or what did not hold.
    pub verdict: Verdict,
}

impl AttackReport {
    /// Whether nothing but times and rates was missed, which a busy machine may do.
    #[must_use]
    pub fn only_times_missed(&self) -> bool {
        let mut missed = self.bounds.iter().filter(|bound| !bound.held).peekable();
        self.fault.is_none() && missed.peek().is_some() && missed.all(|bound| bound.timed)
    }
}

/// Judges everything that was measured and found.
pub(super) fn judge(
    attacks: Attacks,
    overload: Overload,
    aftermath: Aftermath,
    scale: &Scale,
) -> AttackReport {
    let mut bounds = voters(&attacks);
    bounds.extend(overloaded(&overload, calm(&attacks)));
    bounds.extend(slowloris(&attacks, &overload, scale));
    bounds.extend(others(&attacks, scale));
    bounds.extend(hoarding(&attacks, scale));
    bounds.push(at_most("panics", count(aftermath.panics), 0.0));
    let Difference { lost, double } = aftermath.difference;
    bounds.push(at_most("votes lost", count(lost), 0.0));
    bounds.push(at_most(
        "votes not acknowledged, or double",
        count(double),
        0.0,
    ));
    let broken = bounds.iter().filter(|bound| !bound.held);
    let broken = broken.map(|bound| bound.bound.to_owned());
    let faults = broken.chain(aftermath.fault.clone()).collect();
    AttackReport {
        attacks,
        overload,
        bounds,
        fault: aftermath.fault,
        verdict: Verdict::new("held", faults),
    }
}

/// What honest voters may demand.
fn voters(attacks: &Attacks) -> Vec<Bound> {
    let honest = attacks.honest();
    let left = honest.iter().map(|voters| voters.shed + voters.unanswered);
    let times_calm = |voters: &Measurement| voters.p99_ms / calm(attacks);
    let floods = flooding(attacks).map(|flood| times_calm(&flood.voters));
    let hoarding = times_calm(&attacks.hoarding.voters);
    vec![
        at_most(
            "honest votes not recorded under attack",
            count(left.sum()),
            0.0,
        ),
        timed(at_most(
            "honest p99 during slowloris, times that in peace",
            times_calm(&attacks.slowloris.voters),
            2.0,
        )),
        timed(at_most(
            "honest p99 during the worst of the other attacks, times that in peace",
            floods.into_iter().fold(hoarding, f64::max),
            10.0,
        )),
    ]
}

/// Honest p99 in peace, in the same run: the calmer of before and after, because a hiccup of the machine
/// must not excuse what an attack does.
fn calm(attacks: &Attacks) -> f64 {
    attacks.before.p99_ms.min(attacks.after.p99_ms)
}

/// The attacks that are made of many short requests.
fn flooding(attacks: &Attacks) -> [&Attacked<Requests>; 5] {
    [
        &attacks.malformed,
        &attacks.guessing,
        &attacks.spraying,
        &attacks.churn,
        &attacks.lookups,
    ]
}

/// What forty addresses got.
fn hoarding(attacks: &Attacks, scale: &Scale) -> [Bound; 3] {
    let Attacked { voters, attack } = &attacks.hoarding;
    let house = f64::from(scale.house);
    [
        at_least("requests of hoarders answered", count(attack.answered), 1.0),
        at_least(
            "connections of hoarders turned away",
            count(attack.turned_away),
            1.0,
        ),
        at_most(
            "connections held while forty addresses want all, of all",
            count(voters.connections) / house,
            HOARDED_MAX,
        ),
    ]
}

fn overloaded(measured: &Overload, calm_ms: f64) -> Vec<Bound> {
    let Overload { peak, overload } = measured;
    let times_peak = |per_s: f64| per_s / peak.goodput_per_s;
    let turned_away = count(overload.shed) / count(overload.shed + overload.accepted);
    let memory_max = BESIDE_MIB_MAX + CONNECTION_MIB_MAX * f64::from(CROWD_CONNECTIONS);
    let mut bounds = vec![
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
    ];
    // Where nobody was turned away, another bound is broken.
    bounds.extend(overload.turned_away.map(|turned_away| {
        timed(at_most(
            "time until a vote was turned away at overload, 999 of 1,000, times honest p99 in peace",
            turned_away.p99_9_ms / calm_ms,
            40.0,
        ))
    }));
    bounds
}

fn slowloris(attacks: &Attacks, overload: &Overload, scale: &Scale) -> Vec<Bound> {
    let Attacked { voters, attack } = &attacks.slowloris;
    let connections = f64::from(scale.connections);
    let measured = attacks.honest().into_iter();
    let measured = measured.chain([&overload.peak, &overload.overload]);
    let most = measured.map(|m| m.beside_mib_max).fold(0.0, f64::max);
    let memory_max = BESIDE_MIB_MAX + CONNECTION_MIB_MAX * count(voters.connections);
    vec![
        at_least(
            "connections held by slowloris, of those asked for",
            count(voters.connections) / connections,
            DELIVERED_MIN,
        ),
        at_least(
            "silent connections cut off",
            count(attack.met.silence_cut_off),
            1.0,
        ),
        at_least(
            "dripping headers cut off",
            count(attack.met.header_cut_off),
            1.0,
        ),
        at_least(
            "dripping bodies cut off",
            count(attack.met.body_cut_off),
            1.0,
        ),
        timed(at_most(
            "ms that a slow connection was held",
            count(attack.met.held_ms_max),
            HELD_MS_MAX,
        )),
        at_most(
            "ms that a slow connection was held, by whatever machine",
            count(attack.met.held_ms_max),
            4.0 * HELD_MS_MAX,
        ),
        at_most("MiB of memory beside mapped files", most, memory_max),
    ]
}

fn others(attacks: &Attacks, scale: &Scale) -> Vec<Bound> {
    let refused = flooding(attacks)
        .map(|flood| flood.attack.count(Ending::NotConnected))
        .iter()
        .sum();
    let mut bounds = vec![at_most(
        "attackers' connections that could not be made",
        count(refused),
        0.0,
    )];
    bounds.extend(delivered(attacks, scale));
    bounds.extend(malformed_and_churn(attacks));
    bounds.extend(wrong_codes(attacks, scale));
    bounds
}

/// Whether the attacks were as heavy as they were to be.
fn delivered(attacks: &Attacks, scale: &Scale) -> [Bound; 5] {
    let hostile = scale.hostile_per_s;
    let delivered = |bound, attack: &Requests, asked: u32| {
        timed(at_least(
            bound,
            attack.per_s / f64::from(asked),
            DELIVERED_MIN,
        ))
    };
    [
        delivered(
            "malformed requests, of those asked for",
            &attacks.malformed.attack,
            hostile,
        ),
        delivered(
            "guesses, of those asked for",
            &attacks.guessing.attack,
            hostile / 4,
        ),
        delivered(
            "wrong codes for many NASs, of those asked for",
            &attacks.spraying.attack,
            hostile,
        ),
        delivered(
            "churning connections, of those asked for",
            &attacks.churn.attack,
            hostile,
        ),
        delivered(
            "receipts looked up, of those asked for",
            &attacks.lookups.attack,
            hostile,
        ),
    ]
}

fn malformed_and_churn(attacks: &Attacks) -> [Bound; 5] {
    let churn = &attacks.churn.attack;
    let answered = Ending::Status(200);
    let usual = [answered, Ending::Left, Ending::Reset];
    [
        at_most(
            "malformed requests taken or failed on",
            count(attacks.malformed.attack.unexpected(&[])),
            0.0,
        ),
        at_least(
            "requests of churning connections answered",
            count(churn.count(answered)),
            1.0,
        ),
        at_most(
            "requests of churning connections failed on",
            count(churn.unexpected(&usual)),
            0.0,
        ),
        at_least(
            "receipts looked up and not found",
            count(attacks.lookups.attack.count(Ending::Status(404))),
            1.0,
        ),
        at_most(
            "receipts looked up that failed otherwise than for want of a turn",
            count(attacks.lookups.attack.unexpected(&[Ending::Status(503)])),
            0.0,
        ),
    ]
}

fn wrong_codes(attacks: &Attacks, scale: &Scale) -> [Bound; 4] {
    let (guessing, spraying) = (&attacks.guessing.attack, &attacks.spraying.attack);
    let looked_at = Ending::Status(403);
    let guesses_max = (scale.failed_attempts + EARNED_BACK) * ADDRESSES + GUESSES_OF_NAS;
    [
        at_most(
            "guesses taken or failed on",
            count(guessing.unexpected(&[])),
            0.0,
        ),
        at_most(
            "guesses of one voter's code that were looked at",
            count(guessing.count(looked_at)),
            f64::from(guesses_max),
        ),
        at_least(
            "guesses refused unlooked at",
            count(guessing.count(Ending::RefusedUnlookedAt)),
            1.0,
        ),
        at_most(
            "wrong codes for many NASs taken or failed on",
            count(spraying.unexpected(&[])),
            0.0,
        ),
    ]
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
        limit: Limit::AtMost(limit),
        held: got <= limit,
        timed: false,
    }
}

fn at_least(bound: &'static str, got: f64, limit: f64) -> Bound {
    Bound {
        bound,
        got: hundredths(got),
        limit: Limit::AtLeast(limit),
        held: got >= limit,
        timed: false,
    }
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0 + 0.0 // no sum of nothing is -0.0
}
