//! The results of a ballot: exact integers and fractions, tabulated once. Whatever shows them
//! renders this value: JSON, pages, CSV, statements and the live stream.
//!
//! A new kind of ballot gets a variant of [`Tabulated`], filled by one arm of
//! [`crate::tabulate`], and one rendering in each of: `documents` (JSON), `api/site/views.rs`
//! (pages and their CSV), `table.rs`, `statement` (text) and `postgres` (rows). Renderings match on
//! [`election::BallotKind`] or on [`Tabulated`], so the compiler names most of these places.

use std::collections::BTreeMap;
use std::sync::Arc;

use counting::ranked::{Amount, Side};
use counting::referendum;
use ledger::Cursor;

use crate::certificate::Certificate;
use crate::fraction::Fraction;

/// What may be told of one ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Results {
    pub(crate) standing: Standing,
    pub(crate) turnout: Turnout,
    pub(crate) shown: Shown,
}

/// How final numbers are, and which frames they stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) stage: Stage,
    /// By partition: while counting, the last frame with a vote that is counted here; afterwards the
    /// closing frame.
    pub(crate) position: BTreeMap<u16, Cursor>,
    /// Commit time of the latest of these frames, ms UTC; none before the first.
    pub(crate) time_ms: Option<i64>,
    /// How many releases of votes the counts stand on; 0 while none are shown.
    pub(crate) releases: u64,
}

/// How final numbers are. Only the ledger and officers move it, never a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The ledger may still hold votes that are not counted.
    Counting,
    /// The closing frame was read: every vote is counted.
    Preliminary,
    /// Every vote is counted, and an officer has signed a statement of these numbers.
    Certified(Arc<Certificate>),
}

impl Stage {
    /// Whether every vote is counted: only then is anybody elected, or a law passed.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Stage::Counting => false,
            Stage::Preliminary | Stage::Certified(_) => true,
        }
    }

    /// The value of `status` in JSON and CSV.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Stage::Counting => "counting",
            Stage::Preliminary => "preliminary",
            Stage::Certified(_) => "certified",
        }
    }
}

/// Who voted, by region of the roll (0 = the roll names none). Counted from marks: needs no key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Turnout {
    /// Credentials on the ballot's roll.
    pub(crate) registered: BTreeMap<u16, u64>,
    /// Votes; a region without one has no entry.
    pub(crate) votes: BTreeMap<u16, u64>,
    /// Votes of all regions together, by start of the hour (ms UTC).
    pub(crate) hours: BTreeMap<i64, u64>,
    /// Until when every vote is known, ms UTC: no partition can bring an earlier one.
    pub(crate) known_until_ms: i64,
}

/// Counts, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The counts may be seen.
    Counts {
        tabulated: Tabulated,
        /// Commit time of the last vote in them, ms UTC; none before the first.
        updated_ms: Option<i64>,
    },
    /// Turnout only, until then (ms UTC).
    Withheld { available_ms: i64 },
    /// Turnout only: this tally holds no mask key.
    Sealed,
}

/// The counts of a ballot, by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tabulated {
    Law(LawResults),
    Election(ElectionResults),
}

/// The counts of a law, and what they decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LawResults {
    pub(crate) total: Answers,
    /// Regions with a vote; none where the policy shows the total only.
    pub(crate) regions: Option<BTreeMap<u16, Answers>>,
    pub(crate) decision: referendum::ReferendumResult,
}

/// Answers to a law.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) oui: u64,
    pub(crate) non: u64,
    /// Blank votes, which are no valid votes.
    pub(crate) blanc: u64,
}

/// An election, over all its regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ElectionResults {
    /// Every region with a candidate, ascending.
    pub(crate) regions: BTreeMap<u16, RegionResults>,
    /// Parties with a candidate in the order of the event, independents together at the end.
    pub(crate) parties: Vec<PartyResults>,
    pub(crate) total_votes: u64,
}

/// An election in one region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RegionResults {
    /// In the order of the ballot paper.
    pub(crate) candidates: Vec<CandidateResults>,
    pub(crate) total_votes: u64,
    /// Candidates tied for seats that the count alone cannot give (plurality only).
    pub(crate) tied: Vec<u32>,
    /// Whether the margin calls for an automatic recount (plurality only).
    pub(crate) recount: bool,
    /// Of a ranked count; none before the first vote.
    pub(crate) rounds: Option<Vec<Round>>,
    /// Ties of a ranked count that the event's rule decided.
    pub(crate) ties: Vec<DecidedTie>,
}

