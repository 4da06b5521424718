//! The data of the results pages: exact integers, and nothing that the policy of a ballot hides.

/// How final the numbers of a ballot are. The ledger and officers say so, never a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The ledger may still hold votes that are not counted.
    Counting,
    /// The closing frame was read: every vote is counted.
    Preliminary,
    /// Every vote is counted, and an officer has signed a statement of these numbers.
    Certified {
        /// SHA-256 of the statement, in hexadecimal.
        statement_sha256: String,
    },
}

/// How far the count of a ballot is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How final the numbers are.
    pub stage: Stage,
    /// The last frame of the ledger that is counted, such as `17`, or `0/17 1/33` where the ledger has
    /// several partitions; empty before the first vote.
    pub position: String,
    /// Its commit time, in milliseconds UTC; none before the first vote.
    pub time_ms: Option<i64>,
    /// How many releases of votes the counts stand on; 0 while none are shown.
    pub releases: u64,
    /// Who else has seen these frames; none where the event has no log.
    pub checked: Option<CheckedBy>,
}

/// The witnesses of the frames that are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedBy {
    /// How many of them must have cosigned.
    pub required: u32,
    /// All witnesses of the event, in its order.
    pub witnesses: Vec<CheckingWitness>,
}

/// A witness, and whether it has seen the frames that are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckingWitness {
    /// Its short name in the event.
    pub name: String,
    /// Its address, for people to look at.
    pub url: String,
    /// How long ago it cosigned, in seconds; none where it has not.
    pub seconds_ago: Option<u64>,
}

impl Progress {
    /// Whether every vote is counted: only then is anybody elected, or a law passed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stage != Stage::Counting
    }

    /// The stage as data, for CSV and styles.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.stage {
            Stage::Counting => "counting",
            Stage::Preliminary => "preliminary",
            Stage::Certified { .. } => "certified",
        }
    }
}

/// Whether counts may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// The policy lets everybody see the counts.
    Counts {
        /// The counts of the ballot, as far as they are tabulated.
        counts: T,
        /// When the last vote in them was recorded, in milliseconds UTC; none before the first.
        updated_ms: Option<i64>,
    },
    /// Only the turnout may be seen, until the counts are due.
    Withheld {
        /// When the counts are due, in milliseconds UTC since 1970.
        available_ms: i64,
    },
    /// Only the turnout may be seen: this program does not have the mask key.
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

/// How many of the credentials on the roll have voted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnout {
    /// Votes that are recorded in the ledger.
    pub votes: u64,
    /// Credentials on the roll of the ballot (of the region, where it is one region's).
    pub registered: u64,
}

/// Votes of one hour, of all regions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourVotes {
    /// Start of the hour, in milliseconds UTC.
    pub start_ms: i64,
    /// Votes recorded in this hour.
    pub votes: u64,
    /// Whether no further vote of this hour can come: each partition of the ledger is beyond it.
    pub is_full: bool,
}

/// Answers to a law.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerCounts {
    /// Votes for the law.
    pub oui: u64,
    /// Votes against the law.
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
    /// The answers of its voters.
    pub answers: AnswerCounts,
}

/// What the pages show of a law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawView {
    /// How far the count is.
    pub progress: Progress,
    /// Votes of the whole event.
    pub turnout: Turnout,
    /// The same by hour, ascending; hours without a vote may be left out.
    pub hours: Vec<HourVotes>,
    /// The counts, where they may be seen.
    pub seen: Seen<LawCounts>,
}

/// The counts of a law.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LawCounts {
    /// The answers of all regions together.
    pub total: AnswerCounts,
    /// By region, ascending; their sum is the total. None while the law is open:
    /// it is updated in steps of the whole country, of which one region may have a single vote.
    pub regions: Option<Vec<RegionAnswers>>,
    /// Every vote is counted, and the margin calls for a recount.
    pub recount: bool,
}

/// The votes of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandidateVotes {
    /// Number of the candidate.
    pub number: u32,
    /// Votes; first preferences of a ranked ballot.
    pub votes: u64,
    /// The count gives this candidate a seat: elected once every vote is counted, leading until then.
    pub wins: bool,
}

/// One region of an election.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionView {
    /// Number of the region.
    pub region: u16,
    /// Votes cast in this region.
    pub turnout: Turnout,
    /// In ballot-paper order; empty where counts are hidden.
    pub candidates: Vec<CandidateVotes>,
    /// Candidates tied for the last seat, which nobody has.
    pub tied: Vec<u32>,
    /// Every vote is counted, and the margin calls for a recount.
    pub recount: bool,
    /// The rounds of a ranked count; none where marks are not ranked.
    pub rounds: Option<Rounds>,
}

/// An election over all its regions, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElectionView {
    /// How far the count is.
    pub progress: Progress,
    /// Votes of all regions.
    pub turnout: Turnout,
    /// The same by hour, ascending; hours without a vote may be left out.
    pub hours: Vec<HourVotes>,
    /// The regions. Turnout is always there; candidates and rounds only where counts may be seen.
    pub regions: Vec<RegionView>,
    /// Whether the counts may be seen.
    pub seen: Seen<()>,
}

/// The rounds of a ranked count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Decimals of every amount.
    pub decimals: u8,
    /// The rounds, first to last.
    pub rounds: Vec<Round>,
}

/// One round. Amounts are units of 10^-decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Candidate and votes, for those in the round.
    pub counts: Vec<(u32, u64)>,
    /// Votes that elect, where the method has such a number.
    pub threshold: Option<u64>,
    /// Who gets a seat in this round, as [`CandidateVotes::wins`] says.
    pub winners: Vec<u32>,
    /// Eliminated in this round.
    pub eliminated: Vec<u32>,
    /// Votes that count for nobody any more.
    pub exhausted: u64,
}

/// One ballot in the overview, in the order of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Summary {
    /// A law, with its turnout and counts.
    Law(LawView),
    /// An election, with all its regions.
    Election(ElectionView),
}
