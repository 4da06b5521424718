//! The NAS (numéro d'assurance sociale): parsed once, wiped when dropped, never printed.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A normalised NAS: exactly nine ASCII digits.
///
/// The value is personal: it has no `Display`, its `Debug` shows nothing, and its memory is wiped
/// on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Nas {
    digits: [u8; Nas::LEN],
}

/// Why some bytes are not a NAS. Never carries the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NasError {
    /// A byte that is neither a digit, a space nor a hyphen.
    #[error("NAS has a character that is no digit: write 9 digits, spaces and hyphens are ignored")]
    NotDigit,
    /// Too few or too many digits.
    #[error("NAS has {got} digits, expected 9: write all 9 digits")]
    Length {
        /// Digits found; counting stops at 10.
        got: usize,
    },
}

impl Nas {
    /// Digits of a NAS.
    pub const LEN: usize = 9;

    /// One more than the largest value of [`Nas::number`].
    pub const NUMBERS: u32 = 1_000_000_000;

    /// Reads a NAS as people write it: spaces and hyphens are ignored, nine digits must remain.
    ///
    /// The Luhn check digit is not required here: see [`Nas::luhn_valid`].
    pub fn parse(text: &[u8]) -> Result<Self, NasError> {
        let mut nas = Self {
            digits: [0; Self::LEN],
        };
        let mut got = 0;
        for &byte in text {
            match byte {
                b' ' | b'-' => continue,
                b'0'..=b'9' => {}
                _ => return Err(NasError::NotDigit),
            }
            let Some(slot) = nas.digits.get_mut(got) else {
                return Err(NasError::Length { got: got + 1 });
            };
            *slot = byte;
            got += 1;
        }
        if got == Self::LEN {
            Ok(nas)
        } else {
            Err(NasError::Length { got })
        }
    }

    /// The nine ASCII digits.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.digits
    }

    /// The NAS as a number below [`Nas::NUMBERS`]: the position of its bit in a set of all NAS.
    pub fn number(&self) -> u32 {
        self.digits
            .iter()
            .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    }

    /// Whether the ninth digit is the Luhn check digit (ISO/IEC 7812-1, annex B) of the first
    /// eight, as every NAS issued by the State has it.
    ///
    /// ```
    /// # use credentials::Nas;
    /// assert!(Nas::parse(b"046 454 286")?.luhn_valid());
    /// assert!(!Nas::parse(b"123456789")?.luhn_valid());
    /// # Ok::<(), credentials::NasError>(())
    /// ```
    pub fn luhn_valid(&self) -> bool {
        let sum: u32 = self
            .digits
            .iter()
            .enumerate()
            .map(|(place, digit)| luhn_weight(place, u32::from(digit - b'0')))
            .sum();
        sum.is_multiple_of(10)
    }
}

/// Every second digit is doubled, and the digits of the product added.
fn luhn_weight(place: usize, digit: u32) -> u32 {
    if place.is_multiple_of(2) {
        digit
    } else if digit < 5 {
        digit * 2
    } else {
        digit * 2 - 9
    }
}

impl fmt::Debug for Nas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nas(withheld)")
    }
}
