//! The choices of synthetic voters: some candidates are far more popular than others, as in real
//! elections, and the same seed gives the same choices.

use election::Choice;

use crate::random::{Purpose, Random};

/// Of 1,000 voters, how many cast a blank vote where one is taken.
const BLANC_PERMILLE: u64 = 30;
/// Of 1,000 voters, how many of the others would answer oui.
const OUI_PERMILLE: u64 = 540;
/// Weight of the most popular candidate; the n-th weighs this divided by n (Zipf's law).
const TOP_WEIGHT: u64 = 1_000_000;

/// An answer to a law.
pub(crate) fn answer(allow_blanc: bool, random: &mut Random) -> Choice {
    if allow_blanc && random.below(1_000) < BLANC_PERMILLE {
        Choice::Blanc
    } else if random.below(1_000) < OUI_PERMILLE {
        Choice::Oui
    } else {
        Choice::Non
    }
}

/// The active candidates of one region in one election, each with its weight.
#[derive(Clone, Debug)]
pub(crate) struct Field(Vec<(u32, u64)>);

impl Field {
    /// Gives each candidate a popularity that depends on the seed and on `place`.
    pub(crate) fn new(mut candidates: Vec<u32>, seed: u64, place: u64) -> Field {
        candidates.sort_unstable();
        Random::of(seed, Purpose::Popularity, place).shuffle(&mut candidates);
        Field(
            (1_u64..)
                .zip(candidates)
                .map(|(n, number)| (number, TOP_WEIGHT / n))
                .collect(),
        )
    }

    /// Whether nobody stands here.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One candidate; 0, which no candidate has, where nobody stands.
    pub(crate) fn one(&self, random: &mut Random) -> u32 {
        let at = draw(&self.0, random);
        self.0.get(at).map_or(0, |(number, _)| *number)
    }

    /// 1 to `max_ranks` candidates in order of preference, none twice.
    pub(crate) fn ranking(&self, max_ranks: u32, random: &mut Random) -> Vec<u32> {
        let mut rest = self.0.clone();
        let most = rest.len().min(max_ranks as usize);
        let ranks = (1 + random.position(most)).min(most);
        (0..ranks)
            .map(|_| rest.remove(draw(&rest, random)).0)
            .collect()
    }
}

/// The position of a candidate drawn by weight; 0 where there is none.
fn draw(candidates: &[(u32, u64)], random: &mut Random) -> usize {
    let total = candidates.iter().map(|(_, weight)| weight).sum();
    let mut left = random.below(total);
    for (at, (_, weight)) in candidates.iter().enumerate() {
        if left < *weight {
            return at;
        }
        left -= weight;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn laws_take_a_blank_vote_only_where_allowed() {
        let mut random = Random::of(1, Purpose::Choice, 0);
        let answers: BTreeSet<Choice> = (0..1_000).map(|_| answer(true, &mut random)).collect();
        assert_eq!(
            answers,
            BTreeSet::from([Choice::Oui, Choice::Non, Choice::Blanc])
        );
        assert!((0..1_000).all(|_| answer(false, &mut random) != Choice::Blanc));
    }

    #[test]
    fn single_choices_are_skewed_and_reach_everybody() {
        let field = Field::new(vec![4, 9, 2], 1, 0);
        let mut random = Random::of(1, Purpose::Choice, 0);
        let mut votes: Vec<u32> = vec![0; 10];
        for _ in 0..11_000 {
            votes[field.one(&mut random) as usize] += 1;
        }
        votes.retain(|&n| n > 0);
        votes.sort_unstable();
        assert!(
            (1_800..2_200).contains(&votes[0]),
            "1/3 of the top: {votes:?}"
        );
        assert!((5_700..6_300).contains(&votes[2]), "{votes:?}");
    }

    #[test]
    fn rankings_name_known_candidates_once_within_the_ranks() {
        let field = Field::new((1..=6).collect(), 1, 0);
        let mut random = Random::of(1, Purpose::Choice, 0);
        let mut lengths = BTreeSet::new();
        for _ in 0..1_000 {
            let ranking = field.ranking(4, &mut random);
            let distinct: BTreeSet<u32> = ranking.iter().copied().collect();
            assert_eq!(distinct.len(), ranking.len(), "{ranking:?}");
            assert!(distinct.iter().all(|n| (1..=6).contains(n)));
            lengths.insert(ranking.len());
        }
        assert_eq!(lengths, BTreeSet::from([1, 2, 3, 4]));
    }

    #[test]
    fn an_empty_region_breaks_nothing() {
        let field = Field::new(Vec::new(), 1, 0);
        let mut random = Random::of(1, Purpose::Choice, 0);
        assert!(field.is_empty());
        assert!(field.ranking(3, &mut random).is_empty());
        assert_eq!(field.one(&mut random), 0);
    }
}
