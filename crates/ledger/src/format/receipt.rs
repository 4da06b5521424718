//! Receipts: a request id names its frame (partition and sequence) and a tracker in it, so
//! that finding it needs no index, and tells nothing of the voter or the choice.

use std::fmt;
use std::str::FromStr;

use crate::format::body::Tracker;

/// Crockford's alphabet, lower case: no i, l, o, u.
const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Symbols of 128 bits, five each: 26, of which the first carries three bits.
const TRACKER_SYMBOLS: usize = 26;

/// Locates one recorded vote. Text form `partition-sequence-tracker`, such as
/// `0-1-0000000000000000000000000z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId {
    /// Partition of the ledger.
    pub partition: u16,
    /// Sequence of the frame.
    pub sequence: u64,
    /// Drawn for this vote, or derived from what its sender keeps.
    pub tracker: Tracker,
}

/// The text is not a request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a request id: expected partition-sequence-tracker, as the answer to the vote gave it")]
pub struct RequestIdError;

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-", self.partition, self.sequence)?;
        let bits = u128::from_be_bytes(self.tracker);
        let mut text = [0; TRACKER_SYMBOLS];
        for (at, symbol) in text.iter_mut().rev().enumerate() {
            *symbol = SYMBOLS[(bits >> (5 * at)) as usize & 31];
        }
        // The symbols are ASCII.
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<RequestId, RequestIdError> {
        let mut fields = text.split('-');
        let (Some(partition), Some(sequence), Some(tracker), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(RequestIdError);
        };
        Ok(RequestId {
            partition: decimal(partition)?.try_into().map_err(|_| RequestIdError)?,
            sequence: decimal(sequence)?,
            tracker: parse_tracker(tracker)?,
        })
    }
}

/// Digits only, no sign and no leading zero: one id has one text.
fn decimal(text: &str) -> Result<u64, RequestIdError> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain {
        text.parse().map_err(|_| RequestIdError)
    } else {
        Err(RequestIdError)
    }
}

/// Either case, and the look-alikes that Crockford's base 32 allows when people type: o, i, l.
fn parse_tracker(text: &str) -> Result<Tracker, RequestIdError> {
    if text.len() != TRACKER_SYMBOLS {
        return Err(RequestIdError);
    }
    let mut bits: u128 = 0;
    for ascii in text.bytes() {
        let symbol = match ascii.to_ascii_lowercase() {
            b'o' => b'0',
            b'i' | b'l' => b'1',
            other => other,
        };
        let value = SYMBOLS
            .iter()
            .position(|known| *known == symbol)
            .ok_or(RequestIdError)?;
        if bits >> 123 != 0 {
            return Err(RequestIdError);
        }
        bits = bits << 5 | value as u128;
    }
    Ok(bits.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_reads_back(partition: u16, sequence: u64, tracker: [u8; 16]) {
            let id = RequestId { partition, sequence, tracker };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        }

        #[test]
        fn any_text_is_an_id_or_an_error(text in ".{0,60}") {
            if let Ok(id) = text.parse::<RequestId>() {
                prop_assert_eq!(id.to_string().len(), text.len());
            }
        }
    }

    #[test]
    fn malformed_ids_are_refused() {
        let good = "0-1-0000000000000000000000000z";
        assert!(good.parse::<RequestId>().is_ok());
        for bad in [
            "",
            "0-1",
            "0-1-",
            "01-1-0000000000000000000000000z",
            "+0-1-0000000000000000000000000z",
            "65536-1-0000000000000000000000000z",
            "0-1-z0000000000000000000000000",
            "0-1-0000000000000000000000000u",
            "0-1-0000000000000000000000000z-1",
        ] {
            assert_eq!(bad.parse::<RequestId>(), Err(RequestIdError), "{bad}");
        }
    }
}
