//! Reproducible random numbers: every draw is a function of the seed, a purpose and an index.
//!
//! A retried vote therefore repeats its choice although nothing remembers the choice, and a run can be
//! repeated. The numbers are predictable: they are for load tests, never for secrets.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// What a draw is for; draws of different purposes are independent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// The order in which voters arrive.
    Order,
    /// The choice of a vote.
    Choice,
    /// Which candidates are popular in a region.
    Popularity,
    /// The choice of a request that repeats a recorded vote.
    Repeat,
    /// Which recorded votes are remembered.
    Memory,
    /// A credential that nobody has.
    Stranger,
    /// Which votes are sent several times at the same moment, and how often.
    Race,
}

/// A stream of draws, by SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(SplitMix64);

impl Random {
    /// The draws of one purpose and index.
    pub(crate) fn of(seed: u64, purpose: Purpose, index: u64) -> Random {
        let from = |state| Random(SplitMix64::seed_from_u64(state));
        let purpose = from(seed ^ (purpose as u64).wrapping_mul(0xd6e8_feb8_6659_fd93)).next();
        from(from(purpose ^ index).next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`; 0 where `bound` is 0. The bias is below bound / 2^64, too small to matter.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        (wide >> 64) as u64 // the upper half fits by construction
    }

    /// A position in a slice of `len` elements; 0 where it is empty.
    #[allow(clippy::cast_possible_truncation)] // below len, which is a usize
    pub(crate) fn position(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// Shuffles in place (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.position(last + 1);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_seed_purpose_and_index_alone() {
        let draw = |seed, purpose, index| Random::of(seed, purpose, index).next();
        assert_eq!(draw(1, Purpose::Choice, 5), draw(1, Purpose::Choice, 5));
        let others = [
            draw(2, Purpose::Choice, 5),
            draw(1, Purpose::Repeat, 5),
            draw(1, Purpose::Choice, 6),
        ];
        assert!(!others.contains(&draw(1, Purpose::Choice, 5)));
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut random = Random::of(7, Purpose::Order, 0);
        let mut seen = [0_u32; 5];
        for _ in 0..5_000 {
            seen[random.position(5)] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1_200).contains(&n)), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn a_shuffle_keeps_every_element() {
        let mut items: Vec<u32> = (0..1_000).collect();
        Random::of(3, Purpose::Order, 0).shuffle(&mut items);
        assert_ne!(items, (0..1_000).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..1_000).collect::<Vec<_>>());
    }
}
