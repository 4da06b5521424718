//! The arbiter: decides each submission, alone, in order. Nothing else sets a voted bit of a
//! running partition.

use std::collections::BTreeMap;
use std::io;

use crate::decide::invalid::InvalidCounters;
use crate::decide::submission::{Decision, Reply, Submission};
use crate::decide::voted::{Marked, Voted};
use crate::format::body::{
    Attempts, BallotMarks, Body, DuplicateAttempts, InvalidAttempts, InvalidReason, SealedChoices,
    ShardMarks, TRACKER_BYTES,
};
use crate::format::choice_code::{Counts, is_encodable, wipe};
use crate::format::entropy::Entropy;
use crate::format::limits::BATCH_SUBMISSIONS_MAX;
use crate::format::receipt::RequestId;
use crate::format::shape::BallotShape;

/// Ballot, shard, ordinal.
type Credential = (u16, u32, u32);

/// Holds the voted bitsets and decides by them.
pub(crate) struct Arbiter {
    pub(crate) voted: Voted,
    /// Windows by ballot: opens, closes.
    windows: Vec<(i64, i64)>,
}

/// A batch that is decided and not yet written. It becomes true by its frame, or is taken back.
pub(crate) struct Draft<R> {
    marks: Vec<Credential>,
    pub(crate) counts: BTreeMap<u16, Counts>,
    duplicates: BTreeMap<Credential, u32>,
    pub(crate) invalid: Vec<InvalidAttempts>,
    accepted: Vec<R>,
    /// Answers that need the frame too, but no tracker.
    repeated: Vec<(R, u32)>,
    /// Answers that need no frame.
    turned_away: Vec<(R, Decision)>,
    choice_bytes: usize,
}

impl<R> Default for Draft<R> {
    fn default() -> Draft<R> {
        Draft {
            marks: Vec::new(),
            counts: BTreeMap::new(),
            duplicates: BTreeMap::new(),
            invalid: Vec::new(),
            accepted: Vec::new(),
            repeated: Vec::new(),
            turned_away: Vec::new(),
            choice_bytes: 0,
        }
    }
}

impl Arbiter {
    pub(crate) fn new(voted: Voted, ballots: &[BallotShape]) -> Arbiter {
        let windows = ballots
            .iter()
            .map(|ballot| (ballot.opens_ms, ballot.closes_ms))
            .collect();
        Arbiter { voted, windows }
    }

    /// Decides a batch at `now_ms`. Bits are set at once, so that the batch sees its own marks.
    pub(crate) fn decide<R: Reply>(
        &mut self,
        batch: &mut Vec<Submission<R>>,
        now_ms: i64,
        invalid: &InvalidCounters,
    ) -> Draft<R> {
        let mut draft = Draft::default();
        let taken = batch.len().min(BATCH_SUBMISSIONS_MAX);
        for mut submission in batch.drain(..taken) {
            let ballot = submission.ballot;
            let refusal = match self.windows.get(usize::from(ballot)) {
                None => Some((Decision::Malformed, InvalidReason::NoSuchBallot)),
                Some(_) if !is_encodable(&submission.choice) => {
                    Some((Decision::Malformed, InvalidReason::BadChoice))
                }
                Some((opens, _)) if now_ms < *opens => {
                    Some((Decision::NotOpen, InvalidReason::NotOpen))
                }
                Some((_, closes)) if now_ms >= *closes => {
                    Some((Decision::Closed, InvalidReason::Closed))
                }
                Some(_) => None,
            };
            match refusal {
                None => self.decide_open(&mut draft, submission),
                Some((decision, reason)) => {
                    wipe(&mut submission.choice);
                    invalid.add(Some(ballot), reason, 1);
                    draft.turned_away.push((submission.reply, decision));
                }
            }
        }
        draft
    }

    fn decide_open<R: Reply>(&mut self, draft: &mut Draft<R>, mut submission: Submission<R>) {
        let Submission {
            ballot,
            shard,
            ordinal,
            region,
            ..
        } = submission;
        let credential = (ballot, shard, ordinal);
        match self.voted.mark(ballot, shard, ordinal) {
            Some(Marked::Newly) => {
                draft.marks.push(credential);
                let counts = draft.counts.entry(ballot).or_default();
                draft.choice_bytes += counts.add(region, &submission.choice);
                draft.accepted.push(submission.reply);
            }
            Some(Marked::Already) => {
                let here = draft.duplicates.entry(credential).or_default();
                *here = here.saturating_add(1);
                let before = self.voted.again(ballot, shard, ordinal);
                // The accepted submission, those of earlier frames, those of this one.
                let attempts = before.saturating_add(*here).saturating_add(1);
                draft.repeated.push((submission.reply, attempts));
            }
            None => draft
                .turned_away
                .push((submission.reply, Decision::Malformed)),
        }
        wipe(&mut submission.choice);
    }

