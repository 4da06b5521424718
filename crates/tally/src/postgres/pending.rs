//! What waits to be written: rows of who voted, and counts of what was voted as they are released. The
//! next transaction writes both, but rewrites rankings in groups.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use election::{Ballot, BallotKind, Event, Method};
use ledger::Cursor;

use super::rows::{AuditRows, RepeatRow};
use crate::ballot_count::HOUR_MS;
use crate::counts::Counts;
use crate::fold_error::FoldError;
use crate::opened::OpenedFrame;
use crate::release::{ReleasedVotes, Scope, Unit};
use crate::roll::Roll;

/// Minute, ms: the grain of the times of repeated submissions.
const MINUTE_MS: i64 = 60_000;
/// A region's rankings are rewritten as a whole, so not for every few votes, and yet not later
/// than this.
const RANKINGS_WAIT_MAX: Duration = Duration::from_secs(2);
/// ... unless the new votes are at least this share of the rows to rewrite.
const RANKINGS_PER_VOTE_MAX: u64 = 16;

/// Released counts of one unit that are not in the tables yet.
pub(crate) struct Held {
    pub(crate) released: Counts,
    /// The last frame of the last release, and its commit time.
    pub(crate) sequence: u64,
    pub(crate) time_ms: i64,
    /// Votes in `released`, and since when there are any.
    votes: u64,
    since: Instant,
    /// Rankings that the unit has in the tables, about: written by this fold.
    written_rankings: u64,
}

/// Everything between the tables and the head of the fold.
pub(crate) struct Pending<'a> {
    event: &'a Event,
    roll: &'a dyn Roll,
    pub(crate) audit: AuditRows<'a>,
    pub(crate) held: BTreeMap<Unit, Held>,
    /// Head of each partition in the fold.
    pub(crate) heads: BTreeMap<u16, Cursor>,
    pub(crate) frames: usize,
    pub(crate) votes: u64,
}

impl<'a> Pending<'a> {
    /// Before the first frame.
    pub(crate) fn new(event: &'a Event, roll: &'a dyn Roll) -> Pending<'a> {
        Pending {
            event,
            roll,
            audit: AuditRows::default(),
            held: BTreeMap::new(),
            heads: BTreeMap::new(),
            frames: 0,
            votes: 0,
        }
    }

    pub(crate) fn event(&self) -> &'a Event {
        self.event
    }

    /// Last frame of a partition that was added; the start of the ledger before the first.
    pub(crate) fn head(&self, partition: u16) -> Cursor {
        self.heads.get(&partition).copied().unwrap_or_default()
    }

    /// Adds a frame to the rows of who, where `audited` is behind it.
    ///
    /// # Errors
    /// The frame names a credential that the package does not have.
    pub(crate) fn add(&mut self, frame: &OpenedFrame, audited: u64) -> Result<(), FoldError> {
        self.heads.insert(frame.partition, frame.at);
        if frame.at.sequence > audited {
            self.frames += 1;
            self.votes += frame.votes();
            self.add_marks(frame)?;
            self.add_attempts(frame)?;
        }
        Ok(())
    }

    /// Adds a release to the counts of its unit, where `step` is behind it.
    pub(crate) fn release(&mut self, released: &ReleasedVotes, step: u64) {
        if is_stored(self.event, released.unit) && released.at.sequence > step {
            let held = self.held.entry(released.unit).or_insert_with(Held::new);
            held.add(released);
        }
    }

    fn add_marks(&mut self, frame: &OpenedFrame) -> Result<(), FoldError> {
        let hour = floor(frame.time_ms, HOUR_MS);
        for marks in &frame.body.marks {
            for shard in &marks.shards {
                for ordinal in &shard.ordinals {
                    let (credential, region) =
                        self.credential(frame, marks.ballot, shard.shard, *ordinal)?;
                    *self
                        .audit
                        .turnout
                        .entry((credential.1, region, hour))
                        .or_default() += 1;
                    self.audit.accepted.insert(credential, hour);
                }
            }
        }
        Ok(())
    }

    fn add_attempts(&mut self, frame: &OpenedFrame) -> Result<(), FoldError> {
        let (minute, hour) = (
            floor(frame.time_ms, MINUTE_MS),
            floor(frame.time_ms, HOUR_MS),
        );
        for repeat in &frame.body.attempts.duplicates {
            let (credential, _) =
                self.credential(frame, repeat.ballot, repeat.shard, repeat.ordinal)?;
            let row = self.audit.repeats.entry(credential).or_insert(RepeatRow {
                count: 0,
                first_ms: minute,
                last_ms: minute,
            });
            row.count += i64::from(repeat.count);
            row.last_ms = minute;
        }
        for invalid in &frame.body.attempts.invalid {
            let ballot = invalid
                .ballot
                .and_then(|at| self.event.ballots().get(usize::from(at)));
            let key = (
                ballot.map_or("", |ballot| ballot.id.as_str()),
                invalid.reason.name(),
            );
            let row = self.audit.invalid.entry(key).or_default();
            let added = i64::try_from(invalid.count).ok();
            let sum = added.and_then(|added| row.0.checked_add(added));
            let sum = sum.ok_or_else(|| frame.position().too_many_attempts())?;
            *row = (sum, hour);
        }
        Ok(())
    }

    fn credential(
        &self,
        frame: &OpenedFrame,
        ballot: u16,
        shard: u32,
        ordinal: u32,
    ) -> Result<(([u8; 16], &'a str), u16), FoldError> {
        let digest = self.roll.digest(ballot, shard, ordinal)?;
        let region = self.roll.region(ballot, shard, ordinal)?;
        let find = || {
            let id = &self.event.ballots().get(usize::from(ballot))?.id;
            Some(((*digest?.as_bytes(), id.as_str()), region?))
        };
        find().ok_or_else(|| frame.position().not_on_roll(ballot, shard, ordinal))
    }

    /// Units whose released counts are to be written now.
    pub(crate) fn due(&self) -> Vec<Unit> {
        let mut due = self.unwritten();
        due.retain(|unit| {
            let ballot = &self.event.ballots()[usize::from(unit.ballot)];
            self.held[unit].is_due(ballot)
        });
        due
    }

    /// Units with released counts that the tables lack, also those that could wait for more.
    pub(crate) fn unwritten(&self) -> Vec<Unit> {
        let held = self.held.iter().filter(|(_, held)| held.votes > 0);
        held.map(|(unit, _)| *unit).collect()
    }

    /// Forgets what a committed transaction wrote.
    pub(crate) fn written(&mut self, units: &[Unit]) {
        self.audit = AuditRows::default();
        self.frames = 0;
        self.votes = 0;
        for unit in units {
            if let Some(held) = self.held.get_mut(unit) {
                held.written_rankings += held.released.rankings().count() as u64;
                held.released = Counts::default();
                held.votes = 0;
            }
        }
    }
}

