//! What the results pages are told: exact integers, and nothing that the policy hides.

/// Whether counts may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// They may.
    Counts {
        /// The counts.
        counts: T,
        /// When the last vote in them was recorded, in milliseconds UTC; none before the first.
        updated_ms: Option<i64>,
    },
    /// Turnout only, until then.
    Withheld {
        /// In milliseconds UTC.
        available_ms: i64,
    },
    /// Turnout only: the box key is not here.
    Sealed,
}

impl<T> Seen<T> {
    /// The counts, where they may be seen.
    pub fn counts(&self) -> Option<&T> {
        match self {
            Seen::Counts { counts, .. } => Some(counts),
            Seen::Withheld { .. } | Seen::Sealed => None,
        }
    }
}

/// Votes cast, of credentials on the roll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnout {
    /// Votes recorded.
    pub votes: u64,
    /// Credentials on the roll of the ballot (of the region, where it is one region's).
    pub registered: u64,
}

/// Answers to a law.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerCounts {
    /// Yes.
    pub oui: u64,
    /// No.
    pub non: u64,
    /// Blank votes, apart from the valid ones.
    pub blanc: u64,
}

impl AnswerCounts {
    /// Yes and no: the denominator of the threshold.
    #[must_use]
    pub fn valid(&self) -> u64 {
        self.oui.saturating_add(self.non)
    }
}

/// Answers of one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionAnswers {
    /// Number of the region; 0 where the roll names none.
    pub region: u16,
    /// Its answers.
    pub answers: AnswerCounts,
}

/// A law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawView {
    /// Votes of the whole event.
    pub turnout: Turnout,
    /// Its counts.
    pub seen: Seen<LawCounts>,
}

/// The counts of a law.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LawCounts {
    /// All regions together.
    pub total: AnswerCounts,
    /// By region, ascending; their sum is the total. None where the policy shows the total only:
    /// a batched law moves in steps of so many votes in all, of which one region may have one.
    pub regions: Option<Vec<RegionAnswers>>,
}

/// One candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandidateVotes {
    /// Number of the candidate.
    pub number: u32,
    /// Votes; first preferences of a ranked ballot.
    pub votes: u64,
    /// Elected, as the count stands.
    pub elected: bool,
}

/// One region of an election.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionView {
    /// Number of the region.
    pub region: u16,
    /// Its turnout.
    pub turnout: Turnout,
    /// In ballot-paper order; empty where counts are hidden.
    pub candidates: Vec<CandidateVotes>,
    /// Candidates tied for the last seat, which nobody has.
    pub tied: Vec<u32>,
    /// Of a ranked count.
    pub rounds: Option<Rounds>,
}

/// An election over all its regions, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElectionView {
    /// Votes of all regions.
    pub turnout: Turnout,
    /// The regions. Turnout is always there; candidates and rounds only where counts may be seen.
    pub regions: Vec<RegionView>,
    /// Whether they may be.
    pub seen: Seen<()>,
}

/// The rounds of a ranked count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Decimals of every amount.
    pub decimals: u8,
    /// First to last.
    pub rounds: Vec<Round>,
}

/// One round. Amounts are units of 10^-decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Candidate and votes, for those in the round.
    pub counts: Vec<(u32, u64)>,
    /// Votes that elect, where the method has such a number.
    pub threshold: Option<u64>,
    /// Elected in this round.
    pub elected: Vec<u32>,
    /// Eliminated in this round.
    pub eliminated: Vec<u32>,
    /// Votes that count for nobody any more.
    pub exhausted: u64,
}

/// One ballot in the overview, in the order of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Summary {
    /// A law.
    Law(LawView),
    /// An election.
    Election(ElectionView),
}
