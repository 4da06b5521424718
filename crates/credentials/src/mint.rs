//! Minted codes: 80 random bits as 16 Crockford base32 characters, and a check character.
//!
//! The check stays within the 32 letters and digits of the alphabet, because the voter types the
//! code like any other. Crockford's own check (modulo 37) needs five extra symbols, so the check
//! here is one Reed-Solomon symbol over GF(32): with α = 2 a root of x⁵ + x² + 1, the 17 symbols
//! s₁₆ … s₀ satisfy Σ sᵢ·αⁱ = 0. The powers α⁰ … α¹⁶ differ and are not zero, so every single wrong
//! character and every exchange of two characters, neighbours or not, is detected.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Characters of a minted code, the check character included.
pub const CODE_LEN: usize = 17;

/// Random bytes in a minted code.
pub const ENTROPY_LEN: usize = 10;

/// Crockford's base32 alphabet: no I, L, O (look-alikes) and no U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A freshly minted code, as printed in the letter to the voter. Wiped on drop; no `Debug`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct MintedCode([u8; CODE_LEN]);

impl MintedCode {
    /// Spells 80 bits, most significant first, and appends the check character.
    ///
    /// The bytes must come from a CSPRNG when the code goes to a voter.
    pub fn from_entropy(entropy: &[u8; ENTROPY_LEN]) -> Self {
        let mut bits = entropy
            .iter()
            .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut symbols = Zeroizing::new([0_u8; CODE_LEN]);
        for symbol in symbols[..CODE_LEN - 1].iter_mut().rev() {
            *symbol = (bits & 31) as u8;
            bits >>= 5;
        }
        symbols[CODE_LEN - 1] = syndrome(&symbols);
        Self(symbols.map(|symbol| ALPHABET[usize::from(symbol)]))
    }

    /// The 17 ASCII characters.
    pub fn as_bytes(&self) -> &[u8; CODE_LEN] {
        &self.0
    }

    /// The 17 characters as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet of codes is ASCII")
    }
}

/// Whether these upper-case characters, read as they are, form a minted code with a good check.
pub fn is_minted(symbols: &[u8]) -> bool {
    let Some(mut folded) = <[u8; CODE_LEN]>::try_from(symbols).ok() else {
        return false;
    };
    let minted = fold(&mut folded) && folded == symbols;
    folded.zeroize();
    minted
}

/// Replaces look-alikes in place where the result is a minted code; otherwise changes nothing.
pub(crate) fn fold(symbols: &mut [u8; CODE_LEN]) -> bool {
    let values = Zeroizing::new(symbols.map(|symbol| VALUES[usize::from(symbol)]));
    if values.contains(&NO_VALUE) || syndrome(&values) != 0 {
        return false;
    }
    *symbols = values.map(|value| ALPHABET[usize::from(value)]);
    true
}

/// Σ sᵢ·αⁱ by Horner's rule. Of 16 symbols followed by 0 it is the check symbol itself, because
/// addition in GF(32) is its own inverse.
fn syndrome(symbols: &[u8; CODE_LEN]) -> u8 {
    symbols
        .iter()
        .fold(0, |sum, symbol| times_alpha(sum) ^ symbol)
}

/// Without a branch: the top bit is as good as random, and this runs 17 times for every voter.
fn times_alpha(element: u8) -> u8 {
    (element << 1) ^ (0b10_0101 * (element >> 4 & 1))
}

/// The value of each upper-case character, look-alikes included. A table, because this stands on
/// the path of every row of a roll.
const VALUES: [u8; 256] = {
    let mut values = [NO_VALUE; 256];
    let mut value = 0;
    while value < 32 {
        values[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    values[b'O' as usize] = 0;
    values[b'I' as usize] = 1;
    values[b'L' as usize] = 1;
    values
};

/// Stands in [`VALUES`] for a character outside the alphabet.
const NO_VALUE: u8 = u8::MAX;
