//! Choices as bytes, and the counts of one ballot in one frame as the plaintext that is sealed.
//!
//! Every choice has its own CBOR type, so that the plaintext can be read without the event
//! definition: oui = true, non = false, blanc = null, a candidate = its number, a ranking = an
//! array of numbers. The plaintext is padded with zeros to a multiple of 64 bytes: the length of a
//! lone vote must not tell its choice.

use std::collections::BTreeMap;

use election::Choice;
use minicbor::data::Type;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::format::cbor::{CborError, Reader, Writer};
use crate::format::limits::RANKS_MAX;

/// The plaintext's length is a multiple of this.
pub(crate) const PAD_BYTES: usize = 64;

/// What a choice takes beside itself, at most: a region with its list, a pair, a count.
const CHOICE_OVERHEAD_BYTES: usize = 3 + 5 + 1 + 9;

/// A choice as CBOR, wiped when dropped.
#[derive(PartialEq, Eq, PartialOrd, Ord, Zeroize, ZeroizeOnDrop)]
struct EncodedChoice(Vec<u8>);

/// The counts of one ballot: (region, choice) -> votes. Region 0 = none.
#[derive(Default)]
pub(crate) struct Counts {
    by_choice: BTreeMap<(u16, EncodedChoice), u64>,
}

impl Counts {
    /// Counts one vote; returns how many bytes the plaintext may have grown by.
    pub(crate) fn add(&mut self, region: u16, choice: &Choice) -> usize {
        let encoded = encode(choice);
        let bytes = encoded.len() + CHOICE_OVERHEAD_BYTES;
        let key = (region, EncodedChoice(encoded));
        *self.by_choice.entry(key).or_default() += 1;
        bytes
    }

    pub(crate) fn total(&self) -> u64 {
        self.by_choice.values().sum()
    }

    /// `{region: [[choice, count], ...]}`, regions and encoded choices ascending, padded.
    pub(crate) fn to_plaintext(&self) -> Zeroizing<Vec<u8>> {
        let mut regions: BTreeMap<u16, Vec<(&[u8], u64)>> = BTreeMap::new();
        let mut size = 64;
        for ((region, choice), count) in &self.by_choice {
            regions
                .entry(*region)
                .or_default()
                .push((&choice.0, *count));
            size += choice.0.len() + CHOICE_OVERHEAD_BYTES;
        }
        // Room for everything, so that growing leaves no copy of choices behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(size + PAD_BYTES));
        append(&mut plain, |out| out.map(regions.len()));
        for (region, choices) in regions {
            append(&mut plain, |out| {
                out.u64(region.into());
                out.array(choices.len());
            });
            for (choice, count) in choices {
                append(&mut plain, |out| out.array(2));
                plain.extend_from_slice(choice);
                append(&mut plain, |out| out.u64(count));
            }
        }
        let padded = plain.len().next_multiple_of(PAD_BYTES);
        plain.resize(padded, 0);
        plain
    }
}

fn append(plain: &mut Vec<u8>, write: impl FnOnce(&mut Writer)) {
    let mut head = Writer::with_capacity(16);
    write(&mut head);
    plain.extend_from_slice(&head.into_bytes());
}

fn encode(choice: &Choice) -> Vec<u8> {
    let room = if let Choice::Ranking(ranking) = choice {
        5 * ranking.len() + 5
    } else {
        5
    };
    let mut out = Writer::with_capacity(room);
    match choice {
        Choice::Oui => out.bool(true),
        Choice::Non => out.bool(false),
        Choice::Blanc => out.null(),
        Choice::Candidate(number) => out.u64((*number).into()),
        Choice::Ranking(ranking) => {
            out.array(ranking.len());
            ranking.iter().for_each(|number| out.u64((*number).into()));
        }
    }
    out.into_bytes()
}

/// Reads what [`Counts::to_plaintext`] wrote: (region, choice, votes), ascending, each once.
pub(crate) fn decode_counts(plain: &[u8]) -> Result<Vec<(u16, Choice, u64)>, CborError> {
    let mut reader = Reader::new(plain);
    let mut counts = Vec::new();
    let mut previous_region = None;
    for _ in 0..reader.map()? {
        let region = reader.u16()?;
        if previous_region >= Some(region) {
            return Err(reader.error("regions in ascending order"));
        }
        previous_region = Some(region);
        decode_region(&mut reader, region, &mut counts)?;
    }
    let padding = reader.rest();
    if padding.len() >= PAD_BYTES || padding.iter().any(|byte| *byte != 0) {
        return Err(reader.error("less than 64 bytes of zero padding"));
    }
    Ok(counts)
}

