//! What must hold for every ranked contest: the same result as a second, slow count, whatever the
//! order of ballots and the way they are weighted; votes never appear or vanish.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod naive;

use counting::ranked::{
    Candidate, Contest, DuplicateRanking, Method, Overvote, Rank, Rules, Tabulation,
};
use proptest::prelude::*;

use naive::Ballot;

fn contest(candidates: u16, ballots: &[(Ballot, u64)], rules: &Rules) -> Contest {
    let list = (0..candidates)
        .map(|c| Candidate::new(&c.to_string(), &c.to_string()))
        .collect();
    let mut contest = Contest::new(list, rules.clone()).unwrap();
    for (ballot, count) in ballots {
        let ranks: Vec<Rank<'_>> = ballot.iter().map(|marks| Rank::Marks(marks)).collect();
        contest.add(&ranks, *count).unwrap();
    }
    contest
}

fn tabulate(candidates: u16, ballots: &[Ballot], rules: &Rules) -> Tabulation {
    let single: Vec<(Ballot, u64)> = ballots.iter().map(|b| (b.clone(), 1)).collect();
    contest(candidates, &single, rules).tabulate(&[]).unwrap()
}

fn rounds(tabulation: &Tabulation) -> Vec<naive::Round> {
    let rounds = tabulation.rounds.iter().map(|round| {
        let i = round.inactive;
        naive::Round {
            counts: round.counts.clone(),
            elected: round.elected.clone(),
            eliminated: round.eliminated.clone(),
            inactive: [
                i.exhausted_choices,
                i.overvotes,
                i.repeated_rankings,
                i.skipped_rankings,
                i.final_round_surplus,
            ],
        }
    });
    rounds.collect()
}

fn check_against_naive(candidates: u16, ballots: &[Ballot], rules: &Rules) {
    let got = rounds(&tabulate(candidates, ballots, rules));
    assert_eq!(
        got,
        naive::count(candidates, ballots, rules),
        "{ballots:?} by {rules:?}"
    );
}

/// All rankings of three candidates, whole and cut short, and the blank ballot.
fn rankings_of_three() -> Vec<Ballot> {
    let mut all: Vec<Ballot> = vec![vec![]];
    for a in 0..3 {
        all.push(vec![vec![a]]);
        for b in (0..3).filter(|b| *b != a) {
            all.push(vec![vec![a], vec![b]]);
            all.push(vec![vec![a], vec![b], vec![3 - a - b]]);
        }
    }
    all
}

#[test]
fn every_contest_of_four_ballots_over_three_candidates_agrees_with_the_slow_count() {
    let rankings = rankings_of_three();
    let irv = Rules::irv();
    let stv = Rules {
        decimals: 2,
        ..Rules::stv(2)
    };
    // Ballots in ascending order: every multiset once.
    for a in 0..rankings.len() {
        for b in a..rankings.len() {
            for c in b..rankings.len() {
                for d in c..rankings.len() {
                    let ballots = [a, b, c, d].map(|at| rankings[at].clone());
                    check_against_naive(3, &ballots, &irv);
                    check_against_naive(3, &ballots, &stv);
                }
            }
        }
    }
}

fn ballots(candidates: u16, max: usize) -> impl Strategy<Value = Vec<Ballot>> {
    let rank = prop_oneof![
        8 => (0..candidates).prop_map(|c| vec![c]),
        1 => Just(vec![]),
        1 => prop::collection::btree_set(0..candidates, 2).prop_map(|set| set.into_iter().collect()),
    ];
    prop::collection::vec(prop::collection::vec(rank, 0..6), 0..max)
}

fn rules() -> impl Strategy<Value = Rules> {
    let overvote = prop_oneof![
        Just(Overvote::Exhaust),
        Just(Overvote::Skip),
        Just(Overvote::ExhaustIfMultipleContinuing),
    ];
    let duplicate = prop_oneof![
        Just(DuplicateRanking::Skip),
        Just(DuplicateRanking::Exhaust)
    ];
    let shape = (1u32..4, any::<bool>(), 0u8..6);
    (overvote, duplicate, prop::option::of(0u32..3), shape).prop_map(
        |(overvote, duplicate_ranking, max_skipped_ranks, (seats, batch, decimals))| {
            let base = if seats == 1 {
                Rules::irv()
            } else {
                Rules::stv(seats)
            };
            Rules {
                overvote,
                duplicate_ranking,
                max_skipped_ranks,
                batch_elimination: batch && seats == 1,
                decimals,
                ..base
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn random_contests_agree_with_the_slow_count(ballots in ballots(5, 40), rules in rules()) {
        check_against_naive(5, &ballots, &rules);
    }

    #[test]
    fn no_vote_appears_or_vanishes(ballots in ballots(6, 60), rules in rules()) {
        let result = tabulate(6, &ballots, &rules);
        let scale = 10u128.pow(u32::from(rules.decimals));
        let cast = u128::from(result.total_ballots - result.blank_ballots) * scale;
        let last = result.rounds.last().unwrap();
        let counted: u128 = last.counts.iter().map(|(_, votes)| votes).sum();
        prop_assert_eq!(counted + last.inactive.total() + result.residual, cast);
        let seats = usize::try_from(rules.seats).unwrap();
        prop_assert_eq!(result.winners.len(), seats.min(6));
    }

    #[test]
    fn the_order_of_ballots_and_their_weights_change_nothing(
        ballots in ballots(5, 30), rules in rules(), turn in 0usize..30, times in 1usize..4,
    ) {
        let repeated: Vec<Ballot> =
            ballots.iter().flat_map(|b| std::iter::repeat_n(b.clone(), times)).collect();
        let mut weighted: Vec<(Ballot, u64)> = ballots.iter().map(|b| (b.clone(), times as u64)).collect();
        if !weighted.is_empty() {
            let middle = turn % weighted.len();
            weighted.rotate_left(middle);
        }
        let one = tabulate(5, &repeated, &rules);
        prop_assert_eq!(one, contest(5, &weighted, &rules).tabulate(&[]).unwrap());
    }

    #[test]
    fn the_order_of_candidates_changes_nothing_but_ties(
        ballots in ballots(5, 60), rules in rules(),
    ) {
        let before = tabulate(5, &ballots, &rules);
        // A tie may rightly end another way when the list is turned round.
        if !before.ties.is_empty() {
            return Ok(());
        }
        let turned: Vec<Ballot> = ballots.iter()
            .map(|b| b.iter().map(|r| r.iter().map(|c| 4 - c).collect()).collect())
            .collect();
        let after = tabulate(5, &turned, &rules);
        let mut winners: Vec<u16> = after.winners.iter().map(|c| 4 - c).collect();
        winners.sort_unstable();
        prop_assert_eq!(before.winners, winners);
        prop_assert_eq!(before.rounds.len(), after.rounds.len());
    }

    #[test]
    fn plurality_keeps_a_winner_who_gains_a_first_choice(ballots in ballots(4, 30)) {
        let rules = Rules { method: Method::Plurality, ..Rules::irv() };
        let winner = tabulate(4, &ballots, &rules).winners[0];
        let mut more = ballots.clone();
        more.push(vec![vec![winner]]);
        prop_assert_eq!(tabulate(4, &more, &rules).winners[0], winner);
    }
}
