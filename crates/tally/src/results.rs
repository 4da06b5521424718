//! Results as people and machines read them: one set of types for the API, `count` and exports.
//!
//! Every percentage says of what it is one, in its name or in the field beside it.

use std::collections::BTreeMap;

use counting::{plurality, referendum};
use election::{Ballot, BallotKind, Choice, Election, Event, Law, System};
use serde::Serialize;

use crate::counts::Counts;
use crate::policy::Visible;
use crate::seats::{DecidedTie, Outcome, Round, seats_of};
use crate::time_text::rfc3339;

/// Whether counts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Counts of the ballot so far, or in the end.
    Available,
    /// Turnout only until `available_at`.
    Withheld,
    /// Turnout only: this tally holds no box key.
    Sealed,
}

/// The field that is the denominator of candidates' and parties' percentages.
pub(crate) const PERCENTAGE_OF: &str = "total_votes";

/// Result of a law.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LawResult {
    pub(crate) law_id: String,
    pub(crate) title: Titles,
    pub(crate) results: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) available_at: Option<String>,
    pub(crate) oui_count: Option<u64>,
    pub(crate) non_count: Option<u64>,
    pub(crate) blanc_count: Option<u64>,
    /// `oui` and `non`: the denominator of the threshold.
    pub(crate) valid_votes: Option<u64>,
    pub(crate) oui_percentage_of_valid_votes: Option<f64>,
    /// Valid and blank.
    pub(crate) total_votes: u64,
    pub(crate) threshold: ThresholdResult,
    pub(crate) updated_at: Option<String>,
}

/// What a law needs and whether it has it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ThresholdResult {
    /// Such as `more than 1/2`, of the valid votes.
    pub(crate) votes: String,
    /// Of a double majority: share of the event's regions that must carry the law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) regions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) regions_carried: Option<usize>,
    /// Null while counts are not shown.
    pub(crate) reached: Option<bool>,
    /// Whether the margin is below one thousandth of the valid votes, which calls for a recount.
    pub(crate) recount: Option<bool>,
}

/// A text in both languages.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Titles {
    pub(crate) fr: String,
    pub(crate) en: String,
}

/// One candidate in one region.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CandidateResult {
    pub(crate) candidate_id: u32,
    pub(crate) name: String,
    /// Code; null for an independent.
    pub(crate) party: Option<String>,
    pub(crate) party_color: Option<String>,
    /// Single choice: votes. Ranked choice: first preferences.
    pub(crate) votes: u64,
    /// Of the region's `total_votes`; null where there is none.
    pub(crate) percentage: Option<f64>,
    pub(crate) elected: bool,
}

/// Result of an election in one region.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RegionResult {
    pub(crate) election_id: u32,
    pub(crate) region_id: u16,
    pub(crate) region_name: Titles,
    pub(crate) results: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) available_at: Option<String>,
    pub(crate) candidates: Vec<CandidateResult>,
    pub(crate) total_votes: u64,
    /// What the percentages of the candidates are of: the field of that name.
    pub(crate) percentage_of: &'static str,
    /// Candidates between whom the last seat is tied; the law decides that outside the count.
    pub(crate) tied: Vec<u32>,
    /// The statute that says what follows from the tie; only where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tie_statute: Option<&'static str>,
    pub(crate) updated_at: Option<String>,
    /// Whether the margin is below one thousandth of the votes, which calls for a recount.
    pub(crate) recount: bool,
    /// The statute that makes the recount automatic; only where one is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recount_statute: Option<&'static str>,
    /// Of a ranked count, in the order of the count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rounds: Option<Vec<Round>>,
    /// Ties of a ranked count and who was picked, by the event's rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ties: Vec<DecidedTie>,
}

/// Result of an election over all regions.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ElectionResult {
    pub(crate) election_id: u32,
    pub(crate) election_code: String,
    pub(crate) title: Titles,
    pub(crate) results: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) available_at: Option<String>,
    /// What the percentages of the parties are of: the field of that name.
    pub(crate) percentage_of: &'static str,
    pub(crate) parties: Vec<PartyResult>,
    pub(crate) regions: Vec<RegionResult>,
    pub(crate) total_votes: u64,
    pub(crate) updated_at: Option<String>,
}

/// A party over all regions.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PartyResult {
    /// Code; null for independents together.
    pub(crate) party: Option<String>,
    pub(crate) name: Option<Titles>,
    pub(crate) party_color: Option<String>,
    /// Single choice: votes. Ranked choice: first preferences.
    pub(crate) votes: u64,
    /// Of `total_votes` over all regions.
    pub(crate) percentage: Option<f64>,
    pub(crate) seats: u64,
}