fn decode_region(
    reader: &mut Reader<'_>,
    region: u16,
    counts: &mut Vec<(u16, Choice, u64)>,
) -> Result<(), CborError> {
    let mut previous: Option<&[u8]> = None;
    for _ in 0..reader.array()? {
        reader.exactly(2, "a pair of choice and count")?;
        let before = reader.rest();
        let choice = decode_choice(reader)?;
        let encoded = &before[..before.len() - reader.rest().len()];
        if previous.is_some_and(|previous| previous >= encoded) {
            return Err(reader.error("choices in ascending order"));
        }
        previous = Some(encoded);
        let count = reader.u64()?;
        if count == 0 {
            return Err(reader.error("a count above zero"));
        }
        counts.push((region, choice, count));
    }
    Ok(())
}

fn decode_choice(reader: &mut Reader<'_>) -> Result<Choice, CborError> {
    match reader.kind() {
        Some(Type::Bool) => Ok(if reader.bool()? {
            Choice::Oui
        } else {
            Choice::Non
        }),
        Some(Type::Null) => reader.null().map(|()| Choice::Blanc),
        Some(Type::Array) => {
            let len = reader.array()?;
            if len == 0 || len > RANKS_MAX {
                return Err(reader.error("1 to 128 ranks"));
            }
            let ranking: Result<Vec<u32>, CborError> = (0..len).map(|_| reader.u32()).collect();
            ranking.map(Choice::Ranking)
        }
        _ => reader.u32().map(Choice::Candidate),
    }
}

/// Whether a choice has an encoding that can be read back.
pub(crate) fn is_encodable(choice: &Choice) -> bool {
    match choice {
        Choice::Ranking(ranking) => (1..=RANKS_MAX).contains(&ranking.len()),
        _ => true,
    }
}

/// Wipes a choice that has been encoded: it waited in the queue in the clear.
pub(crate) fn wipe(choice: &mut Choice) {
    if let Choice::Ranking(ranking) = choice {
        ranking.zeroize();
    }
    *choice = Choice::Blanc;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_choice() -> impl Strategy<Value = Choice> {
        prop_oneof![
            Just(Choice::Oui),
            Just(Choice::Non),
            Just(Choice::Blanc),
            any::<u32>().prop_map(Choice::Candidate),
            prop::collection::vec(any::<u32>(), 1..RANKS_MAX).prop_map(Choice::Ranking),
        ]
    }

    fn check(votes: &[(u16, Choice)]) {
        let mut counts = Counts::default();
        let mut expected: BTreeMap<(u16, Choice), u64> = BTreeMap::new();
        for (region, choice) in votes {
            counts.add(*region, choice);
            *expected.entry((*region, choice.clone())).or_default() += 1;
        }
        assert_eq!(counts.total(), votes.len() as u64);
        let plain = counts.to_plaintext();
        assert_eq!(plain.len() % PAD_BYTES, 0);
        let mut got = BTreeMap::new();
        for (region, choice, count) in decode_counts(&plain).expect("own plaintext") {
            assert!(got.insert((region, choice), count).is_none());
        }
        assert!(got == expected);
    }

    proptest! {
        #[test]
        fn counts_read_back(votes in prop::collection::vec((0u16..5, any_choice()), 0..60)) {
            check(&votes);
        }

        #[test]
        fn hostile_plaintext_gives_an_error_or_counts(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_counts(&bytes);
        }
    }

    #[test]
    fn one_vote_on_a_law_has_one_length() {
        let lengths: Vec<usize> = [Choice::Oui, Choice::Non, Choice::Blanc]
            .iter()
            .map(|choice| {
                let mut counts = Counts::default();
                counts.add(65_535, choice);
                counts.to_plaintext().len()
            })
            .collect();
        assert_eq!(lengths, [PAD_BYTES; 3]);
    }
}
