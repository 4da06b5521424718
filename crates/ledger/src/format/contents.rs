//! What the votes of one ballot say in one frame, on its way to being sealed, and read back.
//!
//! ```text
//! for each region that the frame's marks touch, ascending:
//!   law, single choice: a masked count (u32) for each choice of the region's paper, in its order
//!   ranked:             a record for each vote, ascending; the masked sum of their witnesses (u128)
//! ```
//! Integers are little-endian.

use std::collections::BTreeMap;

use election::Choice;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::format::ballot_paper::{CELL_BYTES, Paper, Papers};
use crate::format::mask::MaskKey;
use crate::format::ranking::{SealedRanking, WITNESS_BYTES, record_bytes};

/// A vote as it waits for its frame: no choice can be read off a ranking any more. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Enclosed(pub(crate) EnclosedChoice);

/// How a choice is enclosed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) enum EnclosedChoice {
    /// Place of the choice on its paper, from 0.
    Cell(usize),
    /// Sealed to the mask key.
    Ranking(SealedRanking),
}

/// What one region's voters chose, as far as one hand can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionChoices {
    /// Masked counts, in the order of the paper.
    Cells(Vec<u32>),
    /// Rankings, which the mask hand alone opens.
    Rankings(SealedRankings),
}

/// Rankings as the count hand sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealedRankings {
    /// Sealed to the mask key, in an order that tells nothing.
    pub records: Vec<Vec<u8>>,
    /// The masked sum of their witnesses, modulo 2^128: who does not know the witness of a ranking cannot
    /// take it out, or put it in.
    pub witnesses: u128,
}

/// The votes of one ballot in the next frame.
#[derive(Default)]
pub(crate) struct Contents {
    regions: BTreeMap<u16, EnclosedRegion>,
    votes: u64,
}

#[derive(Zeroize, ZeroizeOnDrop)]
enum EnclosedRegion {
    Cells(Vec<u32>),
    Rankings(Vec<SealedRanking>),
}

impl Contents {
    /// Adds a vote of a voter of `region`, who has this paper; returns how many bytes the frame may have
    /// grown by.
    ///
    /// # Panics
    /// The vote was enclosed for another paper, which [`fits`] rules out.
    pub(crate) fn add(&mut self, region: u16, paper: &Paper, vote: &Enclosed) -> u64 {
        let cells = match paper {
            Paper::Cells(choices) => choices.len(),
            Paper::Ranked { .. } => 0,
        };
        let mut grown = 0;
        let here = self.regions.entry(region).or_insert_with(|| match paper {
            Paper::Cells(_) => {
                grown = paper.bytes_of(1);
                EnclosedRegion::Cells(vec![0; cells])
            }
            Paper::Ranked { .. } => {
                grown = WITNESS_BYTES as u64;
                EnclosedRegion::Rankings(Vec::new())
            }
        });
        match (here, &vote.0) {
            (EnclosedRegion::Cells(counts), EnclosedChoice::Cell(at)) => counts[*at] += 1,
            (EnclosedRegion::Rankings(rankings), EnclosedChoice::Ranking(ranking)) => {
                grown += ranking.record.len() as u64;
                rankings.push(ranking.clone());
            }
            _ => panic!("a vote that does not fit its ballot paper was let in"),
        }
        self.votes += 1;
        grown
    }

    /// Votes of all regions.
    pub(crate) fn total(&self) -> u64 {
        self.votes
    }

    /// The bytes that are sealed: counts and witnesses masked, records ascending.
    pub(crate) fn masked(&self, mask: &MaskKey, sequence: u64) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.bytes_len()));
        for (region, choices) in &self.regions {
            match choices {
                EnclosedRegion::Cells(counts) => {
                    let masks = mask.masks(*region, sequence, counts.len());
                    for (count, mask) in counts.iter().zip(masks.iter()) {
                        bytes.extend_from_slice(&count.wrapping_add(*mask).to_le_bytes());
                    }
                }
                EnclosedRegion::Rankings(rankings) => {
                    let mut sorted: Vec<&SealedRanking> = rankings.iter().collect();
                    sorted.sort_unstable_by_key(|ranking| &ranking.record);
                    let mut witnesses = mask.witness_mask(*region, sequence);
                    for ranking in sorted {
                        bytes.extend_from_slice(&ranking.record);
                        witnesses = witnesses.wrapping_add(ranking.witness);
                    }
                    bytes.extend_from_slice(&witnesses.to_le_bytes());
                }
            }
        }
        bytes
    }

    /// Reserved whole, so that growing leaves no copy behind.
    fn bytes_len(&self) -> usize {
        let of_region = |choices: &EnclosedRegion| match choices {
            EnclosedRegion::Cells(counts) => counts.len() * CELL_BYTES,
            EnclosedRegion::Rankings(rankings) => {
                let records = rankings.iter().map(|ranking| ranking.record.len());
                records.sum::<usize>() + WITNESS_BYTES
            }
        };
        self.regions.values().map(of_region).sum()
    }
}

/// Whether a vote was enclosed for this paper.
pub(crate) fn fits(paper: &Paper, vote: &Enclosed) -> bool {
    match (paper, &vote.0) {
        (Paper::Cells(choices), EnclosedChoice::Cell(at)) => *at < choices.len(),
        (Paper::Ranked { ranks, .. }, EnclosedChoice::Ranking(ranking)) => {
            ranking.record.len() == record_bytes(*ranks)
        }
        _ => false,
    }
}

