//! Holds a ledger against the history: every frame is exactly one batch, decided as the rules say;
//! every acknowledged batch has its frame; what was told was true when it was told.

use std::collections::{BTreeMap, HashMap};

use ledger::{BallotShape, Decision, Fold, Frame, LinkHash, SegmentHeader, Shape, Voted};

use super::clock::Times;
use super::event::region_of;
use super::ground::Framed;
use super::hands::{BothHands, Keys, Votes};
use super::history::{Attempt, Batch};

type Credential = (u16, u32, u32);

/// What a batch must look like as a frame.
#[derive(PartialEq, Eq, Default)]
struct Decided {
    marks: Vec<Credential>,
    choices: Votes,
    duplicates: BTreeMap<Credential, u32>,
}

/// Opens frames once and remembers: most of a ledger is the same after each crash.
pub(crate) struct Checker {
    hands: BothHands,
    opened: HashMap<LinkHash, Votes>,
    shape: Shape,
    /// Links of frames that were acknowledged: they may never change.
    known: BTreeMap<u64, LinkHash>,
    /// Frames that were committed while a close was held, with its time.
    held: BTreeMap<u64, i64>,
}

impl Checker {
    pub(crate) fn new(keys: &Keys, shape: &Shape) -> Checker {
        Checker {
            hands: BothHands::new(keys, &shape.ballots, region_of),
            opened: HashMap::new(),
            shape: shape.clone(),
            known: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    /// A frame was committed by an owner that had to decide by these times. Where it holds a close, the
    /// frame must not write that down.
    pub(crate) fn note_committed(&mut self, sequence: u64, times: &Times) {
        if let Some(held_ms) = times.held_ms
            && times.stamp_ms < held_ms
        {
            self.held.insert(sequence, held_ms);
        }
    }

    /// Checks every frame of a log against the history, and the bitsets of its owner. Returns its
    /// fold and the time of its last frame.
    pub(crate) fn check(
        &mut self,
        frames: &[Framed],
        batches: &[Batch],
        voted: &Voted,
    ) -> Result<(Fold, i64), String> {
        let mut fold = Fold::new(&self.shape, 0);
        let mut by_sequence: HashMap<u64, Vec<&Batch>> = HashMap::new();
        for batch in batches.iter().filter(|batch| batch.may_have_frame()) {
            by_sequence.entry(batch.sequence).or_default().push(batch);
        }
        let mut before_ms = None;
        for (header, frame) in frames {
            let candidates = by_sequence.get(&frame.header.sequence);
            self.check_frame(header, frame, candidates, (&mut fold, before_ms))?;
            before_ms = Some(frame.header.time_ms);
        }
        check_nothing_lost(batches, fold.cursor.sequence)?;
        if fold.voted != *voted {
            return Err("bitsets from snapshots and tail differ from a full replay".to_owned());
        }
        let time_ms = frames
            .last()
            .map_or(i64::MIN, |(_, frame)| frame.header.time_ms);
        Ok((fold, time_ms))
    }

    fn check_frame(
        &mut self,
        header: &SegmentHeader,
        frame: &Frame,
        candidates: Option<&Vec<&Batch>>,
        (fold, before_ms): (&mut Fold, Option<i64>),
    ) -> Result<(), String> {
        let sequence = frame.header.sequence;
        let choices = self.open(header, frame)?;
        let found = found(frame, choices)?;
        let candidates = candidates.map(Vec::as_slice).unwrap_or_default();
        let acknowledged = candidates.iter().find(|batch| batch.acknowledged());
        let matches = |batch: &&Batch| decide(batch, fold, &self.shape.ballots) == found;
        let fits = match acknowledged {
            Some(batch) => matches(batch),
            None => candidates.iter().any(matches) || found == Decided::default(),
        };
        let stamped = |batch: &&Batch| batch.times.stamp_ms == frame.header.time_ms;
        let in_time = match (found.marks.is_empty(), acknowledged) {
            (true, _) => {
                before_ms.is_none_or(|before| before == frame.header.time_ms)
                    || self.closes_a_ballot(before_ms, frame.header.time_ms)
            }
            (false, Some(batch)) => stamped(batch),
            (false, None) => candidates.iter().any(stamped),
        };
        if !in_time {
            let time_ms = frame.header.time_ms;
            return Err(format!(
                "frame {sequence} carries a wrong time, {time_ms} ms"
            ));
        }
        let held_ms = self.held.get(&sequence);
        if held_ms.is_some_and(|held_ms| *held_ms <= frame.header.time_ms) {
            return Err(format!("frame {sequence} writes a close that is held"));
        }
        if !fits {
            return Err(format!("frame {sequence} is no batch that was submitted"));
        }
        if let Some(batch) = acknowledged {
            check_told(batch, frame, fold)?;
            let link = *self.known.entry(sequence).or_insert(frame.link);
            if link != frame.link {
                return Err(format!(
                    "frame {sequence} was rewritten after it was acknowledged"
                ));
            }
        }
        fold.apply(frame)
            .map_err(|fault| format!("frame {sequence}: {fault}"))
    }

    /// Whether a window ended since the frame before: then a frame without votes tells so.
    fn closes_a_ballot(&self, before_ms: Option<i64>, time_ms: i64) -> bool {
        let ended = |ballot: &BallotShape| {
            before_ms.is_none_or(|before| before < ballot.closes_ms) && ballot.closes_ms <= time_ms
        };
        self.shape.ballots.iter().any(ended)
    }

    fn open(&mut self, header: &SegmentHeader, frame: &Frame) -> Result<Votes, String> {
        if let Some(choices) = self.opened.get(&frame.link) {
            return Ok(choices.clone());
        }
        let choices = self.hands.votes(header, frame)?;
        self.opened.insert(frame.link, choices.clone());
        Ok(choices)
    }
}

/// Every acknowledged batch has its frame (frames are without gaps and each was matched).
fn check_nothing_lost(batches: &[Batch], last: u64) -> Result<(), String> {
    let lost = batches
        .iter()
        .find(|batch| batch.acknowledged() && batch.sequence > last);
    match lost {
        Some(batch) => Err(format!("acknowledged frame {} is lost", batch.sequence)),
        None => Ok(()),
    }
}

/// The model: decides a batch as the rules say, from the bitsets before it.
fn decide(batch: &Batch, before: &Fold, ballots: &[BallotShape]) -> Decided {
    let mut decided = Decided::default();
    for attempt in &batch.attempts {
        let (ballot, shard, ordinal) = attempt.credential();
        if batch.times.refusal(&ballots[usize::from(ballot)]).is_some() {
            continue;
        }
        let voted = before
            .voted
            .shard(ballot, shard)
            .is_some_and(|s| s.contains(ordinal));
        if voted || decided.marks.contains(&attempt.credential()) {
            *decided.duplicates.entry(attempt.credential()).or_default() += 1;
        } else {
            decided.marks.push(attempt.credential());
            let key = (ballot, attempt.region(), attempt.choice.clone());
            *decided.choices.entry(key).or_default() += 1;
        }
    }
    decided.marks.sort_unstable();
    decided
}

/// What stands in the frame.
fn found(frame: &Frame, choices: Votes) -> Result<Decided, String> {
    let body = frame.body().map_err(|error| error.to_string())?;
    let mut found = Decided {
        choices,
        ..Decided::default()
    };
    for marks in &body.marks {
        for shard in &marks.shards {
            let credential = |ordinal: &u32| (marks.ballot, shard.shard, *ordinal);
            found.marks.extend(shard.ordinals.iter().map(credential));
        }
    }
    for attempt in &body.attempts.duplicates {
        let credential = (attempt.ballot, attempt.shard, attempt.ordinal);
        found.duplicates.insert(credential, attempt.count);
    }
    Ok(found)
}

/// Receipts are in the frame, marks are those of the voters told so, attempt counts are the
/// submissions recorded up to that moment.
fn check_told(batch: &Batch, frame: &Frame, before: &Fold) -> Result<(), String> {
    let body = frame.body().map_err(|error| error.to_string())?;
    let mut again: HashMap<Credential, u32> = HashMap::new();
    for attempt in &batch.attempts {
        let (ballot, shard, ordinal) = attempt.credential();
        let wrong = |what: &str| Err(format!("frame {}: {what}", frame.header.sequence));
        match attempt.told {
            Some(Decision::Accepted { receipt, time_ms }) => {
                let recorded = body.trackers.binary_search(&receipt.tracker).is_ok();
                let here = receipt.sequence == frame.header.sequence;
                if !recorded || !here || time_ms != frame.header.time_ms {
                    return wrong("a receipt is not in its frame");
                }
                if !is_marked(&body, attempt) {
                    return wrong("an accepted vote has no mark");
                }
            }
            Some(Decision::Duplicate { attempt_count }) => {
                let earlier = before.voted.shard(ballot, shard).map_or(0, |votes| {
                    votes
                        .repeated()
                        .find(|(at, _)| *at == ordinal)
                        .map_or(0, |(_, count)| count)
                });
                let here = again.entry(attempt.credential()).or_default();
                *here += 1;
                if attempt_count != 1 + earlier + *here {
                    return wrong("a duplicate was told a wrong number of attempts");
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_marked(body: &ledger::Body, attempt: &Attempt) -> bool {
    let ballot = body
        .marks
        .iter()
        .find(|marks| marks.ballot == attempt.ballot);
    let shard = ballot.and_then(|b| b.shards.iter().find(|marks| marks.shard == attempt.shard));
    shard.is_some_and(|marks| marks.ordinals.binary_search(&attempt.ordinal).is_ok())
}
