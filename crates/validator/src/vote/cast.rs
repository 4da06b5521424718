//! A vote's way from its fields to the ledger's answer, in the order that tells strangers least:
//! fields, ballot, eligibility, region, choice, and last (by the ledger, at the commit) window and
//! duplicate.

use super::delivery::Answer;
use super::fault::Rule;
use super::fields::{Credential, ElectionVote, LawVote};
use super::form::Name;
use crate::app::App;
use crate::http::face;
use crate::http::problem::{Extra, Problem};
use election::{Ballot, BallotKind, Choice, ChoiceError};
use ledger::{Decision, InvalidReason, RequestId, Submission};
use listener::client::Prefix;
use listener::within;
use shards::Membership;
use std::time::{Duration, Instant};

/// What a client is told to wait where the service is saturated.
const OVERLOAD_RETRY: Duration = Duration::from_secs(1);
/// What a client is told to wait where the disk is full: an operator has to act.
const FULL_RETRY: Duration = Duration::from_secs(10);

/// Casts a vote on a law.
pub(crate) async fn law(
    app: &App,
    client: Option<Prefix>,
    body: &[u8],
) -> Result<RequestId, Problem> {
    let LawVote {
        credential,
        law_id,
        choice,
    } = LawVote::read(body)?;
    let Some(ballot) = app.ballots.law(law_id) else {
        return Err(refused(
            app,
            None,
            InvalidReason::NoSuchBallot,
            &face::NO_SUCH_LAW,
        ));
    };
    cast(app, client, ballot, credential, None, choice).await
}

/// Casts a vote in an election.
pub(crate) async fn election(
    app: &App,
    client: Option<Prefix>,
    body: &[u8],
) -> Result<RequestId, Problem> {
    let ElectionVote {
        credential,
        election,
        region,
        method,
        choice,
        contradicts,
    } = ElectionVote::read(body)?;
    let Some(ballot) = app.ballots.election(election) else {
        return Err(refused(
            app,
            None,
            InvalidReason::NoSuchBallot,
            &face::NO_SUCH_ELECTION,
        ));
    };
    if let BallotKind::Election(definition) = &app.ballot(ballot).kind
        && definition.method != method
    {
        return Err(Problem::choice(Name::VotingMethod, Rule::OtherMethod));
    }
    if contradicts {
        return Err(Problem::choice(Name::CandidateId, Rule::FirstChoice));
    }
    cast(app, client, ballot, credential, Some(region), choice).await
}

/// Casts a vote whose fields have been read, for a client that is counted. `region` is the one that
/// the voter named, in elections.
pub(crate) async fn cast(
    app: &App,
    client: Option<Prefix>,
    ballot: &crate::ballots::Entry,
    credential: Credential,
    region: Option<u32>,
    choice: Choice,
) -> Result<RequestId, Problem> {
    let now = app.clock.monotonic();
    let attempt = app.attempts.begin(&credential.nas, client, now)?;
    let voter = eligible(app, ballot, credential).inspect_err(|_| {
        app.attempts.charge(&attempt, now);
    })?;
    if region.is_some_and(|region| region != u32::from(voter.region)) {
        let at = Some(ballot.index.0);
        return Err(refused(
            app,
            at,
            InvalidReason::WrongRegion,
            &face::OTHER_REGION,
        ));
    }
    check_choice(app, ballot, voter.region, &choice)?;
    let outcome = submit(app, ballot, voter, choice).await?;
    if let Decision::Duplicate { .. } = outcome {
        app.attempts.charge(&attempt, app.clock.monotonic());
    }
    told(app.ballot(ballot), outcome)
}

/// A voter of the roll.
struct Voter {
    shard: u32,
    ordinal: u32,
    region: u16,
}

