//! What voters may choose, as the signed event says: which cell of a frame a choice is counted in.
//!
//! Cells follow from the event alone. So the length of what is sealed follows from the marks, and a
//! frame's bytes tell nothing of the choices.

use std::collections::BTreeMap;

use election::{Ballot, BallotKind, CandidateStatus, Choice, Election, Method};

use crate::format::ranking::{WITNESS_BYTES, record_bytes};

/// Bytes of a masked count.
pub(crate) const CELL_BYTES: usize = 4;

/// The ballot papers of one ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Papers {
    /// Every voter has the same: a law.
    Same(Paper),
    /// By region of the voter: an election.
    ByRegion(BTreeMap<u16, Paper>),
}

/// What a voter may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paper {
    /// One of these, each counted in the cell of its place.
    Cells(Vec<Choice>),
    /// Some of these, the most preferred first.
    Ranked {
        /// Numbers of the candidates who may be ranked, in the order of the paper.
        candidates: Vec<u32>,
        /// Most candidates that a voter may rank.
        ranks: usize,
    },
}

impl Papers {
    /// The papers of a ballot of the event. Withdrawn candidates are on none: nobody may choose them.
    pub fn of(ballot: &Ballot) -> Papers {
        match &ballot.kind {
            BallotKind::Law(law) => {
                let mut choices = vec![Choice::Oui, Choice::Non];
                if law.allow_blank {
                    choices.push(Choice::Blanc);
                }
                Papers::Same(Paper::Cells(choices))
            }
            BallotKind::Election(election) => {
                let mut standing: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
                for candidate in election.candidates() {
                    let here = standing.entry(candidate.region).or_default();
                    if candidate.status == CandidateStatus::Active {
                        here.push(candidate.number);
                    }
                }
                let papers = standing.into_iter();
                Papers::ByRegion(
                    papers
                        .map(|(region, candidates)| (region, Paper::of(election, candidates)))
                        .collect(),
                )
            }
        }
    }

    /// The paper of voters of `region` (0 = the roll names none); none where they do not vote.
    pub fn paper(&self, region: u16) -> Option<&Paper> {
        match self {
            Papers::Same(paper) => Some(paper),
            Papers::ByRegion(papers) => papers.get(&region),
        }
    }

    /// Every paper of the ballot, once.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Paper> {
        let (same, by_region) = match self {
            Papers::Same(paper) => (Some(paper), None),
            Papers::ByRegion(papers) => (None, Some(papers.values())),
        };
        same.into_iter().chain(by_region.into_iter().flatten())
    }
}

impl Paper {
    /// `candidates`: numbers of those who stand in a region, in the order of the paper.
    fn of(election: &Election, candidates: Vec<u32>) -> Paper {
        match election.method {
            Method::SingleChoice => {
                Paper::Cells(candidates.into_iter().map(Choice::Candidate).collect())
            }
            Method::RankedChoice => {
                let most = usize::try_from(election.max_ranks).unwrap_or(usize::MAX);
                let ranks = candidates.len().min(most);
                Paper::Ranked { candidates, ranks }
            }
        }
    }

    /// Bytes that `votes` of one region take in a frame, before they are sealed.
    pub fn bytes_of(&self, votes: u64) -> u64 {
        match self {
            Paper::Cells(choices) => (choices.len() * CELL_BYTES) as u64,
            Paper::Ranked { ranks, .. } if votes > 0 => {
                votes * record_bytes(*ranks) as u64 + WITNESS_BYTES as u64
            }
            Paper::Ranked { .. } => 0,
        }
    }
}