/// Two decimals, rounded half up from exact integers; none of nothing.
pub(crate) fn percentage(part: u64, whole: u64) -> Option<f64> {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let hundredths = (part * 20_000 + whole).checked_div(whole * 2)?;
    // At most 10,000 where part <= whole: exact in a double.
    u32::try_from(hundredths)
        .ok()
        .map(|hundredths| f64::from(hundredths) / 100.0)
}

impl Titles {
    pub(crate) fn of(text: &election::Text) -> Titles {
        Titles {
            fr: text.fr.clone(),
            en: text.en.clone(),
        }
    }
}

/// Status, when counts will be there, and when they changed last.
fn standing(visible: &Visible<'_>) -> (Status, Option<String>, Option<String>) {
    match visible {
        Visible::Counts { updated_ms, .. } => (
            Status::Available,
            None,
            (*updated_ms != 0).then(|| rfc3339(*updated_ms)),
        ),
        Visible::Withheld { available_ms } => {
            (Status::Withheld, Some(rfc3339(*available_ms)), None)
        }
        Visible::Sealed => (Status::Sealed, None, None),
    }
}

/// Result of a law. `turnout`: votes so far, shown where counts are not.
pub(crate) fn law_result(
    event: &Event,
    ballot: &Ballot,
    law: &Law,
    visible: &Visible<'_>,
    turnout: u64,
) -> LawResult {
    let (results, available_at, updated_at) = standing(visible);
    let counts = match visible {
        Visible::Counts { regions, .. } => {
            let mut total = Counts::default();
            regions.values().for_each(|counts| total.merge(counts));
            Some((total, *regions))
        }
        _ => None,
    };
    let of = |choice| counts.as_ref().map(|(total, _)| total.of(&choice));
    let (oui, non) = (of(Choice::Oui), of(Choice::Non));
    let valid = oui.zip(non).map(|(oui, non)| oui + non);
    LawResult {
        law_id: ballot.id.clone(),
        title: Titles::of(&ballot.title),
        results,
        available_at,
        oui_count: oui,
        non_count: non,
        blanc_count: of(Choice::Blanc),
        valid_votes: valid,
        oui_percentage_of_valid_votes: oui.zip(valid).and_then(|(oui, all)| percentage(oui, all)),
        total_votes: counts.as_ref().map_or(turnout, |(total, _)| total.total()),
        threshold: threshold_result(event, law, counts.as_ref().map(|(_, by_region)| *by_region)),
        updated_at,
    }
}

/// What the law needs, and what the counting crate says of `regions`.
fn threshold_result(
    event: &Event,
    law: &Law,
    regions: Option<&BTreeMap<u16, Counts>>,
) -> ThresholdResult {
    let share = |share: &election::Share| referendum::Share {
        numerator: share.numerator,
        denominator: share.denominator,
        more_than: share.more_than,
    };
    let double = law.threshold.regions.as_ref();
    let threshold = referendum::Threshold {
        votes: share(&law.threshold.votes),
        regions: double.map(|double| referendum::RegionalMajority {
            votes: share(&double.votes),
            share: share(&double.share),
        }),
    };
    let outcome = regions.map(|regions| {
        let votes = regions.iter().map(|(region, counts)| referendum::Votes {
            region: *region,
            oui: counts.of(&Choice::Oui),
            non: counts.of(&Choice::Non),
        });
        let of_event = u32::try_from(event.regions.len()).unwrap_or(u32::MAX);
        referendum::decide(&votes.collect::<Vec<_>>(), of_event, &threshold)
    });
    let carried = outcome
        .as_ref()
        .and_then(|outcome| outcome.regions_carried.as_ref());
    ThresholdResult {
        votes: law.threshold.votes.to_string(),
        regions: double.map(|double| {
            format!(
                "{} of the regions, each with {} of its valid votes",
                double.share, double.votes
            )
        }),
        regions_carried: carried.map(Vec::len),
        reached: outcome.as_ref().map(|outcome| outcome.passed),
        recount: outcome.as_ref().map(|outcome| outcome.recount),
    }
}

/// Result of one region of an election; none where the region has no candidates in it.
pub(crate) fn region_result(
    event: &Event,
    election: &Election,
    region: u16,
    visible: &Visible<'_>,
    turnout: u64,
) -> Option<RegionResult> {
    let place = event.region(region)?;
    election.candidates_of(region).next()?;
    let (results, available_at, updated_at) = standing(visible);
    let empty = Counts::default();
    let counts = match visible {
        Visible::Counts { regions, .. } => Some(regions.get(&region).unwrap_or(&empty)),
        _ => None,
    };
    let outcome = counts
        .map(|counts| seats_of(election, region, counts))
        .unwrap_or_default();
    let is_plurality = election.counting.system == System::Plurality;
    let candidates = match counts {
        Some(counts) => candidate_results(event, election, region, counts, &outcome),
        None => Vec::new(),
    };
    Some(RegionResult {
        election_id: election.number,
        region_id: region,
        region_name: Titles::of(&place.name),
        results,
        available_at,
        candidates,
        total_votes: counts.map_or(turnout, Counts::total),
        percentage_of: PERCENTAGE_OF,
        tie_statute: (is_plurality && !outcome.tied.is_empty()).then_some(plurality::TIE_STATUTE),
        tied: outcome.tied,
        updated_at,
        recount: outcome.recount,
        recount_statute: outcome.recount.then_some(plurality::RECOUNT_STATUTE),
        rounds: outcome.rounds,
        ties: outcome.ties,
    })
}

