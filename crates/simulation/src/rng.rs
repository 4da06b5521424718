//! Everything random of a simulation comes from one seed.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// Numbers to choose faults with: small, fast and repeatable.
#[derive(Clone)]
pub struct Rng(SplitMix64);

impl Rng {
    /// Numbers that follow from a seed.
    pub fn new(seed: u64) -> Rng {
        Rng(SplitMix64::seed_from_u64(seed))
    }

    /// The next number of all.
    pub fn draw(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 to `bound - 1`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound.max(1)
    }

    /// A place in a list of this length.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("below a usize")
    }

    /// `true` in so many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A generator of its own, so that drawing more here does not shift what is drawn there.
    pub fn split(&mut self) -> Rng {
        Rng::new(self.draw())
    }
}

impl ledger::Entropy for Rng {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.draw().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
