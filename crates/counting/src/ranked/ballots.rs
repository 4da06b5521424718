//! Ballots as they are counted: settled by the rules of one ballot, grouped, weighted.
//!
//! A settled ballot is a path of steps and the reason why it ends. All paths lie in one vector;
//! a hash table finds the group of a path. Hashing is keyed at random, since voters choose what is
//! hashed; nothing of the result depends on it.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::candidate::{CANDIDATES_MAX, Candidate};
use super::rules::{DuplicateRanking, Overvote, Rules};

/// One rank of a ballot as marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank<'a> {
    /// The candidates marked there, by position in the contest's list: none is a skipped rank,
    /// several an overvote.
    Marks(&'a [u16]),
    /// An overvote of which the machine did not keep the names.
    NamelessOvervote,
}

/// Why a ballot cannot be added.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum BallotError {
    /// A mark for somebody who is not listed.
    #[error("candidate {} is marked, only {candidates} are listed", u32::from(*got) + 1)]
    UnknownCandidate {
        /// Position in the list, which people count from 1.
        got: u16,
        candidates: usize,
    },
    /// More than 10^12 ballots.
    #[error("more than {max} ballots: check the counts")]
    TooManyBallots { max: u64 },
    /// The paths or overvotes do not fit the tables of this program.
    #[error("too many different ballots for one contest: split it")]
    TooManyPaths,
}

/// Why a ballot stops counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum End {
    ExhaustedChoices,
    Overvotes,
    RepeatedRankings,
    SkippedRankings,
}

/// One step of a path.
pub(crate) enum Step<'a> {
    Candidate(u16),
    /// Several at one rank, where only the continuing ones matter.
    AnyOf(&'a [u16]),
}

/// Ballots with the same path.
struct Group {
    start: u32,
    len: u16,
    end: End,
    count: u64,
}

impl Group {
    fn path<'a>(&self, steps: &'a [u16]) -> &'a [u16] {
        &steps[self.start as usize..self.start as usize + usize::from(self.len)]
    }
}

/// Where a group is found. The hash beside it keeps the growing table from looking at any path: each
/// look is a cache miss.
#[derive(Clone, Copy)]
struct Found {
    hash: u64,
    group: u32,
}

pub(crate) const BALLOTS_MAX: u64 = 1_000_000_000_000;
/// The bit of a step that marks a set of candidates: no candidate's number reaches it.
const SET: u16 = 1 << 15;
const _: () = assert!(CANDIDATES_MAX <= SET as usize);

pub(crate) struct Ballots {
    steps: Vec<u16>,
    groups: Vec<Group>,
    sets: Vec<Vec<u16>>,
    table: HashTable<Found>,
    hasher: RandomState,
    total: u64,
    blank: u64,
    scratch: Scratch,
}

/// Buffers of one ballot, kept so that adding allocates nothing.
#[derive(Default)]
struct Scratch {
    path: Vec<u16>,
    set: Vec<u16>,
    /// For every candidate, the ballot on which it was last met.
    met: Vec<u64>,
    ballot: u64,
}

impl Ballots {
    pub(crate) fn new(candidates: usize) -> Ballots {
        let scratch = Scratch {
            met: vec![0; candidates],
            ..Scratch::default()
        };
        Ballots {
            steps: Vec::new(),
            groups: Vec::new(),
            sets: Vec::new(),
            table: HashTable::new(),
            hasher: RandomState::new(),
            total: 0,
            blank: 0,
            scratch,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn blank(&self) -> u64 {
        self.blank
    }

    pub(crate) fn count(&self, group: usize) -> u64 {
        self.groups[group].count
    }

    pub(crate) fn end(&self, group: usize) -> End {
        self.groups[group].end
    }

    /// Step `at` of a group's path; none at its end.
    pub(crate) fn step(&self, group: usize, at: u16) -> Option<Step<'_>> {
        let Group { start, len, .. } = self.groups[group];
        if at >= len {
            return None;
        }
        let step = self.steps[start as usize + usize::from(at)];
        Some(match step & SET {
            0 => Step::Candidate(step),
            _ => Step::AnyOf(&self.sets[usize::from(step & !SET)]),
        })
    }

    /// Adds `count` ballots with these marks.
    pub(crate) fn add<'a>(
        &mut self,
        candidates: &[Candidate],
        rules: &Rules,
        ranks: impl Iterator<Item = Rank<'a>>,
        count: u64,
    ) -> Result<(), BallotError> {
        let total = self
            .total
            .checked_add(count)
            .filter(|total| *total <= BALLOTS_MAX);
        let total = total.ok_or(BallotError::TooManyBallots { max: BALLOTS_MAX })?;
        match self.settle(candidates, rules, ranks)? {
            None => self.blank += count,
            Some(end) => self.group(end, count)?,
        }
        self.total = total;
        Ok(())
    }