fn candidate_results(
    event: &Event,
    election: &Election,
    region: u16,
    counts: &Counts,
    outcome: &Outcome,
) -> Vec<CandidateResult> {
    let (firsts, total) = (counts.first_preferences(), counts.total());
    let result = |candidate: &election::Candidate| {
        let votes = firsts.get(&candidate.number).copied().unwrap_or(0);
        let party = candidate.party.as_ref().and_then(|code| event.party(code));
        CandidateResult {
            candidate_id: candidate.number,
            name: format!("{} {}", candidate.first_name, candidate.last_name),
            party: candidate.party.clone(),
            party_color: party.map(|party| party.colour.clone()),
            votes,
            percentage: percentage(votes, total),
            elected: outcome.elected.contains(&candidate.number),
        }
    };
    election.candidates_of(region).map(result).collect()
}

/// Result of an election over all its regions. `turnout`: votes so far by region.
pub(crate) fn election_result(
    event: &Event,
    ballot: &Ballot,
    election: &Election,
    visible: &Visible<'_>,
    turnout: &BTreeMap<u16, u64>,
) -> ElectionResult {
    let (results, available_at, updated_at) = standing(visible);
    let of_region = |region: u16| {
        let votes = turnout.get(&region).copied().unwrap_or(0);
        region_result(event, election, region, visible, votes)
    };
    let regions: Vec<RegionResult> = election
        .regions()
        .iter()
        .filter_map(|region| of_region(*region))
        .collect();
    let total_votes = regions.iter().map(|region| region.total_votes).sum();
    ElectionResult {
        election_id: election.number,
        election_code: ballot.id.clone(),
        title: Titles::of(&ballot.title),
        results,
        available_at,
        percentage_of: PERCENTAGE_OF,
        parties: party_results(event, &regions, total_votes),
        regions,
        total_votes,
        updated_at,
    }
}

/// Parties with a candidate, in the event's order, independents last; none while counts are hidden.
fn party_results(event: &Event, regions: &[RegionResult], total: u64) -> Vec<PartyResult> {
    let mut sums: BTreeMap<Option<&str>, (u64, u64)> = BTreeMap::new();
    for candidate in regions.iter().flat_map(|region| &region.candidates) {
        let sum = sums.entry(candidate.party.as_deref()).or_default();
        sum.0 += candidate.votes;
        sum.1 += u64::from(candidate.elected);
    }
    let order = event
        .parties
        .iter()
        .map(|party| Some(party.code.as_str()))
        .chain([None]);
    let result = |code: Option<&str>| {
        let (votes, seats) = *sums.get(&code)?;
        let party = code.and_then(|code| event.party(code));
        Some(PartyResult {
            party: code.map(str::to_owned),
            name: party.map(|party| Titles::of(&party.name)),
            party_color: party.map(|party| party.colour.clone()),
            votes,
            percentage: percentage(votes, total),
            seats,
        })
    };
    order.filter_map(result).collect()
}

/// Result of any ballot, for listings.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum BallotResult {
    Law(Box<LawResult>),
    Election(Box<ElectionResult>),
}

/// Result of a ballot. `turnout`: votes so far by region.
pub(crate) fn ballot_result(
    event: &Event,
    ballot: &Ballot,
    visible: &Visible<'_>,
    turnout: &BTreeMap<u16, u64>,
) -> BallotResult {
    match &ballot.kind {
        BallotKind::Law(law) => {
            let votes = turnout.values().sum();
            BallotResult::Law(Box::new(law_result(event, ballot, law, visible, votes)))
        }
        BallotKind::Election(election) => BallotResult::Election(Box::new(election_result(
            event, ballot, election, visible, turnout,
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_half_up_from_integers() {
        for (part, whole, expected) in [
            (0, 0, None),
            (0, 3, Some(0.0)),
            (1, 3, Some(33.33)),
            (2, 3, Some(66.67)),
            (1, 20_000, Some(0.01)),
            (3, 3, Some(100.0)),
            (u64::MAX, u64::MAX, Some(100.0)),
        ] {
            assert_eq!(percentage(part, whole), expected, "{part} of {whole}");
        }
    }
}
