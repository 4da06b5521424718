//! A ballot: a law or an election, with its window and its rules.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::text::Text;
use crate::threshold::Threshold;

/// Position of a ballot in its event: laws in the order written, then elections.
/// Ledgers and packages name a ballot by this number, so the order is part of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BallotIndex(pub u16);

/// A ballot of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Position in the event.
    pub index: BallotIndex,
    /// Law id or election code: 1 to 32 of `[A-Za-z0-9._-]`, not starting with a dot.
    /// It is hashed into every credential digest and used in file names.
    pub id: String,
    /// Title in both languages.
    pub title: Text,
    /// First millisecond (UTC, since 1970) at which a vote is taken.
    pub opens: i64,
    /// First millisecond (UTC, since 1970) at which no vote is taken any more.
    pub closes: i64,
    /// When results may be shown.
    pub results: ResultsPolicy,
    /// Fewest votes that are ever shown together, from 1; of fewer voters, all together.
    pub release_min: u32,
    /// The question of a law, or the candidates of an election.
    pub kind: BallotKind,
}

/// What a ballot asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BallotKind {
    /// A question answered by yes, no or (where allowed) a blank vote.
    Law(Law),
    /// Representatives to elect, region by region.
    Election(Election),
}

/// A question put to all voters of the event, whatever their region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Law {
    /// The question as voters read it.
    pub question: Text,
    /// Whether a blank vote (`blanc`) is taken. Blank votes are counted apart, never as valid.
    pub allow_blank: bool,
    /// What the yes side needs.
    pub threshold: Threshold,
}

/// Seats to fill in each region that has candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// Number by which the HTTP interface names the election (`election_id`), from 1.
    pub number: u32,
    /// How a voter marks the ballot.
    pub method: Method,
    /// Seats of each region, from 1.
    pub seats: u32,
    /// Most ranks that one ballot may hold; 1 where the method is single choice.
    pub max_ranks: u32,
    /// How ballots become seats.
    pub counting: CountingRules,
    pub(crate) candidates: Candidates,
}

/// Candidates in ballot-paper order, with what the check of a vote looks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidates {
    list: Vec<Candidate>,
    by_number: HashMap<u32, usize>,
    regions: BTreeSet<u16>,
}

impl Candidates {
    pub(crate) fn new(list: Vec<Candidate>) -> Candidates {
        let by_number = list
            .iter()
            .enumerate()
            .map(|(at, c)| (c.number, at))
            .collect();
        let regions = list.iter().map(|c| c.region).collect();
        Candidates {
            list,
            by_number,
            regions,
        }
    }
}

/// How a voter marks an election ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A voter marks one candidate.
    SingleChoice,
    /// A voter ranks candidates in order of preference.
    RankedChoice,
}

/// The counting system of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// The most votes win (single choice).
    Plurality,
    /// Instant runoff: one seat, majority of continuing ballots.
    Irv,
    /// Single transferable vote: Droop quota, fractional surpluses.
    Stv,
    /// Eliminate the last until as many candidates remain as there are seats.
    BottomsUp,
}

/// Which candidate loses (or wins) where votes are equal, in ranked counts.
///
/// Plurality never uses it: a tie there is reported, the law decides it outside the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieBreak {
    /// The order in which the definition lists the candidates.
    CandidateOrder,
    /// Votes of the rounds before, the latest first; then the listed order.
    PreviousRounds,
    /// Drawn from a seed that officials publish before the count.
    Seed(u64),
}

/// The rules of a count, as far as the definition may choose them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountingRules {
    /// How marks become seats.
    pub system: System,
    /// Eliminate together candidates who cannot catch up.
    pub batch_elimination: bool,
    /// Go on to a final pair after the winner is known (instant runoff only).
    pub continue_until_two: bool,
    /// Decimals of transferred votes, 0 to 9 (single transferable vote only).
    pub decimals: u8,
    /// What decides where votes are equal; plurality ignores it.
    pub tie_break: TieBreak,
}

/// A person who can be voted for, in one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Number by which ballots name the candidate (`candidate_id`), from 1, unique in the election.
    pub number: u32,
    /// Region in which the candidate stands.
    pub region: u16,
    /// Code of the party, or none for an independent.
    pub party: Option<String>,
    /// First name as printed.
    pub first_name: String,
    /// Last name as printed.
    pub last_name: String,
    /// Whether the candidate still stands.
    pub status: CandidateStatus,
}

/// Whether a candidate still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidateStatus {
    /// Can be voted for.
    Active,
    /// Printed as withdrawn; votes for this candidate are refused.
    Withdrawn,
}

/// When results of a ballot may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultsPolicy {
    /// While voting is open, in steps of at least [`Ballot::release_min`] votes, so that no single vote
    /// can be told from two readings.
    Live,
    /// Not before the window is over.
    #[default]
    AfterClose,
}

/// Where an instant lies relative to a ballot's window. Times are milliseconds UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Votes are not taken yet.
    NotOpen {
        /// The first millisecond (UTC, since 1970) at which they will be.
        opens: i64,
    },
    /// Votes are taken, the instant of closing excluded.
    Open,
    /// Votes are no longer taken.
    Closed {
        /// The first millisecond (UTC, since 1970) at which none was taken.
        closed: i64,
    },
}

impl Ballot {
    /// Where `now_ms` (UTC, since 1970) lies: open from `opens` inclusive to `closes` exclusive.
    #[must_use]
    pub fn window(&self, now_ms: i64) -> Window {
        if now_ms < self.opens {
            Window::NotOpen { opens: self.opens }
        } else if now_ms < self.closes {
            Window::Open
        } else {
            Window::Closed {
                closed: self.closes,
            }
        }
    }

    /// The law, where this ballot is one.
    #[must_use]
    pub fn law(&self) -> Option<&Law> {
        match &self.kind {
            BallotKind::Law(law) => Some(law),
            BallotKind::Election(_) => None,
        }
    }

    /// The election, where this ballot is one.
    #[must_use]
    pub fn election(&self) -> Option<&Election> {
        match &self.kind {
            BallotKind::Election(election) => Some(election),
            BallotKind::Law(_) => None,
        }
    }
}

impl Election {
    /// All candidates in the order written, which is the order of the ballot paper.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates.list
    }

    /// The candidate of that number, whatever the region and status.
    #[must_use]
    pub fn candidate(&self, number: u32) -> Option<&Candidate> {
        self.candidates
            .list
            .get(*self.candidates.by_number.get(&number)?)
    }

    /// Candidates of one region in ballot-paper order, withdrawn ones included.
    pub fn candidates_of(&self, region: u16) -> impl Iterator<Item = &Candidate> {
        self.candidates
            .list
            .iter()
            .filter(move |c| c.region == region)
    }

    /// Regions that vote in this election: those with at least one candidate, ascending.
    #[must_use]
    pub fn regions(&self) -> &BTreeSet<u16> {
        &self.candidates.regions
    }
}
