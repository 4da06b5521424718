//! Draws codes for a whole country, all different.

use anyhow::Result;
use credentials::mint::{ENTROPY_LEN, MintedCode};
use zeroize::Zeroizing;

use crate::seen::Seen;

/// Codes are told apart by their first 30 bits: so many fit, and one bit each is 128 MiB.
const DISTINCT_BITS: u32 = 30;

/// Most rows that get a code. With the table three quarters full a code is still drawn in four
/// attempts.
pub(super) const ROWS_MAX: u64 = 3 << (DISTINCT_BITS - 2);

/// Random bytes taken from the system at once.
const POOL_LEN: usize = ENTROPY_LEN * 1024;

/// Draws codes that are all different.
pub(super) struct Mint {
    /// Leading bits of the codes drawn. Two codes that differ there differ.
    drawn: Seen,
    pool: Zeroizing<Vec<u8>>,
}

impl Mint {
    /// Takes the table that tells codes apart.
    pub(super) fn new() -> Result<Self> {
        let drawn = Seen::new(1 << DISTINCT_BITS)?;
        Ok(Self {
            drawn,
            pool: Zeroizing::new(Vec::new()),
        })
    }

    /// A code that was not drawn before.
    pub(super) fn draw(&mut self) -> Result<MintedCode> {
        loop {
            let entropy = Zeroizing::new(self.entropy()?);
            let [a, b, c, d, ..] = *entropy;
            if self
                .drawn
                .insert(u32::from_be_bytes([a, b, c, d]) >> (32 - DISTINCT_BITS))
            {
                return Ok(MintedCode::from_entropy(&entropy));
            }
        }
    }

    fn entropy(&mut self) -> Result<[u8; ENTROPY_LEN]> {
        if self.pool.is_empty() {
            self.pool.resize(POOL_LEN, 0);
            getrandom::fill(&mut self.pool)
                .map_err(|error| anyhow::anyhow!("the system gave no random bytes: {error}"))?;
        }
        let at = self.pool.len() - ENTROPY_LEN;
        let drawn = *self
            .pool
            .last_chunk()
            .expect("the pool is a multiple of one draw");
        self.pool.truncate(at);
        Ok(drawn)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_all_different() {
        let mut mint = Mint::new().unwrap();
        let codes: HashSet<_> = (0..20_000)
            .map(|_| mint.draw().unwrap().as_str().to_owned())
            .collect();
        assert_eq!(codes.len(), 20_000);
    }
}
