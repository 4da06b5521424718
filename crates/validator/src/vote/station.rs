//! The polling station: a vote's way from its fields to the ledger's answer, in the order that tells
//! strangers least: fields, ballot, eligibility, region, choice, and last (by the ledger, at the
//! commit) window and duplicate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use durable::Clock;
use election::{Ballot, BallotKind, Choice, ChoiceError, Event};
use ledger::{Decision, Enclosed, Enclosing, InvalidReason, RequestId, Submission, SystemEntropy};
use listener::client::Prefix;
use listener::log::Gate;
use shards::Rot;

use super::attempts::Attempts;
use super::fields::{Credential, ElectionVote, LawVote};
use super::form::Field;
use super::idempotency_key::IdempotencyKey;
use super::refusal::{Refusal, VoteKind};
use super::roll::{ElectoralRoll, RollEntry};
use super::rule::Rule;
use crate::ballots::{BallotKey, BallotKeys};
use crate::partitions::{Partitions, Recent, Undecided};

/// Lines about votes that the ledger does not know, one a second at most.
static DISAGREEMENTS: Gate = Gate::new();

/// Lines about bytes of the package that changed, one a second at most.
static ROT: Gate = Gate::new();

/// Whoever counts the votes that reach the ledger.
pub(crate) trait Observer: Send + Sync {
    /// A vote of a voter on the roll is handed to the ledger.
    fn submitted(&self);

    /// The ledger has answered, or the wait for it is over.
    fn answered(&self, took: Duration);
}

/// Who sends a vote.
pub(crate) struct Sender {
    /// The client that it is counted for, where it is counted.
    pub(crate) client: Option<Prefix>,
    /// Under which the same vote may be sent again.
    pub(crate) key: Option<IdempotencyKey>,
}

/// A vote that is on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) receipt: RequestId,
    /// When it was recorded, ms since 1970 UTC.
    pub(crate) time_ms: i64,
    /// Whether an earlier try recorded it, and this one asked for its receipt again.
    pub(crate) replayed: bool,
}

/// Everything that decides about a vote.
pub(crate) struct PollingStation {
    pub(crate) roll: ElectoralRoll,
    pub(crate) ballots: BallotKeys,
    pub(crate) attempts: Attempts,
    pub(crate) enclosing: Enclosing,
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The last decisions, for people who watch.
    pub(crate) decisions: Arc<Recent<Decided>>,
    /// How long the ledger's answer is waited for.
    pub(crate) commit_timeout: Duration,
    pub(crate) observer: Arc<dyn Observer>,
}

impl PollingStation {
    pub(crate) fn event(&self) -> &Event {
        self.roll.package.event()
    }

    /// Casts the vote in a body; the receipt means that it is on stable storage.
    ///
    /// # Errors
    /// The first reason why the vote is not recorded.
    pub(crate) async fn vote(
        &self,
        sender: &Sender,
        kind: VoteKind,
        body: &[u8],
    ) -> Result<Recorded, Refusal> {
        match kind {
            VoteKind::Law => self.law(sender, body).await,
            VoteKind::Election => self.election(sender, body).await,
        }
    }

    async fn law(&self, sender: &Sender, body: &[u8]) -> Result<Recorded, Refusal> {
        let LawVote {
            credential,
            law_id,
            choice,
        } = LawVote::read(body)?;
        let Some(ballot) = self.ballots.law(law_id) else {
            return Err(self.no_such_ballot(VoteKind::Law));
        };
        self.cast(sender, ballot, credential, None, choice).await
    }

    async fn election(&self, sender: &Sender, body: &[u8]) -> Result<Recorded, Refusal> {
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
        self.cast(sender, ballot, credential, Some(region), choice)
            .await
    }

    /// Casts a vote whose fields have been read. `region` is the one that the voter named, in
    /// elections.
    ///
    /// # Errors
    /// The first reason why the vote is not recorded.
    pub(crate) async fn cast(
        &self,
        sender: &Sender,
        ballot: &BallotKey,
        credential: Credential,
        region: Option<u32>,
        choice: Choice,
    ) -> Result<Recorded, Refusal> {
        let now = self.clock.monotonic();
        let attempt = self.attempts.begin(&credential, sender.client, now)?;
        let voter = self.roll.voter(ballot, credential, sender.key.as_ref());
        let Some(voter) = voter.map_err(|rot| roll_unreadable(&rot))? else {
            self.note_invalid(ballot, InvalidReason::NotOnRoll);
            let tries_left = attempt.map(|attempt| self.attempts.charge(&attempt, now));
            return Err(Refusal::NotOnRoll { tries_left });
        };
        if region.is_some_and(|region| region != u32::from(voter.region)) {
            self.note_invalid(ballot, InvalidReason::WrongRegion);
            return Err(self.other_region(ballot, voter.region));
        }
        self.check_choice(ballot, voter.region, &choice)?;
        let repeats = self.attempts.repeats_of(ballot, &voter);
        let repeat = self.attempts.may_repeat(repeats, now);
        let decision = self.submit(ballot, voter, choice, repeat.is_ok()).await?;
        match (decision, repeat) {
            (Decision::Duplicate { .. }, _) => self.attempts.charge_repeat(repeats, now),
            (Decision::RepeatRefused, Err(wait)) => return Err(Refusal::RepeatsUsedUp { wait }),
            _ => {}
        }
        recorded(self.ballot(ballot), decision)
    }