    /// Walks the ranks once and leaves the path in the scratch buffer. None for a blank ballot.
    fn settle<'a>(
        &mut self,
        candidates: &[Candidate],
        rules: &Rules,
        ranks: impl Iterator<Item = Rank<'a>>,
    ) -> Result<Option<End>, BallotError> {
        self.scratch.path.clear();
        self.scratch.ballot += 1;
        let (mut blank, mut skipped) = (true, 0u32);
        for rank in ranks {
            let marks = match rank {
                Rank::Marks([]) => {
                    skipped = skipped.saturating_add(1);
                    continue;
                }
                Rank::Marks(marks) => Some(marks),
                Rank::NamelessOvervote => None,
            };
            blank = false;
            if rules.max_skipped_ranks.is_some_and(|max| skipped > max) {
                return Ok(Some(End::SkippedRankings));
            }
            skipped = 0;
            let repeated = self.meet(marks.unwrap_or_default(), candidates)?;
            if repeated && rules.duplicate_ranking == DuplicateRanking::Exhaust {
                return Ok(Some(End::RepeatedRankings));
            }
            if self.push_rank(marks, repeated, candidates, rules.overvote)? {
                return Ok(Some(End::Overvotes));
            }
        }
        Ok((!blank).then_some(End::ExhaustedChoices))
    }

    /// Whether any of `marks` stood at an earlier rank of this ballot; from now on they all have.
    fn meet(&mut self, marks: &[u16], candidates: &[Candidate]) -> Result<bool, BallotError> {
        let Scratch { met, ballot, .. } = &mut self.scratch;
        let mut repeated = false;
        for mark in marks {
            let unknown = BallotError::UnknownCandidate {
                got: *mark,
                candidates: candidates.len(),
            };
            repeated |= *met.get(usize::from(*mark)).ok_or(unknown)? == *ballot;
        }
        for mark in marks {
            met[usize::from(*mark)] = *ballot;
        }
        Ok(repeated)
    }

    /// Adds a marked rank to the path; true where the ballot stops at an overvote.
    fn push_rank(
        &mut self,
        marks: Option<&[u16]>,
        repeated: bool,
        candidates: &[Candidate],
        rule: Overvote,
    ) -> Result<bool, BallotError> {
        let standing = |mark: &u16| !candidates[usize::from(*mark)].excluded;
        match marks {
            Some([mark, rest @ ..]) if rest.iter().all(|other| other == mark) => {
                // A candidate already on the path continues no more when the path comes back to it.
                // One met only in an overvote that was skipped is not on the path yet.
                let on_path = repeated && self.scratch.path.contains(mark);
                if !on_path && standing(mark) {
                    self.scratch.path.push(*mark);
                }
                Ok(false)
            }
            // Names that were not kept may all be continuing.
            None => Ok(rule != Overvote::Skip),
            Some(marks) => match rule {
                Overvote::Exhaust => Ok(true),
                Overvote::Skip => Ok(false),
                Overvote::ExhaustIfMultipleContinuing => {
                    let set = &mut self.scratch.set;
                    set.clear();
                    set.extend(marks.iter().copied().filter(standing));
                    set.sort_unstable();
                    set.dedup();
                    self.push_set()?;
                    Ok(false)
                }
            },
        }
    }

    fn push_set(&mut self) -> Result<(), BallotError> {
        let Scratch { path, set, .. } = &mut self.scratch;
        match set.as_slice() {
            [] => {}
            [one] => path.push(*one),
            _ => {
                let at = self
                    .sets
                    .iter()
                    .position(|known| known == set)
                    .unwrap_or_else(|| {
                        self.sets.push(set.clone());
                        self.sets.len() - 1
                    });
                let at = u16::try_from(at).ok().filter(|at| *at < SET);
                path.push(SET | at.ok_or(BallotError::TooManyPaths)?);
            }
        }
        Ok(())
    }

    /// Adds `count` to the group of the path in the scratch buffer.
    fn group(&mut self, end: End, count: u64) -> Result<(), BallotError> {
        let Ballots {
            table,
            groups,
            steps,
            ..
        } = self;
        let path = self.scratch.path.as_slice();
        let hash = self.hasher.hash_one((end as u8, path));
        let same = |found: &Found| {
            let group = &groups[found.group as usize];
            found.hash == hash && group.end == end && group.path(steps) == path
        };
        if let Some(found) = table.find(hash, same) {
            groups[found.group as usize].count += count;
            return Ok(());
        }
        let too_many = |_| BallotError::TooManyPaths;
        let group = u32::try_from(groups.len()).map_err(too_many)?;
        groups.push(Group {
            start: u32::try_from(steps.len()).map_err(too_many)?,
            len: u16::try_from(path.len()).map_err(too_many)?,
            end,
            count,
        });
        steps.extend_from_slice(path);
        table.insert_unique(hash, Found { hash, group }, |found| found.hash);
        Ok(())
    }
}