impl Held {
    fn new() -> Held {
        Held {
            released: Counts::default(),
            sequence: 0,
            time_ms: 0,
            votes: 0,
            since: Instant::now(),
            written_rankings: 0,
        }
    }

    fn add(&mut self, released: &ReleasedVotes) {
        if self.votes == 0 {
            self.since = Instant::now();
        }
        self.votes += released.counts.total();
        self.released.merge(&released.counts);
        self.time_ms = released.time_ms;
        self.sequence = released.at.sequence;
    }

    /// Whether to write what is released: at once, but rankings in groups.
    fn is_due(&self, ballot: &Ballot) -> bool {
        !is_ranked(ballot)
            || self.votes * RANKINGS_PER_VOTE_MAX >= self.written_rankings
            || self.since.elapsed() >= RANKINGS_WAIT_MAX
    }
}

/// Whether the tables have a place for the counts of a unit: they hold a law for the whole country.
pub(super) fn is_stored(event: &Event, unit: Unit) -> bool {
    let ballot = &event.ballots()[usize::from(unit.ballot)];
    ballot.election().is_some() || unit.scope == Scope::Country
}

fn is_ranked(ballot: &Ballot) -> bool {
    match &ballot.kind {
        BallotKind::Election(election) => election.method == Method::RankedChoice,
        BallotKind::Law(_) => false,
    }
}

fn floor(ms: i64, grain_ms: i64) -> i64 {
    ms - ms.rem_euclid(grain_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::golden::event;
    use crate::roll::NoVoters;
    use election::Choice;

    fn released(unit: Unit, sequence: u64, rankings: u32) -> ReleasedVotes {
        let mut counts = Counts::default();
        for candidate in 1..=rankings {
            counts.add(&Choice::Ranking(vec![candidate]), 1);
        }
        let at = Cursor {
            sequence,
            ..Cursor::default()
        };
        ReleasedVotes {
            unit,
            at,
            time_ms: 1,
            counts,
        }
    }

    /// A database filled once has no later frame to write the last few rankings with.
    #[test]
    fn rankings_that_wait_for_more_are_unwritten_until_the_end() {
        let event = event();
        let unit = Unit {
            partition: 0,
            ballot: event.ballot("IRV").expect("a ballot").index.0,
            scope: Scope::Region(1),
        };
        let mut pending = Pending::new(&event, &NoVoters);
        pending.release(&released(unit, 1, 100), 0);
        assert_eq!(pending.due(), [unit]);
        pending.written(&[unit]);
        assert_eq!(pending.unwritten(), []);
        pending.release(&released(unit, 2, 1), 1);
        assert_eq!(pending.due(), []);
        assert_eq!(pending.unwritten(), [unit]);
    }
}
