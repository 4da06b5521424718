//! Seeded contests: few candidates and ballots, so that close counts and short ballots abound.

/// xorshift64*: the same contests on every machine.
pub(crate) struct Random(u64);

/// Marks of one ballot, rank by rank, by position of the candidate.
pub(crate) type Ballot = Vec<Vec<u16>>;

/// A contest of `candidates`, numbered from 0.
#[derive(Debug)]
pub(crate) struct Contest {
    pub(crate) candidates: u16,
    /// Ballots with one candidate a rank, none twice.
    pub(crate) clean: Vec<Ballot>,
    /// Ballots as marked on paper: overvotes, skipped ranks, repeated candidates.
    pub(crate) marked: Vec<Ballot>,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        // A state of zero would stay zero.
        Random(seed | 1)
    }

    fn below(&mut self, bound: u16) -> u16 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        u16::try_from(high % u64::from(bound)).unwrap_or(0)
    }
}

impl Contest {
    pub(crate) fn random(random: &mut Random) -> Contest {
        let candidates = 2 + random.below(6);
        let ballots = 3 + random.below(400);
        let clean = (0..ballots).map(|_| clean(random, candidates)).collect();
        let marked = (0..ballots).map(|_| marked(random, candidates)).collect();
        Contest {
            candidates,
            clean,
            marked,
        }
    }
}

fn clean(random: &mut Random, candidates: u16) -> Ballot {
    let mut left: Vec<u16> = (0..candidates).collect();
    let ranks = 1 + random.below(candidates);
    (0..ranks)
        .map(|_| {
            let at = random.below(u16::try_from(left.len()).unwrap_or(1));
            vec![left.remove(usize::from(at))]
        })
        .collect()
}

fn marked(random: &mut Random, candidates: u16) -> Ballot {
    let ranks = 1 + random.below(candidates);
    (0..ranks)
        .map(|_| match random.below(10) {
            0 => Vec::new(),
            1 => {
                let first = random.below(candidates);
                vec![first, (first + 1) % candidates]
            }
            _ => vec![random.below(candidates)],
        })
        .collect()
}
