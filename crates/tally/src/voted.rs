//! Who has voted: one bit a credential of a shard.

/// One bit a credential.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct VotedBits {
    words: Vec<u64>,
    len: u32,
}

impl VotedBits {
    pub(crate) fn new(len: u32) -> VotedBits {
        VotedBits {
            words: vec![0; (len as usize).div_ceil(64)],
            len,
        }
    }

    pub(crate) fn get(&self, at: u32) -> Option<bool> {
        (at < self.len).then(|| self.words[at as usize / 64] >> (at % 64) & 1 == 1)
    }

    /// True where the bit was clear.
    pub(crate) fn set(&mut self, at: u32) -> Option<bool> {
        let clear = !self.get(at)?;
        self.words[at as usize / 64] |= 1 << (at % 64);
        Some(clear)
    }

    pub(crate) fn ones(&self) -> impl Iterator<Item = u32> {
        (0..self.len).filter(|at| self.get(*at) == Some(true))
    }
}
