//! The example event of `fixtures/`, as other crates and the curl lines of the README rely on it.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use election::{BallotIndex, Choice, ChoiceError, Event, Phase, Window};

const NOW: i64 = 1_764_000_000_000; // 24 November 2025

fn example() -> Event {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/election.toml");
    let text = std::fs::read_to_string(path).unwrap();
    Event::from_toml(&text).unwrap_or_else(|faults| {
        panic!(
            "{}",
            faults.iter().map(|f| format!("{f}\n")).collect::<String>()
        )
    })
}

#[test]
fn ballots_stand_in_the_order_written_laws_first() {
    let event = example();
    let ids: Vec<&str> = event.ballots().iter().map(|b| b.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "L2025-001",
            "L2025-002",
            "L2024-009",
            "E2025-QC",
            "E2025-RG"
        ]
    );
    for (at, ballot) in event.ballots().iter().enumerate() {
        assert_eq!(ballot.index, BallotIndex(u16::try_from(at).unwrap()));
        assert_eq!(event.ballot_at(ballot.index), Some(ballot));
    }
    assert_eq!(event.phase(NOW), Phase::Active);
}

#[test]
fn windows_are_open_except_for_the_closed_law() {
    let event = example();
    for ballot in event.ballots() {
        let expected = match ballot.id.as_str() {
            "L2024-009" => Window::Closed {
                closed: 1_731_286_800_000,
            },
            _ => Window::Open,
        };
        assert_eq!(ballot.window(NOW), expected, "{}", ballot.id);
    }
}

#[test]
fn the_seeds_vote_for_candidate_1_of_region_1_is_taken() {
    let event = example();
    let ballot = event.election_by_number(1).unwrap();
    assert_eq!(ballot.check(1, &Choice::Candidate(1)), Ok(()));
    assert_eq!(
        ballot.check(2, &Choice::Candidate(1)),
        Err(ChoiceError::OtherRegion {
            rank: 1,
            expected: 2
        })
    );
    assert_eq!(
        ballot.check(5, &Choice::Candidate(20)),
        Err(ChoiceError::Withdrawn { rank: 1 })
    );
}

#[test]
fn canonical_json_reads_back_as_the_same_event() {
    let event = example();
    let json = event.to_canonical_json();
    let again = Event::from_json(&json).unwrap();
    assert_eq!(again, event);
    assert_eq!(again.to_canonical_json(), json);
}

#[test]
fn canonical_json_keeps_its_bytes() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/election.json");
    let golden = std::fs::read(golden).unwrap();
    assert_eq!(
        String::from_utf8(example().to_canonical_json()).unwrap(),
        String::from_utf8(golden).unwrap(),
        "the canonical form of version 1 may not change: packages are signed over it"
    );
}
