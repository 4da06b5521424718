//! What viewers, readers and voters met, and whether it is within its bounds.

use std::time::Duration;

use serde::Serialize;

use super::crowd::Met;
use super::plan::Plan;
use crate::memory::Memory;
use crate::verdict::Verdict;
use crate::voting::Summary;

/// Bytes that a viewer is sent of one update: the stream's message, and the answer with its head.
const UPDATE_BYTES_MAX: u64 = 3_000;

/// Times that half and 99 of 100 stay below, milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Times {
    /// Half of them stay below this.
    pub p50_ms: f64,
    /// 99 of 100 stay below this.
    pub p99_ms: f64,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Times {
        times.sort_unstable();
        let part = |percent: usize| {
            let at = times.len().saturating_sub(1) * percent / 100;
            let time = times.get(at).copied().unwrap_or_default(); // nothing was measured
            (time.as_secs_f64() * 10_000.0).round() / 10.0
        };
        Times {
            p50_ms: part(50),
            p99_ms: part(99),
        }
    }

    fn of_votes(summary: &Summary) -> Times {
        Times {
            p50_ms: summary.latency_ms.p50,
            p99_ms: summary.latency_ms.p99,
        }
    }
}

/// Page loads beside the viewers.
#[derive(Default)]
pub(super) struct Loads {
    pub(super) times: Vec<Duration>,
    pub(super) refused: u64,
}

/// What was seen, for judging.
pub(super) struct Seen {
    pub(super) plan: Plan,
    pub(super) alone: Summary,
    pub(super) beside: Summary,
    pub(super) met: Met,
    pub(super) loads: Loads,
    pub(super) stragglers: u64,
    pub(super) tally: (Memory, f64),
    /// What `tally verify` says where the ledger is not what voters were told.
    pub(super) unverified: Option<String>,
}

/// What happened with viewers beside voters.
#[derive(Clone, Debug, Serialize)]
pub struct ViewersReport {
    /// Pages that followed the stream.
    pub viewers: u32,
    /// Time of a vote before viewers came.
    pub votes_alone: Times,
    /// Time of a vote beside them.
    pub votes_beside: Times,
    /// From the stream's message to the newer page, with the wait that spreads viewers.
    pub updated: Times,
    /// From a viewer's question to its answer.
    pub answered: Times,
    /// Page loads beside, and their times.
    pub loads: usize,
    /// From when a page load was due to its end.
    pub loaded: Times,
    /// Newer pages that viewers got: as a delta, or whole.
    pub deltas: u64,
    /// Whole pages among the updates.
    pub wholes: u64,
    /// Questions to which nothing was newer.
    pub unchanged: u64,
    /// Bytes of an update, with the stream's messages and the heads of answers.
    pub bytes_an_update: u64,
    /// Page loads that were refused or failed.
    pub refused: u64,
    /// Memory of the tally, MiB.
    pub tally_mib: f64,
    /// Processors that the tally used while there were viewers and votes.
    pub tally_processors: f64,
    /// Whether the bounds held.
    pub verdict: Verdict,
}

impl ViewersReport {
    pub(super) fn of(seen: Seen) -> ViewersReport {
        let Seen {
            plan,
            alone,
            beside,
            mut met,
            loads,
            stragglers,
            tally,
            unverified,
        } = seen;
        let updates = met.deltas + met.wholes;
        let bytes_an_update = met.bytes / updates.max(1);
        let mut faults = std::mem::take(&mut met.faults);
        let failed = faults.len();
        faults.truncate(3);
        let mut hold = |holds: bool, fault: String| {
            if !holds {
                faults.push(fault);
            }
        };
        hold(failed == 0, format!("{failed} viewers failed"));
        hold(
            stragglers == 0,
            format!("{stragglers} viewers ended with another page than the newest"),
        );
        hold(
            updates >= u64::from(plan.viewers),
            format!("{updates} updates of {} viewers", plan.viewers),
        );
        hold(
            bytes_an_update <= UPDATE_BYTES_MAX,
            format!("{bytes_an_update} bytes an update"),
        );
        hold(
            met.wholes * 100 <= updates,
            format!("{} of {updates} updates were whole pages", met.wholes),
        );
        hold(
            loads.refused == 0,
            format!("{} page loads failed", loads.refused),
        );
        hold(unverified.is_none(), unverified.unwrap_or_default());
        for (when, summary) in [("before", &alone), ("beside viewers", &beside)] {
            let turned_away = summary.shed + summary.unanswered;
            hold(
                turned_away == 0,
                format!("{turned_away} votes were not taken {when}"),
            );
        }
        ViewersReport {
            viewers: plan.viewers,
            votes_alone: Times::of_votes(&alone),
            votes_beside: Times::of_votes(&beside),
            updated: Times::of(met.updated),
            answered: Times::of(met.answered),
            loads: loads.times.len(),
            loaded: Times::of(loads.times),
            deltas: met.deltas,
            wholes: met.wholes,
            unchanged: met.unchanged,
            bytes_an_update,
            refused: loads.refused,
            tally_mib: tally.0.resident_mib,
            tally_processors: (tally.1 * 100.0).round() / 100.0,
            verdict: Verdict::new(
                "every viewer has the newest page, every vote counted once",
                faults,
            ),
        }
    }

    /// The figures for people.
    #[must_use]
    pub fn table(&self) -> String {
        let times = |what: &str, times: Times| {
            format!(
                "{what:<44}{:>10.1} ms{:>10.1} ms\n",
                times.p50_ms, times.p99_ms
            )
        };
        let mut table = format!("{:<44}{:>13}{:>13}\n", "", "p50", "p99");
        table += &times("a vote, without viewers", self.votes_alone);
        table += &times("a vote, beside viewers", self.votes_beside);
        table += &times("from the stream's message to the newer page", self.updated);
        table += &times("of that, from question to answer", self.answered);
        table += &times("a page load", self.loaded);
        for (what, figure) in [
            ("viewers", self.viewers.to_string()),
            ("updates as deltas", self.deltas.to_string()),
            ("updates as whole pages", self.wholes.to_string()),
            ("questions with nothing newer", self.unchanged.to_string()),
            ("bytes an update", self.bytes_an_update.to_string()),
            ("page loads", self.loads.to_string()),
            ("page loads refused", self.refused.to_string()),
            ("memory of the tally, MiB", self.tally_mib.to_string()),
            ("processors of the tally", self.tally_processors.to_string()),
        ] {
            table += &format!("{what:<44}{figure:>13}\n");
        }
        table + &self.verdict.to_string()
    }
}
