//! The polling station: a vote's way from its fields to the ledger's answer, in the order that tells
//! strangers least: fields, ballot, eligibility, region, choice, and last (by the ledger, at the
//! commit) window and duplicate.

use super::attempts::Attempts;
use super::delivery::VoteReply;
use super::fields::{Credential, ElectionVote, LawVote};
use super::form::Field;
use super::refusal::{Refusal, VoteKind};
use super::roll::{ElectoralRoll, RollEntry};
use super::rule::Rule;
use crate::ballots::{BallotKey, BallotKeys};
use durable::Clock;
use election::{Ballot, BallotKind, Choice, ChoiceError, Event};
use ledger::{Decision, InvalidReason, Partition, RequestId, Submission};
use listener::client::Prefix;
use listener::log::Gate;
use listener::within;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Lines about votes that the ledger does not know, one a second at most.
static DISAGREEMENTS: Gate = Gate::new();

/// Whoever counts the votes that reach the ledger.
pub(crate) trait Observer: Send + Sync {
    /// A vote of a voter on the roll is handed to the ledger.
    fn submitted(&self);

    /// The ledger has answered, or the wait for it is over.
    fn answered(&self, took: Duration);
}

/// Everything that decides about a vote.
pub(crate) struct PollingStation {
    pub(crate) roll: ElectoralRoll,
    pub(crate) ballots: BallotKeys,
    pub(crate) attempts: Attempts,
    pub(crate) partition: Arc<Partition<VoteReply>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How long the ledger's answer is waited for.
    pub(crate) commit_timeout: Duration,
    pub(crate) observer: Arc<dyn Observer>,
}

impl PollingStation {
    pub(crate) fn event(&self) -> &Event {
        self.roll.package.event()
    }

    /// Casts the vote in a body, for a client that is counted; the receipt means that it is on stable
    /// storage.
    ///
    /// # Errors
    /// The first reason why the vote is not recorded.
    pub(crate) async fn vote(
        &self,
        client: Option<Prefix>,
        kind: VoteKind,
        body: &[u8],
    ) -> Result<RequestId, Refusal> {
        match kind {
            VoteKind::Law => self.law(client, body).await,
            VoteKind::Election => self.election(client, body).await,
        }
    }

    async fn law(&self, client: Option<Prefix>, body: &[u8]) -> Result<RequestId, Refusal> {
        let LawVote {
            credential,
            law_id,
            choice,
        } = LawVote::read(body)?;
        let Some(ballot) = self.ballots.law(law_id) else {
            return Err(self.no_such_ballot(VoteKind::Law));
        };
        self.cast(client, ballot, credential, None, choice).await
    }

    async fn election(&self, client: Option<Prefix>, body: &[u8]) -> Result<RequestId, Refusal> {
        let ElectionVote {
            credential,
            election,
            region,
            method,
            choice,
            contradicts,
        } = ElectionVote::read(body)?;
        let Some(ballot) = self.ballots.election(election) else {
            return Err(self.no_such_ballot(VoteKind::Election));
        };
        if let BallotKind::Election(definition) = &self.ballot(ballot).kind
            && definition.method != method
        {
            return Err(Refusal::choice(Field::VotingMethod, Rule::OtherMethod));
        }
        if contradicts {
            return Err(Refusal::choice(Field::CandidateId, Rule::FirstChoice));
        }
        self.cast(client, ballot, credential, Some(region), choice)
            .await
    }

    /// Casts a vote whose fields have been read, for a client that is counted. `region` is the one
    /// that the voter named, in elections.
    ///
    /// # Errors
    /// The first reason why the vote is not recorded.
    pub(crate) async fn cast(
        &self,
        client: Option<Prefix>,
        ballot: &BallotKey,
        credential: Credential,
        region: Option<u32>,
        choice: Choice,
    ) -> Result<RequestId, Refusal> {
        let now = self.clock.monotonic();
        let attempt = self.attempts.begin(&credential.nas, client, now)?;
        let Some(voter) = self.roll.voter(ballot, credential) else {
            self.attempts.charge(&attempt, now);
            self.note_invalid(ballot, InvalidReason::NotOnRoll);
            return Err(Refusal::NotOnRoll);
        };
        if region.is_some_and(|region| region != u32::from(voter.region)) {
            self.note_invalid(ballot, InvalidReason::WrongRegion);
            return Err(Refusal::OtherRegion);
        }
        self.check_choice(ballot, voter.region, &choice)?;
        let decision = self.submit(ballot, voter, choice).await?;
        if let Decision::Duplicate { .. } = decision {
            self.attempts.charge(&attempt, self.clock.monotonic());
        }
        receipt(self.ballot(ballot), decision)
    }

