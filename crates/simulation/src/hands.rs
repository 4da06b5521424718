//! Both hands in one place, as no program has them: tests look at what each frame holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use election::Choice;
use ledger::{
    BallotShape, CountOpener, Enclosed, Enclosing, Entropy, Frame, Hand, HandPublicKeys,
    HandSecretKey, MaskOpener, Paper, Papers, RegionChoices, SealedRankings, SegmentHeader, Shape,
};

/// Votes by ballot, region and choice.
pub type Votes = BTreeMap<(u16, u16, Choice), u64>;

/// Region of a credential: ballot, shard, ordinal.
pub type RegionOf = fn(u16, u32, u32) -> u16;

/// The secret keys of both hands.
pub struct Keys {
    /// That of the count hand.
    pub count: HandSecretKey,
    /// That of the mask hand.
    pub mask: HandSecretKey,
}

impl Keys {
    /// Keys that follow from `entropy`.
    pub fn drawn(entropy: &mut dyn Entropy) -> Keys {
        let mut key = |hand| HandSecretKey::generate_from(hand, entropy).expect("a seeded source");
        Keys {
            count: key(Hand::Count),
            mask: key(Hand::Mask),
        }
    }

    /// What everybody may know of them.
    pub fn public(&self) -> HandPublicKeys {
        HandPublicKeys {
            count: self.count.public(),
            mask: self.mask.public(),
        }
    }
}

/// The paper of a law that takes blank votes.
pub fn law() -> Papers {
    let choices = vec![Choice::Oui, Choice::Non, Choice::Blanc];
    Papers::Same(Paper::Cells(choices))
}

/// Papers of an election, alike in regions 0 to 2.
pub fn in_each_region(paper: Paper) -> Papers {
    Papers::ByRegion((0..3).map(|region| (region, paper.clone())).collect())
}

/// Encloses a choice; panics where the paper does not offer it.
pub fn enclosed(
    shape: &Shape,
    entropy: &mut dyn Entropy,
    (ballot, region): (u16, u16),
    choice: &Choice,
) -> Enclosed {
    let enclosing = Enclosing::new(&Arc::new(shape.clone())).expect("a sound mask key");
    let enclosed = enclosing.enclose(entropy, ballot, region, choice);
    enclosed.expect("a choice of the paper")
}

/// Encloses an answer for the paper of [`law`].
pub fn enclosed_on_a_law(answer: &Choice) -> Enclosed {
    let keys = Keys::drawn(&mut ledger::SystemEntropy).public();
    let shape = Shape {
        event_id: "LAW".to_owned(),
        manifest_sha256: [0; 32],
        keys,
        partitions: 1,
        ballots: vec![BallotShape {
            id: "LAW".to_owned(),
            opens_ms: 0,
            closes_ms: 1,
            shard_sizes: Vec::new(),
            papers: law(),
        }],
    };
    enclosed(&shape, &mut ledger::SystemEntropy, (0, 1), answer)
}

/// Reads the votes of frames.
pub struct BothHands {
    count: CountOpener,
    mask: MaskOpener,
    papers: Vec<Papers>,
    region_of: RegionOf,
}

impl BothHands {
    /// For ballots of one event, whose credentials have regions.
    pub fn new(keys: &Keys, ballots: &[BallotShape], region_of: RegionOf) -> BothHands {
        BothHands {
            count: CountOpener::new(&keys.count),
            mask: MaskOpener::new(&keys.mask),
            papers: ballots.iter().map(|ballot| ballot.papers.clone()).collect(),
            region_of,
        }
    }

    /// The votes of one frame.
    ///
    /// # Errors
    /// What does not open, or does not fit the paper.
    pub fn votes(&mut self, header: &SegmentHeader, frame: &Frame) -> Result<Votes, String> {
        let body = frame.body().map_err(|error| error.to_string())?;
        let mut votes = Votes::new();
        for (marks, sealed) in body.marks.iter().zip(&body.choices) {
            let mut voters: BTreeMap<u16, u64> = BTreeMap::new();
            for shard in &marks.shards {
                for ordinal in &shard.ordinals {
                    let region = (self.region_of)(marks.ballot, shard.shard, *ordinal);
                    *voters.entry(region).or_default() += 1;
                }
            }
            let papers = &self.papers[usize::from(marks.ballot)];
            let voters = (papers, voters.into_iter());
            let regions = self
                .count
                .choices(header, frame.header.sequence, sealed, voters);
            for (region, choices) in regions.map_err(|error| error.to_string())? {
                let at = (marks.ballot, region);
                for choice in self.choices(header, frame, at, choices)? {
                    *votes.entry((at.0, at.1, choice)).or_default() += 1;
                }
            }
        }
        Ok(votes)
    }

    /// Each vote of a region by itself.
    fn choices(
        &mut self,
        header: &SegmentHeader,
        frame: &Frame,
        (ballot, region): (u16, u16),
        choices: RegionChoices,
    ) -> Result<Vec<Choice>, String> {
        let paper = self.papers[usize::from(ballot)].paper(region);
        let paper = paper.expect("choices are read by their papers");
        let cells = match choices {
            RegionChoices::Cells(cells) => cells,
            RegionChoices::Rankings(rankings) => {
                let at = (ballot, region);
                return open_rankings(&mut self.mask, header, frame, at, paper, &rankings);
            }
        };
        let Paper::Cells(offered) = paper else {
            return Err("counts of a ranked ballot".to_owned());
        };
        let sequence = frame.header.sequence;
        let masks = self
            .mask
            .masks(header, sequence, (ballot, region), cells.len());
        let masks = masks.map_err(|error| error.to_string())?;
        let counts = cells
            .iter()
            .zip(masks.iter())
            .map(|(c, m)| c.wrapping_sub(*m));
        let of_choice = offered.iter().zip(counts);
        Ok(of_choice
            .flat_map(|(choice, count)| std::iter::repeat_n(choice.clone(), count as usize))
            .collect())
    }
}

/// The rankings of a region, held against the witnesses of the frame.
fn open_rankings(
    mask_hand: &mut MaskOpener,
    header: &SegmentHeader,
    frame: &Frame,
    at: (u16, u16),
    paper: &Paper,
    sealed: &SealedRankings,
) -> Result<Vec<Choice>, String> {
    let mask = mask_hand.witness_mask(header, frame.header.sequence, at);
    let mask = mask.map_err(|error| error.to_string())?;
    let mut witnesses = sealed.witnesses.wrapping_sub(mask);
    let mut rankings = Vec::new();
    for record in &sealed.records {
        let opened = mask_hand.ranking(&header.manifest_sha256, at, paper, record);
        let (ranking, witness) = opened.ok_or("a ranking does not open")?;
        witnesses = witnesses.wrapping_sub(witness);
        rankings.push(ranking);
    }
    if witnesses != 0 {
        return Err("the witnesses are not those of the rankings".to_owned());
    }
    Ok(rankings)
}
