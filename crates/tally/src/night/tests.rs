//! The evening adds up, is the same for the same seed, and has what people look at.

use std::collections::{BTreeMap, BTreeSet};

use companions::{Baseline, builder};
use election::{Ballot, Event, Text};
use sha2::{Digest, Sha256};

use super::crowd::{Crowd, VOTES};
use super::deal::{Chance, divide, draw};
use super::definition::definition;
use super::evening::{Evening, PARTS};
use crate::counts::choice_text;
use crate::policy::{Board, Visible};
use crate::published::Published;
use crate::reading::Fact;
use crate::results::{Results, Stage};

/// An evening with its day folded, as a tally shows it.
struct Night {
    event: Event,
    published: Published,
    evening: Evening,
    /// Of everything that was told.
    hash: Sha256,
}

impl Night {
    fn of(seed: u64) -> Night {
        let event = Event::from_toml(&definition()).expect("a sound definition");
        let baseline = baseline(&event);
        let mut chance = Chance::of(seed);
        let crowd = Crowd::new(&event, &mut chance);
        let mut board = Board::new(&event, &crowd, true);
        board.expect(&[0]);
        let mut hash = Sha256::new();
        let evening = Evening::behind(&event, &baseline, (&crowd, &mut chance), |fact| {
            hash_fact(&mut hash, fact);
            board.apply(&event, fact)
        });
        Night {
            published: Published::new(event.clone(), board, crowd.registered()),
            evening: evening.expect("a day of this event"),
            event,
            hash,
        }
    }

    fn go_to(&mut self, part: u32) {
        while let Some(fact) = self.evening.next_until(part) {
            hash_fact(&mut self.hash, &fact);
            let mut board = self.published.board_mut();
            board
                .apply(&self.event, &fact)
                .expect("a release of the plan");
        }
    }

    fn ballot(&self, id: &str) -> &Ballot {
        self.event.ballot(id).expect("a ballot of the evening")
    }

    /// Tabulated now, however young what was tabulated before is.
    fn results(&self, id: &str) -> Results {
        let board = self.published.board();
        let ballot = self.ballot(id);
        let (standing, visible) = (board.standing(ballot), board.visible(ballot));
        let turnout = crate::results::Turnout::default();
        crate::tabulate::results_of(&self.event, ballot, (standing, turnout), &visible)
            .expect("choices of the ballot papers")
    }

    /// Seats by party, as far as they are counted.
    fn seats(&self) -> BTreeMap<String, u64> {
        let results = self.results("E2025-QC");
        let parties = &results.election().expect("an election").parties;
        let named = parties.iter();
        named
            .map(|party| (party.party.clone().unwrap_or_default(), party.seats))
            .collect()
    }

    /// Regions with counted votes.
    fn reporting(&self) -> usize {
        let results = self.results("E2025-QC");
        let regions = &results.election().expect("an election").regions;
        regions
            .values()
            .filter(|region| region.total_votes > 0)
            .count()
    }
}

fn baseline(event: &Event) -> Baseline {
    let votes = include_bytes!("../../../../fixtures/baseline-125.csv");
    let title = Text {
        fr: "Avant".to_owned(),
        en: "Before".to_owned(),
    };
    let date = "2021-10-04".parse().expect("a day");
    builder::baseline(votes, event, title, date).expect("earlier results")
}

fn hash_fact(hash: &mut Sha256, fact: &Fact) {
    match fact {
        Fact::Frame(frame) => {
            hash.update(frame.time_ms.to_le_bytes());
            for voters in frame.voters() {
                hash.update(format!("{voters:?}"));
            }
        }
        Fact::Released(released) => {
            hash.update(format!("{:?}{}", released.unit, released.time_ms));
            for (choice, votes) in released.counts.iter() {
                hash.update(format!("{} {votes}", choice_text(choice)));
            }
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_evening() {
    let hash = |seed| {
        let mut night = Night::of(seed);
        night.go_to(PARTS);
        night.hash.finalize()
    };
    let first = hash(1);
    assert_eq!(first, hash(1));
    assert_ne!(first, hash(2));
}

#[test]
fn everything_adds_up_to_eight_million() {
    let mut night = Night::of(1);
    assert_eq!(night.published.board().count().votes(), VOTES);
    night.go_to(PARTS);
    assert_eq!(night.evening.left(), 0);
    let mut all = 0;
    for ballot in night.event.ballots() {
        let board = night.published.board();
        let Visible::Counts(released) = board.visible(ballot) else {
            panic!("{} is hidden", ballot.id);
        };
        let regions = released.regions.values();
        let by_region: u64 = regions.map(super::super::counts::Counts::total).sum();
        let voted = board.count().ballots[usize::from(ballot.index.0)].votes;
        assert_eq!(by_region, voted, "{}", ballot.id);
        if ballot.law().is_some() {
            assert_eq!(released.country.total(), voted, "{}", ballot.id);
            assert!(released.fits(), "{}", ballot.id);
        }
        let stage = board.standing(ballot).stage;
        assert!(matches!(stage, Stage::Preliminary), "{}", ballot.id);
        all += by_region;
    }
    assert_eq!(all, VOTES);
}

#[test]
fn an_evening_has_what_people_look_at() {
    for seed in [1, 7] {
        let mut night = Night::of(seed);
        assert_eq!(night.reporting(), 0, "nothing is counted at first");
        let (mut leaders, mut reporting, mut law) = (BTreeSet::new(), Vec::new(), Vec::new());
        for part in (500..=9_500).step_by(500) {
            night.go_to(part);
            let seats = night.seats();
            let first = seats.iter().max_by_key(|(_, seats)| **seats);
            leaders.extend(first.map(|(party, _)| party.clone()));
            reporting.push(night.reporting());
            let results = night.results("L2025-001");
            law.push(results.law().expect("a law").decision.passed);
        }
        assert!(
            leaders.len() > 1,
            "seed {seed}: one party led from the start"
        );
        assert!(reporting[0] < 15 && reporting[9] > 60, "{reporting:?}");
        assert_eq!(reporting.last(), Some(&125));
        assert_eq!((law[0], law.last()), (false, Some(&true)), "seed {seed}");
        night.go_to(PARTS);
        let results = night.results("E2025-QC");
        let regions = results.election().expect("an election").regions.values();
        assert!(
            regions.clone().any(|region| !region.tied.is_empty()),
            "a tie"
        );
        assert!(regions.clone().any(|region| region.recount), "a recount");
        let ranked = night.results("E2025-RG");
        let ranked = ranked.election().expect("an election").regions.values();
        let rounds = ranked.filter_map(|region| region.rounds.as_ref());
        assert!(rounds.into_iter().any(|rounds| rounds.len() > 2), "rounds");
    }
}

#[test]
fn what_is_divided_comes_to_what_there_was() {
    for (total, weights, expected) in [
        (10, vec![1, 1, 1], vec![4, 3, 3]),
        (0, vec![5, 1], vec![0, 0]),
        (7, vec![0, 2, 5], vec![0, 2, 5]),
        (8_000_000, vec![1, 2], vec![2_666_667, 5_333_333]),
    ] {
        assert_eq!(divide(total, &weights), expected, "{total} by {weights:?}");
    }
    let mut pot = vec![3, 50, 50];
    let drawn = draw(&mut pot, 40, &[1_000, 1, 1]);
    assert_eq!(drawn[0], 3, "no kind gives more than it has");
    assert_eq!((drawn.iter().sum::<u64>(), pot.iter().sum()), (40, 63u64));
}
