//! Answering other validators: their voters' votes on the partitions that this one owns.

use std::sync::Arc;
use std::time::Duration;

use election::BallotIndex;
use ledger::{Decision, Submission};
use shards::Package;

use super::board::Partitions;
use super::words::{Answer, Question};
use crate::checkpoints::Desk;

/// Answers what other validators ask.
pub(crate) struct Answering {
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) package: Arc<Package>,
    /// How long the ledger's answer is waited for.
    pub(crate) commit_timeout: Duration,
    /// The logs of the partitions; none where the event has none.
    pub(crate) desk: Option<Arc<Desk>>,
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
            Some(Question::Log(question)) => match &self.desk {
                Some(desk) => desk.answer(question).await,
                None => Answer::Unknown,
            },
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

    async fn record(&self, partition: u16, submission: Submission<()>) -> Answer {
        if !self.is_of_the_roll(&submission) {
            return Answer::Decided(Decision::Malformed);
        }
        let partitions = &self.partitions;
        partitions
            .decide_here(partition, submission, self.commit_timeout)
            .await
    }
}