    /// The draft's frame is on stable storage.
    pub(crate) fn confirm<R>(&mut self, draft: &Draft<R>) {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::DoubleMark) {
            self.take_back(draft);
        }
        for ((ballot, shard, ordinal), count) in &draft.duplicates {
            self.voted.add_again(*ballot, *shard, *ordinal, *count);
        }
    }

    /// The draft's frame was not written: nobody of it has voted.
    pub(crate) fn take_back<R>(&mut self, draft: &Draft<R>) {
        for (ballot, shard, ordinal) in &draft.marks {
            self.voted.unmark(*ballot, *shard, *ordinal);
        }
    }
}

impl<R> Draft<R> {
    /// Whether somebody waits for its frame.
    pub(crate) fn needs_frame(&self) -> bool {
        !self.accepted.is_empty() || !self.repeated.is_empty()
    }

    pub(crate) fn votes(&self) -> u64 {
        self.accepted.len() as u64
    }

    pub(crate) fn duplicates(&self) -> u64 {
        self.repeated.len() as u64
    }

    /// All submissions of the batch.
    pub(crate) fn submissions(&self) -> u64 {
        self.votes() + self.duplicates() + self.turned_away.len() as u64
    }

    /// Votes by ballot.
    pub(crate) fn votes_by_ballot(&self) -> impl Iterator<Item = (u16, u64)> + '_ {
        self.counts
            .iter()
            .map(|(ballot, counts)| (*ballot, counts.total()))
    }

    /// No frame of this draft is longer: marks, trackers and duplicates at their longest, counts
    /// with their padding.
    pub(crate) fn frame_bytes_max(&self) -> u64 {
        let votes = self.marks.len() * (3 + 5 + 3 + 5 + TRACKER_BYTES) + self.choice_bytes;
        let ballots = self.counts.len() * 128;
        let attempts = self.duplicates.len() * 20 + self.invalid.len() * 16;
        (512 + votes + ballots + attempts) as u64
    }

    /// One random tracker a vote, in order of arrival.
    pub(crate) fn draw_trackers(
        &self,
        entropy: &mut dyn Entropy,
    ) -> io::Result<Vec<[u8; TRACKER_BYTES]>> {
        let mut trackers = vec![[0; TRACKER_BYTES]; self.accepted.len()];
        entropy.fill(trackers.as_flattened_mut())?;
        Ok(trackers)
    }

    /// The body of the draft's frame, everything in ascending order.
    pub(crate) fn body(
        &mut self,
        choices: Vec<SealedChoices>,
        mut trackers: Vec<[u8; TRACKER_BYTES]>,
    ) -> Body {
        self.marks.sort_unstable();
        trackers.sort_unstable();
        let duplicates = self
            .duplicates
            .iter()
            .map(|((ballot, shard, ordinal), count)| DuplicateAttempts {
                ballot: *ballot,
                shard: *shard,
                ordinal: *ordinal,
                count: *count,
            });
        Body {
            marks: group(&self.marks),
            choices,
            attempts: Attempts {
                duplicates: duplicates.collect(),
                invalid: self.invalid.clone(),
            },
            trackers,
        }
    }
}

impl<R: Reply> Draft<R> {
    /// Answers everybody after the draft's frame was synced.
    pub(crate) fn answer(
        self,
        trackers: &[[u8; TRACKER_BYTES]],
        partition: u16,
        sequence: u64,
        time_ms: i64,
    ) {
        for (reply, tracker) in self.accepted.into_iter().zip(trackers) {
            let receipt = RequestId {
                partition,
                sequence,
                tracker: *tracker,
            };
            reply.reply(Decision::Accepted { receipt, time_ms });
        }
        for (reply, attempt_count) in self.repeated {
            reply.reply(Decision::Duplicate { attempt_count });
        }
        turn_away(self.turned_away);
    }

    /// Answers everybody where there was no frame: those who needed one are told that the disk is
    /// full.
    pub(crate) fn answer_without_frame(self) {
        for reply in self
            .accepted
            .into_iter()
            .chain(self.repeated.into_iter().map(|(r, _)| r))
        {
            reply.reply(Decision::Full);
        }
        turn_away(self.turned_away);
    }
}

fn turn_away<R: Reply>(turned_away: Vec<(R, Decision)>) {
    for (reply, decision) in turned_away {
        reply.reply(decision);
    }
}

/// Sorted credentials, grouped by ballot and shard.
fn group(marks: &[Credential]) -> Vec<BallotMarks> {
    let of_ballot = |marks: &[Credential]| -> Vec<ShardMarks> {
        marks
            .chunk_by(|a, b| a.1 == b.1)
            .filter_map(|chunk| {
                let shard = chunk.first()?.1;
                let ordinals = chunk.iter().map(|(_, _, ordinal)| *ordinal).collect();
                Some(ShardMarks { shard, ordinals })
            })
            .collect()
    };
    marks
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|chunk| {
            Some(BallotMarks {
                ballot: chunk.first()?.0,
                shards: of_ballot(chunk),
            })
        })
        .collect()
}
