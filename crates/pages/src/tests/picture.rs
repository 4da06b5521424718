//! A picture of validators and partitions with one of everything.

use super::OPEN_MS;
use crate::{
    ClusterEvent, ClusterPicture, DecisionSeen, LeaseSeen, MemberSeen, MemberState, Outcome,
    PartitionSeen,
};

/// One of everything that can be seen of validators and partitions.
pub(super) fn picture() -> ClusterPicture {
    let states = [MemberState::Level, MemberState::Behind, MemberState::Silent];
    let member = |state| MemberSeen {
        name: "v<1>".to_owned(),
        address: "v1.example.org:8200".to_owned(),
        version: "0.1.0".to_owned(),
        state,
        clock_ms: (-3.2, 1.4),
        silent_s: 0.4,
    };
    let partition = |lease| PartitionSeen {
        partition: 3,
        lease,
        last_frame: 18_210,
        lag: 1,
    };
    let lease = |owner: Option<&str>| LeaseSeen {
        owner: owner.map(str::to_owned),
        epoch: 4,
        left_s: 2.6,
    };
    let events = [
        ClusterEvent::Taken {
            partition: 3,
            epoch: 4,
        },
        ClusterEvent::GivenBack(3),
        ClusterEvent::Lost(3),
        ClusterEvent::Here("v1".to_owned()),
        ClusterEvent::Silent("v1".to_owned()),
        ClusterEvent::ClockApart(-2_500),
        ClusterEvent::ClockAgrees,
    ];
    let outcomes = [
        Outcome::Accepted,
        Outcome::Replayed,
        Outcome::Duplicate,
        Outcome::OutsideWindow,
        Outcome::NotTaken,
        Outcome::Disagrees,
        Outcome::Overloaded,
        Outcome::Unknown,
    ];
    let decision = |outcome| DecisionSeen {
        partition: 3,
        ballot: "L2025-001".to_owned(),
        outcome,
    };
    ClusterPicture {
        members: states.map(member).to_vec(),
        partitions: vec![
            partition(None),
            partition(Some(lease(None))),
            partition(Some(lease(Some("v1")))),
        ],
        events: events.map(|event| (OPEN_MS, event)).to_vec(),
        decisions: outcomes
            .map(|outcome| (OPEN_MS, decision(outcome)))
            .to_vec(),
    }
}
