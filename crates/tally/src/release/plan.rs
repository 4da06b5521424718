//! The release plan: which votes are released together, and with which frame. A pure function of the
//! marks of one partition and the signed event, so that everybody who reads the same frames plans the
//! same releases.
//!
//! While a ballot is open, its votes are released in steps: when enough wait, the oldest
//! `release_min` of them, cut between frames, so that at least as many stay behind. Its closing frame
//! releases the rest. So each release covers at least `release_min` votes, or everybody where fewer
//! voted. A law moves for the whole country and is released by region at the close; an election moves
//! by region. `after_close` has the closing frame's releases alone.

use std::collections::{BTreeMap, VecDeque};

use election::{Ballot, Event, ResultsPolicy};
use ledger::Cursor;

use crate::opened::OpenedFrame;

/// Whose votes are released together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// All voters of a law.
    Country,
    /// Voters of one region; 0 = the roll names none.
    Region(u16),
}

/// What is released by itself, in a row of releases: the votes of one partition on one ballot, of a
/// scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    pub(crate) partition: u16,
    pub(crate) ballot: u16,
    pub(crate) scope: Scope,
}

/// Votes that are released together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) unit: Unit,
    /// Sequence of the first frame whose votes it may cover: behind the release before.
    pub(crate) first: u64,
    /// The last frame whose votes it covers.
    pub(crate) last: Cursor,
    /// Commit time of the last frame, ms UTC.
    pub(crate) time_ms: i64,
    /// How many votes of the unit these frames hold; above 0.
    pub(crate) votes: u64,
}

/// The plan of one partition.
#[derive(Clone)]
pub(crate) struct ReleasePlan {
    partition: u16,
    rows: BTreeMap<Unit, Row>,
    /// By ballot: whether its closing frame was seen.
    closed: Vec<bool>,
}

/// What waits of a unit.
#[derive(Clone, Default)]
struct Row {
    /// Last frame of the last release.
    released: u64,
    /// Frames with votes, in order; one entry for all where the close alone releases.
    frames: VecDeque<VotesOfFrame>,
    /// Sum of the votes in `frames`.
    votes: u64,
}

#[derive(Clone, Copy)]
struct VotesOfFrame {
    at: Cursor,
    time_ms: i64,
    votes: u64,
}

impl Unit {
    /// Units that a vote counts in, cast by a voter of `region`.
    pub(crate) fn of(ballot: &Ballot, partition: u16, region: u16) -> impl Iterator<Item = Unit> {
        let country = ballot.law().is_some().then_some(Scope::Country);
        let scopes = country.into_iter().chain([Scope::Region(region)]);
        let ballot = ballot.index.0;
        scopes.map(move |scope| Unit {
            partition,
            ballot,
            scope,
        })
    }

    /// Whether votes are released before the close.
    pub(crate) fn moves_while_open(self, ballot: &Ballot) -> bool {
        let scope_moves = ballot.election().is_some() || self.scope == Scope::Country;
        ballot.results == ResultsPolicy::Live && scope_moves
    }
}

impl ReleasePlan {
    /// Before the first frame of a partition.
    pub(crate) fn new(event: &Event, partition: u16) -> ReleasePlan {
        ReleasePlan {
            partition,
            rows: BTreeMap::new(),
            closed: vec![false; event.ballots().len()],
        }
    }

    /// Takes the next frame of the partition, and returns what is released with it.
    pub(crate) fn step(&mut self, event: &Event, frame: &OpenedFrame) -> Vec<Release> {
        let mut releases = self.add(event, frame);
        for ballot in event.ballots() {
            let closed = &mut self.closed[usize::from(ballot.index.0)];
            if frame.time_ms >= ballot.closes && !std::mem::replace(closed, true) {
                releases.extend(self.rest(ballot));
            }
        }
        releases
    }

