//! The rules of a ranked contest, as values.

/// Everything that a count of ranked ballots may vary in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How ballots become winners.
    pub method: Method,
    /// Seats to fill; 0 only for [`Method::BottomsUp`] down to a percentage.
    pub seats: u32,
    /// What a rank with several candidates does.
    pub overvote: Overvote,
    /// More consecutive skipped ranks than this before the next mark stop the ballot.
    pub max_skipped_ranks: Option<u32>,
    /// What a candidate met a second time on one ballot does.
    pub duplicate_ranking: DuplicateRanking,
    /// Eliminate together the largest group that cannot catch up with the next candidate.
    pub batch_elimination: bool,
    /// Eliminate together all who are not above the percentage (bottoms-up down to a percentage).
    pub cutoff_elimination: bool,
    /// Go on after the winner is known until two remain (instant runoff).
    pub continue_until_two: bool,
    /// Stop after this round, whether or not a winner is known.
    pub stop_after_round: Option<u32>,
    /// How many votes elect.
    pub threshold: Threshold,
    /// Decimals of votes, 0 to 12.
    pub decimals: u8,
    /// What decides where votes are equal and no lot was drawn.
    pub tie_break: TieBreak,
    /// Elect the largest alone where several reach the threshold together (STV).
    pub one_winner_per_round: bool,
}

/// How ballots become winners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Instant runoff: one seat.
    Irv,
    /// Single transferable vote: several seats, surpluses pass on by fractions.
    Stv,
    /// Eliminate the last until as many remain as there are seats, or, with a percentage
    /// threshold, until all who remain are above it. No surplus passes on.
    BottomsUp,
    /// First choices only; the most votes win.
    Plurality,
}

/// What a rank with several candidates does to the ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overvote {
    /// The ballot stops there.
    Exhaust,
    /// The rank is passed over.
    Skip,
    /// None of them continuing: passed over. One: counts for it. Several: the ballot stops.
    ExhaustIfMultipleContinuing,
}

/// What a candidate met a second time on one ballot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateRanking {
    /// The mark is passed over.
    Skip,
    /// The ballot stops there.
    Exhaust,
}

/// How many votes elect, and whether that number changes from round to round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The formula by which it is computed.
    pub kind: ThresholdKind,
    /// Whether the threshold has decimals.
    pub fractional: bool,
    /// Whether the threshold of round 1 holds to the end. STV always keeps it.
    pub fixed_in_round_1: bool,
    /// Whether the leader of the last two wins even below the threshold (instant runoff).
    pub first_round_rule: bool,
}

/// The formula of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdKind {
    /// floor(active / (seats + 1)) and one unit more: the majority where there is one seat.
    Droop,
    /// active / seats, rounded up to the unit.
    Hare,
    /// A percentage of the active votes, which must be exceeded.
    Percent(Percent),
}

/// A percentage with decimals, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent {
    /// Digits without the point: 15 for 15 %, 125 for 12.5 %.
    pub digits: u64,
    /// Digits after the point, 0 to 9.
    pub decimals: u8,
}

/// What decides where votes are equal and no lot was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieBreak {
    /// Candidates listed earlier are preferred.
    CandidateOrder,
    /// `java.util.Random` of that seed picks among the tied, sorted by name.
    JavaRandom(i64),
    /// All names, sorted, are shuffled once by `Collections.shuffle`; earlier ones are preferred.
    JavaShuffle(i64),
    /// Votes of the rounds before, the latest first; then something else.
    PreviousRounds(TieFallback),
    /// Only a lot decides; without one the count stops and asks for it.
    Ask,
}

/// What decides where the rounds before do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieFallback {
    /// Candidates listed earlier are preferred, as in [`TieBreak::CandidateOrder`].
    CandidateOrder,
    /// A draw from this seed, as in [`TieBreak::JavaRandom`].
    JavaRandom(i64),
    /// Only a lot decides, as in [`TieBreak::Ask`].
    Ask,
}

impl Rules {
    /// Plain instant runoff: a majority of the continuing ballots, nothing else.
    #[must_use]
    pub fn irv() -> Rules {
        Rules {
            method: Method::Irv,
            seats: 1,
            overvote: Overvote::Exhaust,
            max_skipped_ranks: None,
            duplicate_ranking: DuplicateRanking::Skip,
            batch_elimination: false,
            cutoff_elimination: false,
            continue_until_two: false,
            stop_after_round: None,
            threshold: Threshold {
                kind: ThresholdKind::Droop,
                fractional: false,
                fixed_in_round_1: false,
                first_round_rule: false,
            },
            decimals: 4,
            tie_break: TieBreak::CandidateOrder,
            one_winner_per_round: false,
        }
    }

    /// Plain single transferable vote: whole Droop quota of round 1, fractional surpluses.
    #[must_use]
    pub fn stv(seats: u32) -> Rules {
        let mut rules = Rules::irv();
        rules.method = Method::Stv;
        rules.seats = seats;
        rules.threshold.fixed_in_round_1 = true;
        rules
    }

    /// Eliminate the last until `seats` remain.
    #[must_use]
    pub fn bottoms_up(seats: u32) -> Rules {
        Rules {
            method: Method::BottomsUp,
            ..Rules::stv(seats)
        }
    }

    /// Whether this is a bottoms-up count down to a percentage rather than to a number of seats.
    pub(crate) fn down_to_percentage(&self) -> bool {
        self.method == Method::BottomsUp && matches!(self.threshold.kind, ThresholdKind::Percent(_))
    }
}

impl Threshold {
    /// Units that elect, out of `active` units at `scale` units a vote.
    pub(crate) fn units(&self, active: u128, seats: u32, scale: u128) -> u128 {
        let unit = if self.fractional { 1 } else { scale };
        let seats = u128::from(seats.max(1));
        match self.kind {
            ThresholdKind::Droop => (active / ((seats + 1) * unit) + 1) * unit,
            ThresholdKind::Hare => active.div_ceil(seats * unit) * unit,
            ThresholdKind::Percent(percent) => {
                let whole = 100 * 10u128.pow(u32::from(percent.decimals));
                active * u128::from(percent.digits) / whole
            }
        }
    }

    /// Whether `votes` elect: at the threshold, or above it where it is a percentage.
    pub(crate) fn reached_by(&self, votes: u128, threshold: u128) -> bool {
        match self.kind {
            ThresholdKind::Percent(_) => votes > threshold,
            ThresholdKind::Droop | ThresholdKind::Hare => votes >= threshold,
        }
    }
}
