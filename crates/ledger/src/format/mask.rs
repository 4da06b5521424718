//! Masks: random numbers that are added to counts and to witnesses, drawn from a keystream that only the
//! mask key opens.

use std::io;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroizing;

use crate::format::entropy::Entropy;
use crate::format::ranking::WITNESS_BYTES;

const MASK_BYTES: usize = 4;

/// Masks the counts of one ballot in one segment: the key of ChaCha20 (RFC 8439), block counter from 0.
pub(crate) struct MaskKey(Zeroizing<[u8; 32]>);

impl MaskKey {
    pub(crate) fn generate(entropy: &mut dyn Entropy) -> io::Result<MaskKey> {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut_slice())?;
        Ok(MaskKey(key))
    }

    pub(crate) fn from_bytes(key: Zeroizing<[u8; 32]>) -> MaskKey {
        MaskKey(key)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The masks of the `cells` counts of a region in a frame: nonce = region (4), sequence (8),
    /// little-endian like the masks.
    pub(crate) fn masks(&self, region: u16, sequence: u64, cells: usize) -> Zeroizing<Vec<u32>> {
        let mut stream = Zeroizing::new(vec![0; cells * MASK_BYTES]);
        self.draw(region, sequence, &mut stream);
        let (masks, _) = stream.as_chunks::<MASK_BYTES>();
        Zeroizing::new(masks.iter().map(|mask| u32::from_le_bytes(*mask)).collect())
    }

    /// The mask of the sum of witnesses of a ranked region in a frame: drawn where another ballot's masks of
    /// cells are.
    pub(crate) fn witness_mask(&self, region: u16, sequence: u64) -> u128 {
        let mut mask = Zeroizing::new([0; WITNESS_BYTES]);
        self.draw(region, sequence, mask.as_mut_slice());
        u128::from_le_bytes(*mask)
    }

    fn draw(&self, region: u16, sequence: u64, zeros: &mut [u8]) {
        let mut nonce = [0; 12];
        nonce[..2].copy_from_slice(&region.to_le_bytes());
        nonce[4..].copy_from_slice(&sequence.to_le_bytes());
        ChaCha20::new((&*self.0).into(), &nonce.into()).apply_keystream(zeros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first block of the keystream of RFC 8439, A.1, test vector 1: key and nonce zero.
    #[test]
    fn masks_are_the_keystream_of_chacha20() {
        let mask = MaskKey::from_bytes(Zeroizing::new([0; 32]));
        let expected = [0xade0_b876, 0x903d_f1a0, 0xe56a_5d40, 0x28bd_8653];
        assert_eq!(*mask.masks(0, 0, 4), expected);
        assert_ne!(*mask.masks(1, 0, 4), expected);
        assert_ne!(*mask.masks(0, 1, 4), expected);
        let of_witnesses = 0x28bd_8653_e56a_5d40_903d_f1a0_ade0_b876;
        assert_eq!(mask.witness_mask(0, 0), of_witnesses);
        assert_ne!(mask.witness_mask(1, 0), of_witnesses);
        assert_ne!(mask.witness_mask(0, 1), of_witnesses);
    }
}