    /// The definition of a ballot that [`BallotKeys`] named.
    fn ballot(&self, key: &BallotKey) -> &Ballot {
        // Keys are made from this very list, in which every ballot stands at its index.
        &self.event().ballots()[usize::from(key.index.0)]
    }

    fn no_such_ballot(&self, kind: VoteKind) -> Refusal {
        self.partition
            .note_invalid(None, InvalidReason::NoSuchBallot);
        Refusal::NoSuchBallot(kind)
    }

    /// Has the ledger record that a vote on this ballot was refused, and why, without the voter.
    fn note_invalid(&self, ballot: &BallotKey, reason: InvalidReason) {
        self.partition.note_invalid(Some(ballot.index.0), reason);
    }

    fn check_choice(
        &self,
        ballot: &BallotKey,
        region: u16,
        choice: &Choice,
    ) -> Result<(), Refusal> {
        let Err(error) = self.ballot(ballot).check(region, choice) else {
            return Ok(());
        };
        Err(match error {
            ChoiceError::BlankNotAllowed => Refusal::choice(Field::Vote, Rule::NoBlank),
            ChoiceError::EmptyRanking => Refusal::invalid_field(Field::RankedChoices, Rule::NoRank),
            ChoiceError::TooManyRanks { .. } => {
                Refusal::choice(Field::RankedChoices, Rule::TooManyRanks)
            }
            ChoiceError::Repeated { .. } => {
                Refusal::invalid_field(Field::RankedChoices, Rule::RankTwice)
            }
            ChoiceError::WrongKind { .. } => {
                Refusal::choice(Field::VotingMethod, Rule::OtherMethod)
            }
            ChoiceError::RegionNotInElection { .. } => {
                self.note_invalid(ballot, InvalidReason::WrongRegion);
                Refusal::OtherRegion
            }
            ChoiceError::UnknownCandidate { .. }
            | ChoiceError::OtherRegion { .. }
            | ChoiceError::Withdrawn { .. } => {
                self.note_invalid(ballot, InvalidReason::BadChoice);
                Refusal::CandidateNotStanding
            }
        })
    }

    /// Hands a vote to the ledger and waits for its answer.
    async fn submit(
        &self,
        ballot: &BallotKey,
        voter: RollEntry,
        choice: Choice,
    ) -> Result<Decision, Refusal> {
        let started = Instant::now();
        let (reply, decision) = VoteReply::new();
        let RollEntry {
            shard,
            ordinal,
            region,
        } = voter;
        let submission = Submission {
            ballot: ballot.index.0,
            shard,
            ordinal,
            region,
            choice,
            reply,
        };
        self.observer.submitted();
        if self.partition.submit(submission).is_err() {
            return Err(Refusal::Overloaded);
        }
        let decision = within(self.commit_timeout, decision).await;
        self.observer.answered(started.elapsed());
        match decision {
            Some(Ok(decision)) => Ok(decision),
            // Too late, or the commit thread is gone: the vote may or may not be recorded.
            Some(Err(_)) | None => Err(Refusal::OutcomeUnknown),
        }
    }
}

/// The receipt of a recorded vote, or what the ledger had against it.
fn receipt(ballot: &Ballot, decision: Decision) -> Result<RequestId, Refusal> {
    Err(match decision {
        Decision::Accepted { receipt, .. } => return Ok(receipt),
        Decision::Duplicate { attempt_count } => Refusal::Duplicate { attempt_count },
        Decision::NotOpen => Refusal::NotOpen {
            opens_ms: ballot.opens,
        },
        Decision::Closed => Refusal::Closed {
            closed_ms: ballot.closes,
        },
        Decision::Full => Refusal::StorageFull,
        Decision::Malformed => {
            DISAGREEMENTS.run(|unsaid| {
                tracing::error!(
                    unsaid,
                    ballot = ballot.id,
                    "the ledger does not know a voter of the package: stop, and start again with \
                     the package that the ledger was begun with"
                );
            });
            Refusal::LedgerDisagrees
        }
    })
}