    /// Adds the votes of a frame, and returns the steps that they make. A frame is added whole before
    /// any step is cut: a law has votes of several regions in it.
    fn add(&mut self, event: &Event, frame: &OpenedFrame) -> Vec<Release> {
        let mut moving = BTreeMap::new();
        for (ballot, region, votes) in frame.voters() {
            let ballot = &event.ballots()[usize::from(ballot)];
            for unit in Unit::of(ballot, self.partition, region) {
                let moves = unit.moves_while_open(ballot);
                self.rows.entry(unit).or_default().add(frame, votes, moves);
                if moves {
                    moving.insert(unit, u64::from(ballot.release_min));
                }
            }
        }
        let mut releases = Vec::new();
        for (unit, least) in moving {
            let row = self.rows.entry(unit).or_default();
            while let Some(frames) = row.due(least) {
                releases.push(row.release(unit, frames));
            }
        }
        releases
    }

    /// What no release has covered, of a ballot that is closed.
    fn rest(&mut self, ballot: &Ballot) -> Vec<Release> {
        let rows = self.rows.iter_mut();
        rows.filter(|(unit, row)| unit.ballot == ballot.index.0 && row.votes > 0)
            .map(|(unit, row)| row.release(*unit, row.frames.len()))
            .collect()
    }
}

impl Row {
    fn add(&mut self, frame: &OpenedFrame, votes: u64, one_by_one: bool) {
        self.votes += votes;
        let mut added = VotesOfFrame {
            at: frame.at,
            time_ms: frame.time_ms,
            votes,
        };
        // A law touches its row once for each region of a frame.
        let same = |last: &VotesOfFrame| !one_by_one || last.at == frame.at;
        if let Some(before) = self.frames.pop_back_if(|last| same(last)) {
            added.votes += before.votes;
        }
        self.frames.push_back(added);
    }

    /// How many of the oldest frames are to be released now: the fewest with `least` votes, if as many
    /// votes stay behind. Else the rest could be fewer at the close. Of steps of one vote none need
    /// stay: a single vote is then shown anyway.
    fn due(&self, least: u64) -> Option<usize> {
        let behind = if least == 1 { 0 } else { least };
        if self.votes < least + behind {
            return None;
        }
        let mut votes = 0;
        for (frames, frame) in (1..).zip(&self.frames) {
            votes += frame.votes;
            if votes >= least {
                return (self.votes - votes >= behind).then_some(frames);
            }
        }
        None
    }

