//! The picture of validators and partitions, for people and programs that watch.

use ledger::Decision;
use pages::{
    ClusterEvent, ClusterPicture, DecisionSeen, LeaseSeen, MemberSeen, MemberState, Outcome,
    PartitionSeen,
};

use crate::app::App;
use crate::partitions::{Happened, Stamped, Steward, Undecided};
use crate::vote::Decided;

/// What this validator sees at the moment.
pub(super) fn picture(app: &App) -> ClusterPicture {
    let decisions = app.decisions.all();
    let decisions = decisions
        .into_iter()
        .map(|stamped| decision(app, &stamped))
        .collect();
    match &app.steward {
        Some(steward) => ClusterPicture {
            decisions,
            ..shared(app, steward)
        },
        None => ClusterPicture {
            partitions: alone(app),
            decisions,
            ..ClusterPicture::default()
        },
    }
}

/// A ledger in files: this validator records all of it, and there is no lease.
fn alone(app: &App) -> Vec<PartitionSeen> {
    let here = app.partitions.here().into_iter();
    here.map(|(partition, owned)| PartitionSeen {
        partition,
        lease: None,
        last_frame: owned.state().last_sequence(),
        lag: 0,
    })
    .collect()
}

fn shared(app: &App, steward: &Steward) -> ClusterPicture {
    let view = steward.view().picture;
    let members = view.members.into_iter().map(|seen| MemberSeen {
        state: if !seen.is_alive(steward.lease()) {
            MemberState::Silent
        } else if seen.is_level {
            MemberState::Level
        } else {
            MemberState::Behind
        },
        name: seen.name,
        address: seen.address,
        version: seen.version,
        clock_ms: (seen.clock.ahead_ms, seen.clock.error_ms),
        silent_s: seen.silent.as_secs_f64(),
    });
    let partitions = view.partitions.into_iter().map(|seen| PartitionSeen {
        lag: seen
            .last_frame
            .saturating_sub(app.partitions.last_sequence(seen.partition)),
        partition: seen.partition,
        lease: Some(LeaseSeen {
            owner: seen.holder().cloned(),
            epoch: seen.epoch,
            left_s: seen.left_s,
        }),
        last_frame: seen.last_frame,
    });
    let events = steward.events().into_iter();
    ClusterPicture {
        members: members.collect(),
        partitions: partitions.collect(),
        events: events
            .map(|stamped| (stamped.time_ms, event(stamped.what)))
            .collect(),
        decisions: Vec::new(),
    }
}

fn event(what: Happened) -> ClusterEvent {
    match what {
        Happened::Taken { partition, epoch } => ClusterEvent::Taken { partition, epoch },
        Happened::GivenBack(partition) => ClusterEvent::GivenBack(partition),
        Happened::Lost(partition) => ClusterEvent::Lost(partition),
        Happened::Here(name) => ClusterEvent::Here(name),
        Happened::Silent(name) => ClusterEvent::Silent(name),
        Happened::ClockApart(ms) => ClusterEvent::ClockApart(ms),
        Happened::ClockAgrees => ClusterEvent::ClockAgrees,
    }
}

fn decision(app: &App, stamped: &Stamped<Decided>) -> (i64, DecisionSeen) {
    let Decided {
        partition,
        ballot,
        outcome,
    } = stamped.what;
    let ballot = app.event().ballots().get(usize::from(ballot));
    let seen = DecisionSeen {
        partition,
        ballot: ballot.map_or_else(String::new, |ballot| ballot.id.clone()),
        outcome: outcome_of(outcome),
    };
    (stamped.time_ms, seen)
}

fn outcome_of(decided: Result<Decision, Undecided>) -> Outcome {
    match decided {
        Ok(Decision::Accepted { .. }) => Outcome::Accepted,
        Ok(Decision::Replayed { .. }) => Outcome::Replayed,
        Ok(Decision::Duplicate { .. } | Decision::RepeatRefused) => Outcome::Duplicate,
        Ok(Decision::NotOpen | Decision::Closed) => Outcome::OutsideWindow,
        Ok(Decision::Full | Decision::ClockInDoubt) | Err(Undecided::Unwitnessed) => {
            Outcome::NotTaken
        }
        Ok(Decision::Malformed) => Outcome::Disagrees,
        Err(Undecided::Overloaded) => Outcome::Overloaded,
        Err(Undecided::Unknown) => Outcome::Unknown,
    }
}
