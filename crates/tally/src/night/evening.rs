//! The evening behind the close: which release comes when, and with which votes.

use std::collections::{BTreeMap, VecDeque};

use companions::Baseline;
use election::{BallotKind, Event};

use super::crowd::Crowd;
use super::day;
use super::deal::{Chance, draw};
use super::wishes::{self, Wishes};
use crate::counts::Counts;
use crate::fold_error::FoldError;
use crate::reading::Fact;
use crate::release::{Release, ReleasedVotes, Scope, Unit};

/// The evening in its parts: the last release comes before the last of them.
pub(super) const PARTS: u32 = 10_000;
/// From eight to half past eleven.
pub(super) const EVENING_MS: i64 = 12_600_000;
/// When the regions of the law come, all at once: before that the country alone is shown.
const LAW_BY_REGION: u32 = 9_800;

/// The releases that have not come yet.
pub(super) struct Evening {
    /// With the part of the evening at which each comes, ascending.
    coming: VecDeque<(u32, Fact)>,
}

impl Evening {
    /// Tells the whole day to `tell`, and draws the evening behind it.
    ///
    /// # Errors
    /// What `tell` says; the event is not that of [`definition`](super::definition()).
    pub(super) fn behind(
        event: &Event,
        baseline: &Baseline,
        (crowd, chance): (&Crowd, &mut Chance),
        tell: impl FnMut(&Fact) -> Result<(), FoldError>,
    ) -> Result<Evening, FoldError> {
        let releases = day::fold(event, crowd, tell)?;
        let mut units: BTreeMap<Unit, Vec<Release>> = BTreeMap::new();
        for release in releases {
            units.entry(release.unit).or_default().push(release);
        }
        let mut coming = Vec::new();
        for ballot in event.ballots() {
            let of_ballot = units
                .iter()
                .filter(|(unit, _)| unit.ballot == ballot.index.0);
            let of_ballot: Vec<&[Release]> = of_ballot.map(|(_, row)| row.as_slice()).collect();
            match &ballot.kind {
                BallotKind::Law(_) => law(&of_ballot, chance, &mut coming),
                BallotKind::Election(election) => {
                    let ballot = (ballot, election);
                    let wishes = wishes::of_election(event, baseline, crowd, ballot, chance);
                    let ranks = crowd.ranks();
                    for ((row, wishes), rank) in of_ballot.iter().zip(wishes).zip(ranks) {
                        let times = times(rank, row.len(), chance);
                        let released = deal(row, wishes, chance);
                        coming.extend(times.into_iter().zip(released));
                    }
                }
            }
        }
        coming.sort_by_key(|(at, released)| (*at, released.unit, released.at.sequence));
        let closes = event.ballots()[0].closes;
        let coming = coming.into_iter().map(|(at, released)| {
            let time_ms = closes + EVENING_MS / i64::from(PARTS) * i64::from(at);
            (
                at,
                Fact::Released(ReleasedVotes {
                    time_ms,
                    ..released
                }),
            )
        });
        Ok(Evening {
            coming: coming.collect(),
        })
    }

    /// The next release that comes until a part of the evening.
    pub(super) fn next_until(&mut self, part: u32) -> Option<Fact> {
        self.coming
            .pop_front_if(|(at, _)| *at <= part)
            .map(|(_, fact)| fact)
    }

    /// Releases that have not come yet.
    pub(super) fn left(&self) -> usize {
        self.coming.len()
    }
}

/// Small regions begin early, and all have more than one release, of which the last ones are late.
fn times(rank: u64, releases: usize, chance: &mut Chance) -> Vec<u32> {
    let first = 250 + rank * 50 + chance.between(0, 900);
    let last = (first + 1_500 + chance.between(0, 2_000)).min(9_600);
    let steps = (releases as u64).max(2) - 1;
    let at = |step| first + (last - first) * step / steps;
    let parts = (0..releases as u64).map(|step| u32::try_from(at(step)));
    let parts: Result<_, _> = parts.collect();
    parts.expect("parts of an evening are few")
}

/// Deals what the voters of a region want onto its releases: other parts of a region want other things.
fn deal(row: &[Release], wishes: Wishes, chance: &mut Chance) -> Vec<ReleasedVotes> {
    let (choices, mut pot): (Vec<_>, Vec<_>) = wishes.into_iter().unzip();
    let dealt = row.iter().map(|release| {
        let lean = choices.iter().map(|_| chance.between(700, 1_300));
        let votes = draw(&mut pot, release.votes, &lean.collect::<Vec<_>>());
        released(release, choices.iter().cloned().zip(votes).collect())
    });
    dealt.collect()
}

fn law(rows: &[&[Release]], chance: &mut Chance, coming: &mut Vec<(u32, ReleasedVotes)>) {
    let is_country = |row: &&&[Release]| row[0].unit.scope == Scope::Country;
    let (country, regions): (Vec<&[Release]>, Vec<&[Release]>) = rows.iter().partition(is_country);
    let steps: Vec<&Release> = country.into_iter().flatten().collect();
    let sizes: Vec<u64> = steps.iter().map(|release| release.votes).collect();
    let answers = wishes::of_law(&sizes, chance);
    for (at, (release, answers)) in (0u32..).zip(steps.iter().zip(&answers)) {
        let count = u32::try_from(steps.len()).expect("a law moves in few steps");
        let at = 200 + (LAW_BY_REGION - 400) * at / count;
        coming.push((at, released(release, wishes::answers(*answers))));
    }
    let sum = |answer: usize| answers.iter().map(|answers| answers[answer]).sum();
    // The plan releases each region of a law once, at the close.
    let regions: Vec<&Release> = regions.into_iter().flatten().collect();
    let sizes: Vec<u64> = regions.iter().map(|release| release.votes).collect();
    let answers = wishes::of_law_by_region([sum(0), sum(1), sum(2)], &sizes, chance);
    for (release, answers) in regions.into_iter().zip(answers) {
        coming.push((LAW_BY_REGION, released(release, wishes::answers(answers))));
    }
}

fn released(release: &Release, wishes: Wishes) -> ReleasedVotes {
    let mut counts = Counts::default();
    for (choice, votes) in wishes.iter().filter(|(_, votes)| *votes > 0) {
        counts.add(choice, *votes);
    }
    ReleasedVotes {
        unit: release.unit,
        at: release.last,
        time_ms: release.time_ms,
        counts,
    }
}
