//! Which choices a ballot takes, and that none of them can be read from an error or a log.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use election::{Choice, ChoiceError, Event, Phase, Window};

fn example() -> Event {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/election.toml");
    Event::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn check(ballot: &str, region: u16, choice: Choice, expected: Result<(), ChoiceError>) {
    let event = example();
    assert_eq!(
        event.ballot(ballot).unwrap().check(region, &choice),
        expected,
        "{ballot} {region}"
    );
}

fn wrong_kind(expected: &'static str, got: &'static str) -> Result<(), ChoiceError> {
    Err(ChoiceError::WrongKind { expected, got })
}

#[test]
fn a_law_takes_answers_from_any_region() {
    check("L2025-001", 0, Choice::Oui, Ok(()));
    check("L2025-001", 6, Choice::Non, Ok(()));
    check(
        "L2025-001",
        1,
        Choice::Blanc,
        Err(ChoiceError::BlankNotAllowed),
    );
    check("L2025-002", 1, Choice::Blanc, Ok(()));
    check(
        "L2025-001",
        1,
        Choice::Candidate(1),
        wrong_kind("answer to a law", "one candidate"),
    );
}

#[test]
fn a_single_choice_takes_an_active_candidate_of_the_region() {
    let check =
        |region, number, expected| check("E2025-QC", region, Choice::Candidate(number), expected);
    check(1, 4, Ok(()));
    check(
        1,
        5,
        Err(ChoiceError::OtherRegion {
            rank: 1,
            expected: 1,
        }),
    );
    check(5, 20, Err(ChoiceError::Withdrawn { rank: 1 }));
    check(1, 999, Err(ChoiceError::UnknownCandidate { rank: 1 }));
    check(1, 0, Err(ChoiceError::UnknownCandidate { rank: 1 }));
    check(0, 1, Err(ChoiceError::RegionNotInElection { region: 0 }));
    check(7, 1, Err(ChoiceError::RegionNotInElection { region: 7 }));
}

#[test]
fn a_ranking_takes_no_repeats_and_no_more_than_its_ranks() {
    let check = |ranking: &[u32], expected| {
        check("E2025-RG", 1, Choice::Ranking(ranking.to_vec()), expected)
    };
    check(&[3], Ok(()));
    check(&[5, 4, 3, 2, 1], Ok(()));
    check(&[], Err(ChoiceError::EmptyRanking));
    check(&[1, 2, 1], Err(ChoiceError::Repeated { rank: 3, first: 1 }));
    check(
        &[1, 2, 3, 4, 5, 6],
        Err(ChoiceError::TooManyRanks { max: 5, got: 6 }),
    );
    check(
        &[1, 6],
        Err(ChoiceError::OtherRegion {
            rank: 2,
            expected: 1,
        }),
    );
    check(&[99], Err(ChoiceError::UnknownCandidate { rank: 1 }));
}

#[test]
fn each_method_refuses_the_other_form() {
    check(
        "E2025-QC",
        1,
        Choice::Ranking(vec![1]),
        wrong_kind("one candidate", "ranking"),
    );
    check(
        "E2025-RG",
        1,
        Choice::Candidate(1),
        wrong_kind("ranking", "one candidate"),
    );
    check(
        "E2025-RG",
        1,
        Choice::Oui,
        wrong_kind("ranking", "answer to a law"),
    );
}

#[test]
fn neither_debug_nor_errors_tell_a_choice() {
    assert_eq!(format!("{:?}", Choice::Oui), format!("{:?}", Choice::Non));
    assert_eq!(
        format!("{:?}", Choice::Candidate(17)),
        "Choice(one candidate)"
    );
    assert_eq!(
        format!("{:?}", Choice::Ranking(vec![17, 18])),
        "Choice(ranking)"
    );
    let error = example()
        .ballot("E2025-QC")
        .unwrap()
        .check(1, &Choice::Candidate(17))
        .unwrap_err();
    assert!(!error.to_string().contains("17"), "{error}");
}

#[test]
fn a_window_is_open_from_opens_inclusive_to_closes_exclusive() {
    let event = example();
    let ballot = event.ballot("L2025-001").unwrap();
    let (opens, closes) = (ballot.opens, ballot.closes);
    assert_eq!(ballot.window(opens - 1), Window::NotOpen { opens });
    assert_eq!(ballot.window(opens), Window::Open);
    assert_eq!(ballot.window(closes - 1), Window::Open);
    assert_eq!(ballot.window(closes), Window::Closed { closed: closes });
    assert_eq!(event.phase(i64::MIN), Phase::Scheduled);
    assert_eq!(event.phase(opens), Phase::Active);
    assert_eq!(event.phase(closes), Phase::Completed);
}
