//! Answering other validators: their voters' votes on the partitions that this one owns.

use std::sync::Arc;
use std::time::Duration;

use election::BallotIndex;
use ledger::{Decision, Submission};
use shards::Package;

use super::board::{Partitions, Place, decide_here};
use super::words::{Answer, Question};

/// Answers what other validators ask.
pub(crate) struct Answering {
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) package: Arc<Package>,
    /// How long the ledger's answer is waited for.
    pub(crate) commit_timeout: Duration,
}

impl relay::Answer for Answering {
    async fn answer(self: Arc<Self>, _: Arc<str>, question: Vec<u8>) -> Vec<u8> {
        let answer = match Question::read(&question) {
            Some(Question::Record(partition, submission)) => {
                self.record(partition, submission).await
            }
            Some(Question::Count(refused)) => {
                for ((ballot, reason), count) in refused {
                    self.partitions.note_invalid(ballot, reason, count);
                }
                Answer::Counted
            }
            None => Answer::Unknown,
        };
        answer.bytes()
    }
}

impl Answering {
    /// Whether the voter votes where the roll has them: a choice of another region's paper would spoil the count.
    fn is_of_the_roll(&self, submission: &Submission<()>) -> bool {
        let (ballot, shard) = (BallotIndex(submission.ballot), submission.shard);
        let region = self.package.region_at(ballot, shard, submission.ordinal);
        matches!(region, Ok(Some(region)) if region == submission.region)
    }

    /// Only as the owner: a vote is handed on once.
    async fn record(&self, partition: u16, submission: Submission<()>) -> Answer {
        let Place::Here(owned) = self.partitions.place(partition) else {
            return Answer::NotOwner;
        };
        if !self.is_of_the_roll(&submission) {
            return Answer::Decided(Decision::Malformed);
        }
        decide_here(&owned, submission, self.commit_timeout).await
    }
}
