//! A set of numbers as one bit each: every NAS that occurred, every code that was minted.

use anyhow::{Context as _, Result};
use zeroize::Zeroize as _;

/// A set of numbers below a bound. Wiped when dropped: it says who is on the roll.
pub struct Seen {
    words: Vec<u64>,
}

impl Seen {
    /// An empty set of numbers below `bound`. Takes `bound` / 8 bytes of address space; of memory,
    /// only the pages it has touched.
    ///
    /// # Errors
    /// The system grants no address space.
    pub fn new(bound: u32) -> Result<Self> {
        let words = bound.div_ceil(64) as usize;
        // Zeroed memory cannot be asked for without an abort on refusal: ask for any, first.
        Vec::<u64>::new().try_reserve_exact(words).with_context(|| {
            let mib = Self::bytes(bound).div_ceil(1 << 20);
            format!("the system grants no {mib} MiB for one bit per number: free memory, or raise ulimit -v")
        })?;
        Ok(Self {
            words: vec![0; words],
        })
    }

    /// Bytes of a set with this bound.
    pub fn bytes(bound: u32) -> u64 {
        u64::from(bound.div_ceil(64)) * 8
    }

    /// Adds a number; false where it was there already, or is beyond the bound.
    pub fn insert(&mut self, number: u32) -> bool {
        let Some(word) = self.words.get_mut((number / 64) as usize) else {
            return false;
        };
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        // Words never touched are zero already: writing them would bring in their pages.
        for word in self.words.iter_mut().filter(|word| **word != 0) {
            word.zeroize();
        }
    }
}
