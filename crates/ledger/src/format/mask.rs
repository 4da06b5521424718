//! Masks: random numbers that are added to counts, drawn from a keystream that only the mask key opens.

use std::io;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroizing;

use crate::format::entropy::Entropy;

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
        let mut nonce = [0; 12];
        nonce[..2].copy_from_slice(&region.to_le_bytes());
        nonce[4..].copy_from_slice(&sequence.to_le_bytes());
        let mut stream = Zeroizing::new(vec![0; cells * MASK_BYTES]);
        ChaCha20::new((&*self.0).into(), &nonce.into()).apply_keystream(&mut stream);
        let (masks, _) = stream.as_chunks::<MASK_BYTES>();
        Zeroizing::new(masks.iter().map(|mask| u32::from_le_bytes(*mask)).collect())
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
    }
}