    /// The definition of a ballot that [`BallotKeys`] named.
    fn ballot(&self, key: &BallotKey) -> &Ballot {
        // Keys are made from this very list, in which every ballot stands at its index.
        &self.event().ballots()[usize::from(key.index.0)]
    }

    fn no_such_ballot(&self, kind: VoteKind) -> Refusal {
        self.partitions
            .note_invalid(None, InvalidReason::NoSuchBallot, 1);
        Refusal::NoSuchBallot(kind)
    }

    /// Has the ledger record that a vote on this ballot was refused, and why, without the voter.
    fn note_invalid(&self, ballot: &BallotKey, reason: InvalidReason) {
        self.partitions
            .note_invalid(Some(ballot.index.0), reason, 1);
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
                self.other_region(ballot, region)
            }
            ChoiceError::UnknownCandidate { .. }
            | ChoiceError::OtherRegion { .. }
            | ChoiceError::Withdrawn { .. } => {
                self.note_invalid(ballot, InvalidReason::BadChoice);
                Refusal::CandidateNotStanding
            }
        })
    }

    /// The refusal of a vote for another region than that of the roll, or for one without candidates.
    fn other_region(&self, ballot: &BallotKey, own: u16) -> Refusal {
        let election = self.ballot(ballot).election();
        let votes_there = election.is_some_and(|election| election.regions().contains(&own));
        Refusal::OtherRegion {
            own: votes_there.then_some(own),
        }
    }

    /// Encloses a choice that the ballot allows.
    fn enclose(
        &self,
        ballot: &BallotKey,
        region: u16,
        choice: &Choice,
    ) -> Result<Enclosed, Refusal> {
        let enclosed = self
            .enclosing
            .enclose(&mut SystemEntropy, ballot.index.0, region, choice);
        enclosed.map_err(|error| {
            DISAGREEMENTS.run(|unsaid| {
                let (ballot, error) = (&self.ballot(ballot).id, error.to_string());
                tracing::error!(unsaid, ballot, error, "a vote could not be sealed");
            });
            Refusal::LedgerDisagrees
        })
    }

    /// Hands a vote to the ledger and waits for its answer.
    async fn submit(
        &self,
        ballot: &BallotKey,
        voter: RollEntry,
        choice: Choice,
        records_repeat: bool,
    ) -> Result<Decision, Refusal> {
        let started = Instant::now();
        let RollEntry {
            shard,
            ordinal,
            region,
            tracker,
        } = voter;
        let submission = Submission {
            ballot: ballot.index.0,
            shard,
            ordinal,
            region,
            vote: self.enclose(ballot, region, &choice)?,
            tracker,
            records_repeat,
            reply: (),
        };
        let partition = self.roll.package.partition_of(ballot.index, shard);
        let partition = partition.expect("a voter of the roll is in a shard");
        self.observer.submitted();
        let decided = self
            .partitions
            .submit(partition, submission, self.commit_timeout);
        let decision = decided.await;
        self.observer.answered(started.elapsed());
        let what = Decided {
            partition,
            ballot: ballot.index.0,
            outcome: decision,
        };
        self.decisions.add(self.clock.now_ms(), what);
        decision.map_err(|why| match why {
            Undecided::Overloaded => Refusal::Overloaded,
            Undecided::Unwitnessed => Refusal::Unwitnessed,
            // The vote may or may not be recorded.
            Undecided::Unknown => Refusal::OutcomeUnknown,
        })
    }
}

/// What became of one vote, without the voter and the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) partition: u16,
    /// Index of the ballot.
    pub(crate) ballot: u16,
    pub(crate) outcome: Result<Decision, Undecided>,
}

/// The package rots: nobody is told that they are not on the roll, and no try is used up.
fn roll_unreadable(rot: &Rot) -> Refusal {
    ROT.run(|unsaid| {
        tracing::error!(unsaid, %rot, "the roll cannot be read: votes that need it are refused with 503");
    });
    Refusal::RollUnreadable
}

/// The recorded vote, or what the ledger had against it.
fn recorded(ballot: &Ballot, decision: Decision) -> Result<Recorded, Refusal> {
    let recorded = |receipt, time_ms, replayed| {
        Ok(Recorded {
            receipt,
            time_ms,
            replayed,
        })
    };
    Err(match decision {
        Decision::Accepted { receipt, time_ms } => return recorded(receipt, time_ms, false),
        Decision::Replayed { receipt, time_ms } => return recorded(receipt, time_ms, true),
        Decision::Duplicate { attempt_count } => Refusal::Duplicate { attempt_count },
        Decision::NotOpen => Refusal::NotOpen {
            opens_ms: ballot.opens,
        },
        Decision::Closed => Refusal::Closed {
            closed_ms: ballot.closes,
        },
        Decision::Full => Refusal::StorageFull,
        Decision::ClockInDoubt => Refusal::ClockInDoubt,
        // A repetition that was to be recorded is refused by an owner of another release alone.
        Decision::Malformed | Decision::RepeatRefused => {
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
