//! The voter's code: parsed into a fixed buffer, look-alikes folded for minted codes, wiped on drop.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::mint;

/// A normalised code: 6 to 32 upper-case ASCII letters and digits.
///
/// The value is a secret: it has no `Display`, its `Debug` shows nothing, and its memory is wiped
/// on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Code {
    symbols: [u8; Code::MAX_LEN],
    len: usize,
}

/// Why some bytes are not a code. Never carries the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A byte that is neither a letter, a digit, a space nor a hyphen.
    #[error(
        "code has a character that is no letter A-Z or digit: copy it as printed, spaces and hyphens are ignored"
    )]
    BadCharacter,
    /// Too few or too many letters and digits.
    #[error("code has {got} letters and digits, expected 6 to 32: copy it whole")]
    Length {
        /// Letters and digits found; counting stops at 33.
        got: usize,
    },
}

impl Code {
    /// Fewest letters and digits of a code.
    pub const MIN_LEN: usize = 6;
    /// Most letters and digits of a code.
    pub const MAX_LEN: usize = 32;

    /// Reads a code as people type it: spaces and hyphens are ignored, letters become upper case.
    ///
    /// A code that has the shape of a minted one ([`mint`]: 17 symbols) and passes the check
    /// character once `O` is read as `0`, and `I` and `L` as `1`, is taken in that folded form. Any
    /// other code is left as it is: `ABCLO1` and `ABC101` are two codes.
    ///
    /// ```
    /// # use credentials::Code;
    /// assert_eq!(Code::parse(b"abc-123")?, Code::parse(b"ABC 123")?);
    /// assert_ne!(Code::parse(b"ABCLO1")?, Code::parse(b"ABC101")?);
    /// # Ok::<(), credentials::CodeError>(())
    /// ```
    pub fn parse(text: &[u8]) -> Result<Self, CodeError> {
        let mut code = Self {
            symbols: [0; Self::MAX_LEN],
            len: 0,
        };
        let mut got = 0;
        for &byte in text {
            if byte == b' ' || byte == b'-' {
                continue;
            }
            if !byte.is_ascii_alphanumeric() {
                return Err(CodeError::BadCharacter);
            }
            let Some(slot) = code.symbols.get_mut(got) else {
                return Err(CodeError::Length { got: got + 1 });
            };
            *slot = byte.to_ascii_uppercase();
            got += 1;
        }
        if got < Self::MIN_LEN {
            return Err(CodeError::Length { got });
        }
        if let Some(minted) = code.symbols.first_chunk_mut()
            && got == mint::CODE_LEN
        {
            mint::fold(minted);
        }
        code.len = got;
        Ok(code)
    }

    /// Whether nobody can guess it: it has the form of a minted code, which is 80 random bits.
    ///
    /// Only what the roll holds counts: a code of this form that is on the roll was minted, but for
    /// one in 32 codes of 17 symbols that a registry made by itself.
    pub fn is_minted(&self) -> bool {
        mint::is_minted(self.as_bytes())
    }

    /// The upper-case letters and digits.
    pub fn as_bytes(&self) -> &[u8] {
        &self.symbols[..self.len]
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(withheld)")
    }
}
