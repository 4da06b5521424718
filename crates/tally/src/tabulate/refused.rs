//! Ballots that cannot be tabulated: each is an error that names ballot and region, never a result.

use std::collections::BTreeMap;

use counting::ranked::{BallotError, ContestError};
use election::{Ballot, BallotKind, Choice, Event};

use super::error::{Cause, TabulationError};
use super::results_of;
use crate::ballot_count::ReleasedCounts;
use crate::counts::Counts;
use crate::documents::golden::event;
use crate::policy::Visible;
use crate::results::{Stage, Standing, Turnout};

/// Tabulates a ballot with votes of one region.
fn tabulated(
    event: &Event,
    ballot: &Ballot,
    region: u16,
    votes: &[(Choice, u64)],
) -> Result<(), TabulationError> {
    let mut counts = Counts::default();
    for (choice, votes) in votes {
        counts.add(choice, *votes);
    }
    let released = ReleasedCounts {
        country: counts.clone(),
        releases: 1,
        regional_votes: counts.total(),
        regions: BTreeMap::from([(region, counts)]),
        updated_ms: 1,
        position: BTreeMap::new(),
    };
    let visible = Visible::Counts(&released);
    let standing = Standing {
        stage: Stage::Counting,
        position: BTreeMap::new(),
        time_ms: None,
        releases: 1,
    };
    results_of(event, ballot, (standing, Turnout::default()), &visible).map(drop)
}

#[test]
fn votes_for_a_choice_that_is_not_on_the_ballot_paper_are_no_result() {
    let event = event();
    for (id, region, choice) in [
        ("SINGLE", 2, Choice::Candidate(99)),
        ("SINGLE", 2, Choice::Candidate(1)),
        ("SINGLE", 2, Choice::Ranking(vec![5])),
        ("SINGLE", 0, Choice::Candidate(5)),
        ("SINGLE", 2, Choice::Oui),
        ("IRV", 1, Choice::Ranking(vec![1, 9])),
        ("IRV", 1, Choice::Ranking(vec![])),
        ("IRV", 1, Choice::Candidate(1)),
        ("PLAIN", 0, Choice::Ranking(vec![1])),
    ] {
        let ballot = event.ballot(id).expect("a ballot");
        let right = match id {
            "SINGLE" => Choice::Candidate(5),
            "IRV" => Choice::Ranking(vec![1, 2]),
            _ => Choice::Oui,
        };
        let votes = [(right, 40), (choice, 1)];
        let error = tabulated(&event, ballot, region, &votes).expect_err(id);
        assert_eq!(error.cause, Cause::NotOffered, "{id}");
        let text = error.to_string();
        let place = format!("ballot {id}, region {region}: ");
        assert!(text.starts_with(&place), "{text}");
        assert!(!text.contains("99"), "names the choice: {text}");
    }
}

#[test]
fn a_ranking_that_cannot_be_added_is_no_result() {
    let event = event();
    let ballot = event.ballot("IRV").expect("a ballot");
    let votes = [
        (Choice::Ranking(vec![1, 2]), 5),
        (Choice::Ranking(vec![2]), 1_000_000_000_000),
    ];
    let error = tabulated(&event, ballot, 1, &votes).expect_err("too many ballots");
    assert!(
        matches!(
            error.cause,
            Cause::Ranking(BallotError::TooManyBallots { .. })
        ),
        "{error}"
    );
    assert!(error.to_string().starts_with("ballot IRV, region 1: "));
}

#[test]
fn a_contest_that_is_refused_is_no_result() {
    let event = event();
    let mut ballot = event.ballot("IRV").expect("a ballot").clone();
    let BallotKind::Election(election) = &mut ballot.kind else {
        panic!("an election");
    };
    // A definition cannot say so: the reader refuses it before the counting crate does.
    election.seats = 2;
    let votes = [(Choice::Ranking(vec![1, 2]), 5)];
    let error = tabulated(&event, &ballot, 1, &votes).expect_err("two seats");
    assert!(
        matches!(
            error.cause,
            Cause::Contest(ContestError::Seats { seats: 2, .. })
        ),
        "{error}"
    );
    assert!(error.to_string().starts_with("ballot IRV, region 1: "));
}
