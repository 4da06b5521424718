//! The documents of an election: over all its regions, in the list of all results, and of one region.

use counting::plurality;
use counting::ranked::Side;
use election::{Ballot, CandidateStatus, Election, Event};
use serde::Serialize;

use super::parts::{PERCENTAGE_OF, StandingDocument, Titles, percentage, updated_at};
use crate::fraction::Fraction;
use crate::results::{self, CandidateResults, PartyResults, RegionResults, Results};

/// An election over all its regions.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ElectionDocument {
    election_id: u32,
    election_code: String,
    title: Titles,
    #[serde(flatten)]
    standing: StandingDocument,
    /// Name of the member that the parties' percentages are of.
    percentage_of: &'static str,
    parties: Vec<PartyDocument>,
    regions: Vec<RegionDocument>,
    total_votes: u64,
    updated_at: Option<String>,
}

/// An election in the list of all results: its regions have addresses of their own.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ElectionSummary {
    election_id: u32,
    election_code: String,
    #[serde(flatten)]
    standing: StandingDocument,
    /// Name of the member that the parties' percentages are of.
    percentage_of: &'static str,
    parties: Vec<PartyDocument>,
    total_votes: u64,
    updated_at: Option<String>,
    href: String,
}

/// A party over all regions.
#[derive(Debug, Clone, Serialize)]
struct PartyDocument {
    /// Code; null for independents together.
    party: Option<String>,
    name: Option<Titles>,
    party_color: Option<String>,
    /// Single choice: votes. Ranked choice: first preferences.
    votes: u64,
    /// Of `total_votes` over all regions.
    percentage: Option<f64>,
    /// Candidates who are elected; 0 until every vote is counted.
    seats: u64,
    /// Seats in which a candidate of the party leads; 0 once every vote is counted.
    seats_leading: u64,
}

/// An election in one region.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RegionDocument {
    election_id: u32,
    region_id: u16,
    region_name: Titles,
    #[serde(flatten)]
    standing: StandingDocument,
    /// In the order of the ballot paper; empty while counts are hidden.
    candidates: Vec<CandidateDocument>,
    /// The turnout while counts are hidden.
    total_votes: u64,
    /// Name of the member that the candidates' percentages are of.
    percentage_of: &'static str,
    /// Candidates between whom the last seat is tied; the law decides that outside the count.
    tied: Vec<u32>,
    /// The statute that says what follows from the tie; only where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    tie_statute: Option<&'static str>,
    updated_at: Option<String>,
    /// Whether the margin is below one thousandth of the votes, which calls for a recount. False until
    /// every vote is counted.
    recount: bool,
    /// The statute that makes the recount automatic; only where one is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    recount_statute: Option<&'static str>,
    /// Of a ranked count, in the order of the count.
    #[serde(skip_serializing_if = "Option::is_none")]
    rounds: Option<Vec<RoundDocument>>,
    /// Ties of a ranked count and who was picked, by the event's rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ties: Vec<TieDocument>,
}

/// One candidate in one region.
#[derive(Debug, Clone, Serialize)]
struct CandidateDocument {
    candidate_id: u32,
    name: String,
    /// Code; null for an independent.
    party: Option<String>,
    party_color: Option<String>,
    /// Single choice: votes. Ranked choice: first preferences.
    votes: u64,
    /// Of the region's `total_votes`; null where there is none.
    percentage: Option<f64>,
    /// False until every vote is counted.
    elected: bool,
    /// Whether the votes counted so far would elect; false once every vote is counted.
    leading: bool,
    /// Whether the candidate has withdrawn; only where that is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    withdrawn: bool,
}

/// One round of a ranked count. Votes are exact decimals, as text: transferred votes have fractions.
#[derive(Debug, Clone, Serialize)]
struct RoundDocument {
    round: u32,
    counts: Vec<RoundCountDocument>,
    /// Votes that elect, where the method has such a number.
    threshold: Option<String>,
    /// Empty until every vote is counted.
    elected: Vec<u32>,
    /// Who would be elected by the votes counted so far; empty once every vote is counted.
    leading: Vec<u32>,
    eliminated: Vec<u32>,
    /// Votes that count for nobody any more.
    exhausted: String,
}

/// Votes of one candidate in one round.
#[derive(Debug, Clone, Serialize)]
struct RoundCountDocument {
    candidate_id: u32,
    votes: String,
}

/// A tie within a ranked count, and who was picked of it.
#[derive(Debug, Clone, Serialize)]
struct TieDocument {
    round: u32,
    tied: Vec<u32>,
    picked: u32,
    /// `winner` or `loser`: what the one picked became.
    picked_as: &'static str,
}

impl ElectionDocument {
    pub(crate) fn of(
        event: &Event,
        ballot: &Ballot,
        election: &Election,
        results: &Results,
    ) -> ElectionDocument {
        let regions = election.regions().iter();
        ElectionDocument {
            election_id: election.number,
            election_code: ballot.id.clone(),
            title: Titles::of(&ballot.title),
            standing: StandingDocument::of(results),
            percentage_of: PERCENTAGE_OF,
            parties: parties(event, results),
            regions: regions
                .map(|region| RegionDocument::of(event, election, *region, results))
                .collect(),
            total_votes: total_votes(election, results),
            updated_at: updated_at(results),
        }
    }
}