/// Looks the credential up. NAS and code are wiped when this returns.
fn eligible(
    app: &App,
    ballot: &crate::ballots::Entry,
    credential: Credential,
) -> Result<Voter, Problem> {
    let digest = app
        .hasher
        .digest(&credential.nas, &credential.code, &ballot.id);
    match app.package.lookup(ballot.index, &digest) {
        Membership::Member {
            shard,
            ordinal,
            region,
        } => Ok(Voter {
            shard,
            ordinal,
            region,
        }),
        Membership::NotOnRoll | Membership::NoSuchBallot => {
            let at = Some(ballot.index.0);
            Err(refused(
                app,
                at,
                InvalidReason::NotOnRoll,
                &face::NOT_ELIGIBLE,
            ))
        }
    }
}

fn refused(
    app: &App,
    ballot: Option<u16>,
    reason: InvalidReason,
    face: &'static face::Face,
) -> Problem {
    app.partition.note_invalid(ballot, reason);
    Problem::from(face)
}

fn check_choice(
    app: &App,
    ballot: &crate::ballots::Entry,
    region: u16,
    choice: &Choice,
) -> Result<(), Problem> {
    let Err(error) = app.ballot(ballot).check(region, choice) else {
        return Ok(());
    };
    let at = Some(ballot.index.0);
    Err(match error {
        ChoiceError::BlankNotAllowed => Problem::choice(Name::Vote, Rule::NoBlank),
        ChoiceError::EmptyRanking => Problem::field(Name::RankedChoices, Rule::NoRank),
        ChoiceError::TooManyRanks { .. } => {
            Problem::choice(Name::RankedChoices, Rule::TooManyRanks)
        }
        ChoiceError::Repeated { .. } => Problem::field(Name::RankedChoices, Rule::RankTwice),
        ChoiceError::WrongKind { .. } => Problem::choice(Name::VotingMethod, Rule::OtherMethod),
        ChoiceError::RegionNotInElection { .. } => {
            refused(app, at, InvalidReason::WrongRegion, &face::OTHER_REGION)
        }
        // Unknown, of another region, withdrawn, and whatever reason comes later.
        _ => refused(app, at, InvalidReason::BadChoice, &face::CANDIDATE_REFUSED),
    })
}

/// Hands a vote to the ledger and waits for its answer.
async fn submit(
    app: &App,
    ballot: &crate::ballots::Entry,
    voter: Voter,
    choice: Choice,
) -> Result<Decision, Problem> {
    let started = Instant::now();
    let (reply, outcome) = Answer::new();
    let Voter {
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
    app.metrics.votes_submitted.inc();
    if app.partition.submit(submission).is_err() {
        return Err(Problem::retry_after(&face::OVERLOADED, OVERLOAD_RETRY));
    }
    let outcome = within(app.commit_timeout, outcome).await;
    app.metrics.validation_latency.observe(started.elapsed());
    match outcome {
        Some(Ok(outcome)) => Ok(outcome),
        // Too late, or the commit thread is gone: the vote may or may not be recorded.
        Some(Err(_)) | None => Err(Problem::retry_after(&face::OUTCOME_UNKNOWN, OVERLOAD_RETRY)),
    }
}

/// The ledger's answer in terms of the interface.
fn told(ballot: &Ballot, outcome: Decision) -> Result<RequestId, Problem> {
    let (face, extra) = match outcome {
        Decision::Accepted { receipt, .. } => return Ok(receipt),
        Decision::Duplicate { attempt_count } => (&face::DUPLICATE, Extra::Attempts(attempt_count)),
        Decision::NotOpen => (&face::NOT_OPEN, Extra::Opens(ballot.opens)),
        Decision::Closed => (&face::CLOSED, Extra::Closes(ballot.closes)),
        Decision::Full => (&face::STORAGE_FULL, Extra::RetryAfter(FULL_RETRY)),
        // `NoSuchCredential` would mean that package and ledger disagree, which the start rules out.
        _ => (&face::INTERNAL, Extra::None),
    };
    Err(Problem { face, extra })
}
