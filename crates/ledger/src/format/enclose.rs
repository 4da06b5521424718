//! Enclosing choices: what a submitter does with a choice before it waits for its frame, off the commit
//! thread, because sealing a ranking takes some forty microseconds.

use std::io;
use std::sync::Arc;

use election::Choice;

use crate::format::ballot_paper::Paper;
use crate::format::contents::{Enclosed, EnclosedChoice, place_of};
use crate::format::entropy::Entropy;
use crate::format::hand::KeyError;
use crate::format::ranking::{RankingContext, RankingSealer};
use crate::format::shape::Shape;

/// Encloses the choices of one event.
pub struct Enclosing {
    shape: Arc<Shape>,
    rankings: RankingSealer,
}

/// Why a choice was not enclosed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncloseError {
    /// The ballot paper of the region does not offer the choice: a mistake of the submitter, who should
    /// have checked.
    #[error("the ballot paper does not offer this choice")]
    NotOffered,
    /// The system has no randomness to give.
    #[error("no randomness to seal a ranking with: {0}")]
    Entropy(#[from] io::Error),
}

impl Enclosing {
    /// For the ballots and the mask key of an event.
    ///
    /// # Errors
    /// [`KeyError::NotOnCurve`].
    pub fn new(shape: &Arc<Shape>) -> Result<Enclosing, KeyError> {
        Ok(Enclosing {
            shape: Arc::clone(shape),
            rankings: RankingSealer::new(shape.keys.mask)?,
        })
    }

    /// Encloses the choice of a voter of `region` (0 = the roll names none).
    ///
    /// # Errors
    /// See [`EncloseError`].
    pub fn enclose(
        &self,
        entropy: &mut dyn Entropy,
        ballot: u16,
        region: u16,
        choice: &Choice,
    ) -> Result<Enclosed, EncloseError> {
        let shape = self.shape.ballots.get(usize::from(ballot));
        let paper = shape.and_then(|shape| shape.papers.paper(region));
        let enclosed = match (paper.ok_or(EncloseError::NotOffered)?, choice) {
            (Paper::Cells(choices), _) => place_of(choices, choice).map(EnclosedChoice::Cell),
            (Paper::Ranked { candidates, ranks }, Choice::Ranking(ranking)) => {
                let context = RankingContext {
                    manifest_sha256: &self.shape.manifest_sha256,
                    ballot,
                    region,
                };
                match places(candidates, *ranks, ranking) {
                    Some(places) => {
                        let sealed = self.rankings.seal(entropy, context, &places, *ranks)?;
                        Some(EnclosedChoice::Ranking(sealed))
                    }
                    None => None,
                }
            }
            (Paper::Ranked { .. }, _) => None,
        };
        enclosed.map(Enclosed).ok_or(EncloseError::NotOffered)
    }
}

/// Places of the ranked candidates on the paper, from 1.
fn places(candidates: &[u32], ranks: usize, ranking: &[u32]) -> Option<Vec<u16>> {
    if ranking.is_empty() || ranking.len() > ranks {
        return None;
    }
    let place = |number: &u32| {
        let at = candidates.iter().position(|other| other == number)?;
        u16::try_from(at + 1).ok()
    };
    ranking.iter().map(place).collect()
}