impl ElectionSummary {
    pub(crate) fn of(
        event: &Event,
        ballot: &Ballot,
        election: &Election,
        results: &Results,
    ) -> ElectionSummary {
        ElectionSummary {
            election_id: election.number,
            election_code: ballot.id.clone(),
            standing: StandingDocument::of(results),
            percentage_of: PERCENTAGE_OF,
            parties: parties(event, results),
            total_votes: total_votes(election, results),
            updated_at: updated_at(results),
            href: format!("/api/v1/elections/{}/results", election.number),
        }
    }
}

/// Votes counted; while counts are hidden, those that were cast.
fn total_votes(election: &Election, results: &Results) -> u64 {
    let cast = |region: &u16| results.turnout.of(*region).part;
    results.election().map_or_else(
        || election.regions().iter().map(cast).sum(),
        |counts| counts.total_votes,
    )
}

fn parties(event: &Event, results: &Results) -> Vec<PartyDocument> {
    let counts = results.election().into_iter();
    let parties = counts.flat_map(|counts| {
        let parties = counts.parties.iter();
        parties.map(|party| PartyDocument::of(event, party, (results, counts.total_votes)))
    });
    parties.collect()
}

impl PartyDocument {
    fn of(
        event: &Event,
        results: &PartyResults,
        (of, total_votes): (&Results, u64),
    ) -> PartyDocument {
        let is_complete = of.standing.stage.is_complete();
        let party = results.party.as_ref().and_then(|code| event.party(code));
        PartyDocument {
            party: results.party.clone(),
            name: party.map(|party| Titles::of(&party.name)),
            party_color: party.map(|party| party.colour.clone()),
            votes: results.votes,
            percentage: percentage(Fraction::of(results.votes, total_votes)),
            seats: if is_complete { results.seats } else { 0 },
            seats_leading: if is_complete { 0 } else { results.seats },
        }
    }
}

impl RegionDocument {
    /// `region` is one of the election's.
    pub(crate) fn of(
        event: &Event,
        election: &Election,
        region: u16,
        results: &Results,
    ) -> RegionDocument {
        let is_complete = results.standing.stage.is_complete();
        let place = event.region(region);
        let place = place.expect("a definition's candidates stand in regions that it names");
        let hidden = RegionResults {
            total_votes: results.turnout.of(region).part,
            ..RegionResults::default()
        };
        let counts = results.election().map(|counts| &counts.regions[&region]);
        let counts = counts.unwrap_or(&hidden);
        let recount = counts.recount && is_complete;
        RegionDocument {
            election_id: election.number,
            region_id: region,
            region_name: Titles::of(&place.name),
            standing: StandingDocument::of(results),
            candidates: candidates(event, election, counts, is_complete),
            total_votes: counts.total_votes,
            percentage_of: PERCENTAGE_OF,
            tied: counts.tied.clone(),
            tie_statute: (!counts.tied.is_empty()).then_some(plurality::TIE_STATUTE),
            updated_at: updated_at(results),
            recount,
            recount_statute: recount.then_some(plurality::RECOUNT_STATUTE),
            rounds: counts
                .rounds
                .as_ref()
                .map(|rounds| {
                    rounds
                        .iter()
                        .map(|round| RoundDocument::of(round, is_complete))
                })
                .map(Iterator::collect),
            ties: counts.ties.iter().map(TieDocument::of).collect(),
        }
    }
}

fn candidates(
    event: &Event,
    election: &Election,
    counts: &RegionResults,
    is_complete: bool,
) -> Vec<CandidateDocument> {
    let document = |results: &CandidateResults| {
        let candidate = election.candidate(results.number);
        let candidate = candidate.expect("results name the candidates of their election");
        let party = candidate.party.as_ref().and_then(|code| event.party(code));
        CandidateDocument {
            candidate_id: candidate.number,
            name: format!("{} {}", candidate.first_name, candidate.last_name),
            party: candidate.party.clone(),
            party_color: party.map(|party| party.colour.clone()),
            votes: results.votes,
            percentage: percentage(Fraction::of(results.votes, counts.total_votes)),
            elected: results.wins && is_complete,
            leading: results.wins && !is_complete,
            withdrawn: candidate.status == CandidateStatus::Withdrawn,
        }
    };
    counts.candidates.iter().map(document).collect()
}

impl RoundDocument {
    fn of(round: &results::Round, is_complete: bool) -> RoundDocument {
        let count = |(number, votes): &(u32, counting::ranked::Amount)| RoundCountDocument {
            candidate_id: *number,
            votes: votes.to_string(),
        };
        RoundDocument {
            round: round.number,
            counts: round.counts.iter().map(count).collect(),
            threshold: round.threshold.map(|votes| votes.to_string()),
            elected: if is_complete {
                round.winners.clone()
            } else {
                Vec::new()
            },
            leading: if is_complete {
                Vec::new()
            } else {
                round.winners.clone()
            },
            eliminated: round.eliminated.clone(),
            exhausted: round.exhausted.to_string(),
        }
    }
}

impl TieDocument {
    fn of(tie: &results::DecidedTie) -> TieDocument {
        TieDocument {
            round: tie.round,
            tied: tie.tied.clone(),
            picked: tie.picked,
            picked_as: match tie.side {
                Side::Winner => "winner",
                Side::Loser => "loser",
            },
        }
    }
}
