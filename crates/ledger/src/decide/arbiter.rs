//! The arbiter: decides each submission, alone, in order. Nothing else sets a voted bit of a
//! running partition.

use crate::decide::draft::Draft;
use crate::decide::invalid::InvalidCounters;
use crate::decide::recent::{RecentReceipts, Recorded};
use crate::decide::submission::{Decision, Reply, Submission};
use crate::decide::voted::{Marked, Voted};
use crate::decide::window::{DecisionTimes, Window};
use crate::format::ballot_paper::{Paper, Papers};
use crate::format::body::InvalidReason;
use crate::format::contents::fits;
use crate::format::limits::BATCH_SUBMISSIONS_MAX;
use crate::format::shape::BallotShape;

/// Holds the voted bitsets and decides by them.
pub(crate) struct Arbiter {
    pub(crate) voted: Voted,
    recent: RecentReceipts,
    /// In the order of the ballots' indexes.
    windows: Vec<Window>,
    papers: Vec<Papers>,
}

impl Arbiter {
    pub(crate) fn new(voted: Voted, recent: RecentReceipts, ballots: &[BallotShape]) -> Arbiter {
        let windows = ballots.iter().map(Window::of).collect();
        Arbiter {
            voted,
            recent,
            windows,
            papers: ballots.iter().map(|ballot| ballot.papers.clone()).collect(),
        }
    }

    /// Decides a batch at these times. Bits are set at once, so that the batch sees its own marks.
    pub(crate) fn decide<R: Reply>(
        &mut self,
        batch: &mut Vec<Submission<R>>,
        times: &DecisionTimes,
        invalid: &InvalidCounters,
    ) -> Draft<R> {
        let mut draft = Draft::default();
        let taken = batch.len().min(BATCH_SUBMISSIONS_MAX);
        for submission in batch.drain(..taken) {
            let Some(submission) = self.first_sent(&mut draft, submission) else {
                continue;
            };
            let ballot = submission.ballot;
            let window = self.windows.get(usize::from(ballot));
            if window.is_some_and(|window| window.is_in_doubt(times)) {
                let turned_away = (submission.reply, Decision::ClockInDoubt);
                draft.turned_away.push(turned_away);
                continue;
            }
            match self.refusal(&submission, times.now_ms) {
                None => self.decide_open(&mut draft, submission),
                Some((decision, reason)) => {
                    invalid.add(Some(ballot), reason, 1);
                    draft.turned_away.push((submission.reply, decision));
                }
            }
        }
        draft
    }

    /// Gives back a submission that is sent for the first time. One whose tracker is that of an
    /// accepted one gets the same receipt; the window is not looked at, because the accepted one was
    /// in time.
    fn first_sent<R>(
        &self,
        draft: &mut Draft<R>,
        submission: Submission<R>,
    ) -> Option<Submission<R>> {
        let Some(tracker) = submission.tracker else {
            return Some(submission);
        };
        if let Some(Recorded { receipt, time_ms }) = self.recent.find(&tracker) {
            let decision = Decision::Replayed { receipt, time_ms };
            draft.turned_away.push((submission.reply, decision));
        } else if draft.derived.contains(&tracker) {
            draft.joined.push((submission.reply, tracker));
        } else {
            return Some(submission);
        }
        None
    }

    /// Whether a ballot's window ended after `last_ms`, and by `now_ms`: then a frame must say so, even
    /// one without votes, because results are final by that frame and by no clock.
    pub(crate) fn any_ended_between(&self, last_ms: i64, now_ms: i64) -> bool {
        let mut windows = self.windows.iter();
        windows.any(|window| window.ended_between(last_ms, now_ms))
    }

    /// The ballots whose windows ended after `last_ms`, and by `now_ms`.
    pub(crate) fn ended_between(&self, last_ms: i64, now_ms: i64) -> Vec<u16> {
        let numbered = (0u16..).zip(&self.windows);
        let ended = numbered.filter(|(_, window)| window.ended_between(last_ms, now_ms));
        ended.map(|(ballot, _)| ballot).collect()
    }

    /// Why a submission is turned away without a look at the bitsets, if it is.
    fn refusal<R>(
        &self,
        submission: &Submission<R>,
        now_ms: i64,
    ) -> Option<(Decision, InvalidReason)> {
        let Some(window) = self.windows.get(usize::from(submission.ballot)) else {
            return Some((Decision::Malformed, InvalidReason::NoSuchBallot));
        };
        if self
            .paper(submission)
            .is_none_or(|paper| !fits(paper, &submission.vote))
        {
            return Some((Decision::Malformed, InvalidReason::BadChoice));
        }
        window.refusal(now_ms)
    }

    /// The ballot paper of the voter.
    fn paper<R>(&self, submission: &Submission<R>) -> Option<&Paper> {
        let papers = self.papers.get(usize::from(submission.ballot))?;
        papers.paper(submission.region)
    }

    fn decide_open<R: Reply>(&mut self, draft: &mut Draft<R>, submission: Submission<R>) {
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
                let paper = self
                    .paper(&submission)
                    .expect("a vote that fits none is refused");
                let contents = draft.contents.entry(ballot).or_default();
                draft.choice_bytes += contents.add(region, paper, &submission.vote);
                draft.accept(submission.reply, submission.tracker);
            }
            Some(Marked::Already) if !submission.records_repeat => draft
                .turned_away
                .push((submission.reply, Decision::RepeatRefused)),
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
    }

    /// The draft's frame is on stable storage.
    pub(crate) fn confirm<R>(&mut self, draft: &Draft<R>, sequence: u64, time_ms: i64) {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::DoubleMark) {
            self.take_back(draft);
        }
        for ((ballot, shard, ordinal), count) in &draft.duplicates {
            self.voted.add_again(*ballot, *shard, *ordinal, *count);
        }
        let derived = draft.derived.iter().copied();
        self.recent.add(sequence, time_ms, derived);
    }

    /// The draft's frame was not written: nobody of it has voted.
    pub(crate) fn take_back<R>(&mut self, draft: &Draft<R>) {
        for (ballot, shard, ordinal) in &draft.marks {
            self.voted.unmark(*ballot, *shard, *ordinal);
        }
    }
}