    /// Releases the oldest `frames`, at least one.
    fn release(&mut self, unit: Unit, frames: usize) -> Release {
        let first = self.released + 1;
        let covered: Vec<VotesOfFrame> = self.frames.drain(..frames).collect();
        let last = covered.last().expect("a release covers a frame");
        let votes = covered.iter().map(|frame| frame.votes).sum();
        self.votes -= votes;
        self.released = last.at.sequence;
        Release {
            unit,
            first,
            last: last.at,
            time_ms: last.time_ms,
            votes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold_error::FoldError;
    use crate::roll::Roll;
    use credentials::Digest;
    use ledger::{BallotMarks, Body, LinkHash, ShardMarks};
    use proptest::prelude::*;
    use shards::Rot;

    /// Ballots of the event below.
    const LAW: u16 = 0;
    const LATER: u16 = 1;
    const ELECTION: u16 = 2;
    const OPENS_MS: i64 = 1_735_707_600_000;
    const CLOSES_MS: i64 = 2_051_240_400_000;

    /// A shard a region: the number of the shard is the region.
    struct ShardARegion;

    impl Roll for ShardARegion {
        fn shard_sizes(&self, _: u16) -> Vec<u32> {
            vec![u32::MAX; 3]
        }

        fn partition_of(&self, _: u16, shard: u32) -> Option<u16> {
            (shard < 3).then_some(0)
        }

        fn region(&self, _: u16, shard: u32, _: u32) -> Result<Option<u16>, Rot> {
            Ok(u16::try_from(shard).ok())
        }

        fn digest(&self, _: u16, _: u32, _: u32) -> Result<Option<Digest>, Rot> {
            Ok(None)
        }
    }

    fn event(release_min: u32) -> Event {
        let mut text = String::from(
            "[event]\nid = \"E\"\ntitle_fr = \"E\"\ntitle_en = \"E\"\ntime_zone = \"America/Toronto\"\ncount_key = \"e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33\"\nmask_key = \"e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26\"\n[[region]]\nnumber = 1\ncode = \"R1\"\nname_fr = \"R\"\nname_en = \"R\"\n[[region]]\nnumber = 2\ncode = \"R2\"\nname_fr = \"S\"\nname_en = \"S\"\n",
        );
        let window = format!(
            "opens = 2025-01-01T00:00:00\ncloses = 2035-01-01T00:00:00\nrelease_min = {release_min}\n"
        );
        for (id, results) in [("LAW", "live"), ("LATER", "after_close")] {
            text += &format!(
                "[[law]]\nid = \"{id}\"\ntitle_fr = \"L\"\ntitle_en = \"L\"\nquestion_fr = \"L\"\nquestion_en = \"L\"\nresults = \"{results}\"\n{window}"
            );
        }
        text += &format!(
            "[[election]]\nnumber = 1\ncode = \"ELECTION\"\nname_fr = \"E\"\nname_en = \"E\"\nmethod = \"single_choice\"\nresults = \"live\"\n{window}"
        );
        for (number, region) in [(1, 1), (2, 1), (3, 2), (4, 2)] {
            text += &format!(
                "[[election.candidate]]\nnumber = {number}\nregion = {region}\nfirst_name = \"C.\"\nlast_name = \"C{number}\"\n"
            );
        }
        match Event::from_toml(&text) {
            Ok(event) => event,
            Err(faults) => panic!("{faults:?}"),
        }
    }

    /// Frames of (ballot, region, votes), the last one behind the close of every ballot.
    fn frames(event: &Event, votes: &[Vec<(u16, u16, u32)>]) -> Vec<OpenedFrame> {
        let closing = Vec::new();
        let mut next = 0;
        let frames = (1..).zip(votes.iter().chain([&closing]));
        let frame = |(sequence, votes): (u64, &Vec<(u16, u16, u32)>)| {
            let mut marks: BTreeMap<u16, BTreeMap<u32, Vec<u32>>> = BTreeMap::new();
            for (ballot, region, votes) in votes {
                let shards = marks.entry(*ballot).or_default();
                let ordinals = shards.entry((*region).into()).or_default();
                ordinals.extend(next..next + votes);
                next += votes;
            }
            let of_ballot = |(ballot, shards): (u16, BTreeMap<u32, Vec<u32>>)| BallotMarks {
                ballot,
                shards: shards
                    .into_iter()
                    .map(|(shard, ordinals)| ShardMarks { shard, ordinals })
                    .collect(),
            };
            let body = Body {
                marks: marks.into_iter().map(of_ballot).collect(),
                ..Body::default()
            };
            let link = LinkHash::default();
            let time_ms = if votes.is_empty() {
                CLOSES_MS
            } else {
                OPENS_MS
            };
            OpenedFrame::new(
                event,
                &ShardARegion,
                (0, Cursor { sequence, link }, time_ms),
                body,
            )
        };
        let frames: Result<Vec<OpenedFrame>, FoldError> = frames.map(frame).collect();
        frames.expect("marks of the roll, in their windows")
    }

    fn planned(event: &Event, frames: &[OpenedFrame]) -> Vec<Release> {
        let mut plan = ReleasePlan::new(event, 0);
        let steps = frames.iter().map(|frame| plan.step(event, frame));
        steps.flatten().collect()
    }

    /// Votes of a unit in some frames.
    fn votes_in(event: &Event, frames: &[OpenedFrame], unit: Unit) -> u64 {
        let voters = frames.iter().flat_map(|frame| frame.voters());
        let of_unit = voters.filter(|(ballot, region, _)| {
            let ballot = &event.ballots()[usize::from(*ballot)];
            Unit::of(ballot, 0, *region).any(|other| other == unit)
        });
        of_unit.map(|(.., votes)| votes).sum()
    }

    /// Every vote is in one release of each of its units, and each release covers at least
    /// `release_min` votes, or all of its unit.
    fn check(event: &Event, frames: &[OpenedFrame]) {
        let mut covered: BTreeMap<Unit, (u64, u64)> = BTreeMap::new();
        for release in planned(event, frames) {
            let (last, votes) = covered.entry(release.unit).or_default();
            assert_eq!(release.first, *last + 1, "{release:?}");
            *last = release.last.sequence;
            *votes += release.votes;
            let range = usize::try_from(release.first).unwrap() - 1
                ..usize::try_from(release.last.sequence).unwrap();
            let inside = votes_in(event, &frames[range], release.unit);
            assert_eq!(release.votes, inside, "{release:?}");
            let all = votes_in(event, frames, release.unit);
            let ballot = &event.ballots()[usize::from(release.unit.ballot)];
            let enough = release.votes >= ballot.release_min.into() || release.votes == all;
            assert!(enough && release.votes > 0, "{release:?} of {all}");
        }
        for frame in frames {
            for (ballot, region, _) in frame.voters() {
                for unit in Unit::of(&event.ballots()[usize::from(ballot)], 0, region) {
                    let votes = covered.get(&unit).map(|(_, votes)| *votes);
                    assert_eq!(votes, Some(votes_in(event, frames, unit)), "{unit:?}");
                }
            }
        }
    }

    fn any_frames() -> impl Strategy<Value = Vec<Vec<(u16, u16, u32)>>> {
        let votes = (0u16..3, 1u16..3, 1u32..9);
        prop::collection::vec(prop::collection::vec(votes, 1..4), 0..60)
    }

    proptest! {
        #[test]
        fn each_vote_is_released_once_and_never_among_few(
            votes in any_frames(), release_min in 1u32..30
        ) {
            let event = event(release_min);
            check(&event, &frames(&event, &votes));
        }

        #[test]
        fn what_was_released_does_not_depend_on_what_comes(
            votes in any_frames(), release_min in 1u32..30, cut in 0usize..60
        ) {
            let event = event(release_min);
            let frames = frames(&event, &votes);
            let cut = cut.min(frames.len());
            let whole = planned(&event, &frames);
            let before = planned(&event, &frames[..cut]);
            prop_assert_eq!(&whole[..before.len()], &before[..]);
        }
    }

    /// Sequences of the last frames of the releases of a unit, with their votes.
    fn releases_of(event: &Event, votes: &[Vec<(u16, u16, u32)>], unit: Unit) -> Vec<(u64, u64)> {
        let releases = planned(event, &frames(event, votes));
        let of_unit = releases.iter().filter(|release| release.unit == unit);
        of_unit
            .map(|release| (release.last.sequence, release.votes))
            .collect()
    }

    #[test]
    fn steps_leave_as_many_votes_behind_as_they_release() {
        let unit = |ballot, scope| Unit {
            partition: 0,
            ballot,
            scope,
        };
        let (country, one) = (Scope::Country, Scope::Region(1));
        let single = |ballot, count| vec![vec![(ballot, 1, 1)]; count];
        for (release_min, votes, at, expected) in [
            (20, single(LAW, 39), unit(LAW, country), &[(39, 39)][..]),
            (
                20,
                single(LAW, 45),
                unit(LAW, country),
                &[(20, 20), (45, 25)],
            ),
            (20, single(LAW, 45), unit(LAW, one), &[(45, 45)]),
            (20, single(LATER, 45), unit(LATER, country), &[(45, 45)]),
            (
                20,
                single(ELECTION, 40),
                unit(ELECTION, one),
                &[(20, 20), (40, 20)],
            ),
            (1, single(LAW, 2), unit(LAW, country), &[(1, 1), (2, 1)]),
            (
                2,
                vec![vec![(LAW, 1, 9)], vec![(LAW, 2, 1)]],
                unit(LAW, country),
                &[(2, 10)],
            ),
            (20, single(LAW, 3), unit(LAW, country), &[(3, 3)]),
        ] {
            let event = event(release_min);
            assert_eq!(releases_of(&event, &votes, at), expected, "{at:?}");
        }
    }
}