/// Votes of one candidate in the candidate's region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CandidateResults {
    pub(crate) number: u32,
    /// Single choice: votes. Ranked choice: first preferences.
    pub(crate) votes: u64,
    /// Whether the count gives this candidate a seat: elected once every vote is counted, leading
    /// until then ([`Stage::is_complete`]).
    pub(crate) wins: bool,
}

/// One party, or all independents together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartyResults {
    /// Code; none for independents.
    pub(crate) party: Option<String>,
    /// Single choice: votes. Ranked choice: first preferences.
    pub(crate) votes: u64,
    /// Candidates who win, as [`CandidateResults::wins`] says.
    pub(crate) seats: u64,
}

/// One round of a ranked count. Candidates are named by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Round {
    /// Position among the rounds, from 1.
    pub(crate) number: u32,
    /// Candidates of the round with their votes, in the order of the ballot paper.
    pub(crate) counts: Vec<(u32, Amount)>,
    /// Votes that elect, where the method has such a number.
    pub(crate) threshold: Option<Amount>,
    /// Who gets a seat in this round, as [`CandidateResults::wins`] says.
    pub(crate) winners: Vec<u32>,
    pub(crate) eliminated: Vec<u32>,
    /// Votes that count for nobody any more.
    pub(crate) exhausted: Amount,
}

/// A tie within a ranked count, and who was picked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecidedTie {
    pub(crate) round: u32,
    pub(crate) tied: Vec<u32>,
    pub(crate) picked: u32,
    /// What the one picked became.
    pub(crate) side: Side,
}

impl Turnout {
    /// Votes of all regions, out of all credentials.
    pub(crate) fn whole(&self) -> Fraction {
        Fraction::of(self.votes.values().sum(), self.registered.values().sum())
    }

    /// Votes of one region, out of its credentials.
    pub(crate) fn of(&self, region: u16) -> Fraction {
        let find = |sums: &BTreeMap<u16, u64>| sums.get(&region).copied().unwrap_or(0);
        Fraction::of(find(&self.votes), find(&self.registered))
    }

    /// Votes and credentials of each region on the roll, ascending.
    pub(crate) fn regions(&self) -> impl Iterator<Item = (u16, Fraction)> {
        self.registered
            .keys()
            .map(|region| (*region, self.of(*region)))
    }
}

impl Results {
    /// The counts of a law; none where they are hidden, or where the ballot is no law.
    pub(crate) fn law(&self) -> Option<&LawResults> {
        match &self.shown {
            Shown::Counts {
                tabulated: Tabulated::Law(law),
                ..
            } => Some(law),
            _ => None,
        }
    }

    /// The counts of an election; none where they are hidden, or where the ballot is no election.
    pub(crate) fn election(&self) -> Option<&ElectionResults> {
        match &self.shown {
            Shown::Counts {
                tabulated: Tabulated::Election(election),
                ..
            } => Some(election),
            _ => None,
        }
    }
}

impl LawResults {
    /// Answers of one region, all 0 where nobody voted there; none where regions are not shown.
    pub(crate) fn answers_of(&self, region: u16) -> Option<Answers> {
        let regions = self.regions.as_ref()?;
        Some(regions.get(&region).copied().unwrap_or_default())
    }
}

impl Answers {
    /// `oui` and `non`: what shares of a law are shares of.
    pub(crate) fn valid(self) -> u64 {
        self.oui + self.non
    }

    /// Valid and blank votes.
    pub(crate) fn total(self) -> u64 {
        self.valid() + self.blanc
    }

    /// `oui` out of the valid votes.
    pub(crate) fn oui_of_valid(self) -> Fraction {
        Fraction::of(self.oui, self.valid())
    }

    /// `non` out of the valid votes.
    pub(crate) fn non_of_valid(self) -> Fraction {
        Fraction::of(self.non, self.valid())
    }
}

/// A place in the ledger as pages say it: the sequence, with its partition where there are several.
pub(crate) fn position_text(heads: &BTreeMap<u16, Cursor>) -> String {
    let is_alone = heads.len() == 1;
    let each = heads.iter().map(|(partition, at)| match is_alone {
        true => at.sequence.to_string(),
        false => format!("{partition}/{}", at.sequence),
    });
    each.collect::<Vec<String>>().join(" ")
}
