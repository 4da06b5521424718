//! Votes divided into whole numbers that come to exactly what was divided, and the chance that a seed gives.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// Numbers that look random and are the same for the same seed.
pub(super) struct Chance(SplitMix64);

impl Chance {
    pub(super) fn of(seed: u64) -> Chance {
        Chance(SplitMix64::seed_from_u64(seed))
    }

    /// A number from `least` to before `end`.
    pub(super) fn between(&mut self, least: u64, end: u64) -> u64 {
        least + self.0.next_u64() % (end - least)
    }
}

/// Divides `total` by weights, by largest remainders; of equal remainders the first ones gain.
pub(super) fn divide(total: u64, weights: &[u64]) -> Vec<u64> {
    let whole: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    assert!(whole > 0, "somebody must have a weight");
    let exact = |weight: &u64| u128::from(total) * u128::from(*weight);
    let floor = |weight| u64::try_from(exact(weight) / whole).expect("no part exceeds the total");
    let mut parts: Vec<u64> = weights.iter().map(floor).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(exact(&weights[*at]) % whole));
    let left = total - parts.iter().sum::<u64>();
    for at in order.into_iter().take(to_index(left)) {
        parts[at] += 1;
    }
    parts
}

/// Takes `size` votes out of `pot`, by weights of what is left in it of each kind.
pub(super) fn draw(pot: &mut [u64], size: u64, lean: &[u64]) -> Vec<u64> {
    let weights = pot.iter().zip(lean).map(|(left, lean)| left * lean);
    let mut drawn = divide(size, &weights.collect::<Vec<_>>());
    let mut missing = 0;
    for (part, left) in drawn.iter_mut().zip(pot.iter_mut()) {
        missing += part.saturating_sub(*left);
        *part = (*part).min(*left);
        *left -= *part;
    }
    // A kind that has too few is made up for by the others.
    for (part, left) in drawn.iter_mut().zip(pot) {
        let more = missing.min(*left);
        (*part, *left, missing) = (*part + more, *left - more, missing - more);
    }
    assert_eq!(missing, 0, "the pot holds what is drawn");
    drawn
}

/// A number as the index of something that is in memory.
pub(super) fn to_index(number: u64) -> usize {
    usize::try_from(number).expect("this program is for machines of 64 bits")
}