/// Bytes of the choices of one ballot in a frame, before they are sealed. `voters`: regions and how many
/// voted there. None where a region has no paper.
pub fn choices_bytes(papers: &Papers, voters: impl Iterator<Item = (u16, u64)>) -> Option<u64> {
    voters
        .map(|(region, votes)| Some(papers.paper(region)?.bytes_of(votes)))
        .sum()
}

/// Reads what [`Contents::masked`] wrote. `voters`: the regions that the frame's marks of this ballot
/// touch, ascending, and how many voted there. None where it is not as long as these ask for, or records
/// are not in ascending order.
pub(crate) fn read(
    papers: &Papers,
    voters: impl Iterator<Item = (u16, u64)>,
    bytes: &[u8],
) -> Option<Vec<(u16, RegionChoices)>> {
    let mut rest = bytes;
    let mut regions = Vec::new();
    for (region, votes) in voters {
        let paper = papers.paper(region)?;
        let len = usize::try_from(paper.bytes_of(votes)).ok()?;
        let (here, behind) = rest.split_at_checked(len)?;
        rest = behind;
        let choices = match paper {
            Paper::Cells(_) => {
                let (cells, _) = here.as_chunks::<CELL_BYTES>();
                RegionChoices::Cells(cells.iter().map(|cell| u32::from_le_bytes(*cell)).collect())
            }
            Paper::Ranked { ranks, .. } => {
                let (records, witnesses) = here.split_last_chunk::<WITNESS_BYTES>()?;
                let records = records.chunks_exact(record_bytes(*ranks));
                let records: Vec<Vec<u8>> = records.map(<[u8]>::to_vec).collect();
                if !records.is_sorted() {
                    return None;
                }
                RegionChoices::Rankings(SealedRankings {
                    records,
                    witnesses: u128::from_le_bytes(*witnesses),
                })
            }
        };
        regions.push((region, choices));
    }
    rest.is_empty().then_some(regions)
}

/// The place of a choice on a paper of cells; none where it is not on it.
pub(crate) fn place_of(choices: &[Choice], choice: &Choice) -> Option<usize> {
    choices.iter().position(|other| other == choice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::entropy::SystemEntropy;
    use proptest::prelude::*;

    const CHOICES: usize = 3;

    fn papers() -> Papers {
        let cells = Paper::Cells((1..=3).map(Choice::Candidate).collect());
        let ranked = Paper::Ranked {
            candidates: vec![7, 8, 9],
            ranks: 2,
        };
        Papers::ByRegion(BTreeMap::from([
            (1, cells.clone()),
            (2, cells),
            (3, ranked),
        ]))
    }

    fn vote(papers: &Papers, region: u16, choice: usize) -> Enclosed {
        Enclosed(match papers.paper(region) {
            Some(Paper::Ranked { ranks, .. }) => {
                let byte = u8::try_from(choice).expect("small");
                EnclosedChoice::Ranking(SealedRanking {
                    record: vec![byte; record_bytes(*ranks)],
                    witness: u128::MAX - u128::from(byte),
                })
            }
            _ => EnclosedChoice::Cell(choice),
        })
    }

    proptest! {
        #[test]
        fn masked_counts_less_their_masks_are_the_votes(
            votes in prop::collection::vec((1u16..4, 0..CHOICES), 0..60), sequence in any::<u64>()
        ) {
            let papers = papers();
            let mask = MaskKey::generate(&mut SystemEntropy).expect("randomness");
            let (mut contents, mut bytes) = (Contents::default(), 0);
            let mut expected: BTreeMap<(u16, usize), u32> = BTreeMap::new();
            let mut voters: BTreeMap<u16, u64> = BTreeMap::new();
            for (region, choice) in votes {
                let vote = vote(&papers, region, choice);
                let paper = papers.paper(region).expect("a region of these");
                prop_assert!(fits(paper, &vote));
                bytes += contents.add(region, paper, &vote);
                *expected.entry((region, choice)).or_default() += 1;
                *voters.entry(region).or_default() += 1;
            }
            let masked = contents.masked(&mask, sequence);
            let voters = || voters.iter().map(|(region, votes)| (*region, *votes));
            prop_assert_eq!(masked.len() as u64, bytes);
            prop_assert_eq!(choices_bytes(&papers, voters()), Some(bytes));
            for (region, choices) in read(&papers, voters(), &masked).expect("own bytes") {
                let counts: Vec<u32> = match choices {
                    RegionChoices::Cells(cells) => {
                        let masks = mask.masks(region, sequence, cells.len());
                        cells.iter().zip(masks.iter()).map(|(c, m)| c.wrapping_sub(*m)).collect()
                    }
                    RegionChoices::Rankings(SealedRankings { records, witnesses }) => {
                        let witness = |record: &Vec<u8>| u128::MAX - u128::from(record[0]);
                        let sum = records.iter().map(witness).fold(0, u128::wrapping_add);
                        prop_assert_eq!(witnesses.wrapping_sub(mask.witness_mask(region, sequence)), sum);
                        let of = |choice: usize| records.iter().filter(move |r| usize::from(r[0]) == choice);
                        (0..CHOICES)
                            .map(|choice| of(choice).map(|_| 1).sum())
                            .collect()
                    }
                };
                for (choice, count) in counts.iter().enumerate() {
                    let votes = expected.get(&(region, choice)).copied().unwrap_or(0);
                    prop_assert_eq!(*count, votes);
                }
            }
        }

        #[test]
        fn hostile_bytes_give_choices_or_none(
            bytes in prop::collection::vec(any::<u8>(), 0..200), voters in prop::collection::btree_map(0u16..5, 1u64..9, 0..4)
        ) {
            let _ = read(&papers(), voters.into_iter(), &bytes);
        }
    }
}
