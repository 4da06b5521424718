//! The document of a law.

use election::{Ballot, Law};
use serde::Serialize;

use super::parts::{StandingDocument, Titles, percentage, updated_at};
use crate::results::{LawResults, Results};

/// A law's results. Members of counts are null while counts are hidden.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LawDocument {
    law_id: String,
    title: Titles,
    #[serde(flatten)]
    standing: StandingDocument,
    oui_count: Option<u64>,
    non_count: Option<u64>,
    blanc_count: Option<u64>,
    /// `oui` and `non`: what the threshold is a share of.
    valid_votes: Option<u64>,
    oui_percentage_of_valid_votes: Option<f64>,
    /// Valid and blank votes; the turnout while counts are hidden.
    total_votes: u64,
    threshold: ThresholdDocument,
    updated_at: Option<String>,
}

/// What a law needs and whether it has it.
#[derive(Debug, Clone, Serialize)]
struct ThresholdDocument {
    /// Such as `more than 1/2`, of the valid votes.
    votes: String,
    /// Of a double majority: share of the event's regions that must carry the law.
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regions_carried: Option<usize>,
    /// Null until every vote is counted.
    reached: Option<bool>,
    /// Of the votes counted so far; null once every vote is counted, and of a double majority.
    reached_so_far: Option<bool>,
    /// Whether the margin is below one thousandth of the valid votes, which calls for a recount. Null
    /// until every vote is counted.
    recount: Option<bool>,
}

impl LawDocument {
    pub(crate) fn of(ballot: &Ballot, law: &Law, results: &Results) -> LawDocument {
        let counts = results.law();
        let answers = counts.map(|counts| counts.total);
        LawDocument {
            law_id: ballot.id.clone(),
            title: Titles::of(&ballot.title),
            standing: StandingDocument::of(results),
            oui_count: answers.map(|answers| answers.oui),
            non_count: answers.map(|answers| answers.non),
            blanc_count: answers.map(|answers| answers.blanc),
            valid_votes: answers.map(|answers| answers.valid()),
            oui_percentage_of_valid_votes: answers
                .and_then(|answers| percentage(answers.oui_of_valid())),
            total_votes: answers
                .map_or_else(|| results.turnout.whole().part, |answers| answers.total()),
            threshold: ThresholdDocument::of(law, counts, results.standing.stage.is_complete()),
            updated_at: updated_at(results),
        }
    }
}

impl ThresholdDocument {
    fn of(law: &Law, counts: Option<&LawResults>, is_complete: bool) -> ThresholdDocument {
        let decision = counts.map(|counts| &counts.decision);
        let passed = decision.map(|decision| decision.passed);
        // Regions are counted after the close: what they decide is open until then.
        let so_far = passed.filter(|_| !is_complete && law.threshold.regions.is_none());
        let carried = decision.and_then(|decision| decision.regions_carried.as_ref());
        ThresholdDocument {
            votes: law.threshold.votes.to_string(),
            regions: law.threshold.regions.as_ref().map(|double| {
                format!(
                    "{} of the regions, each with {} of its valid votes",
                    double.share, double.votes
                )
            }),
            regions_carried: carried.map(Vec::len),
            reached: passed.filter(|_| is_complete),
            reached_so_far: so_far,
            recount: decision
                .map(|decision| decision.recount)
                .filter(|_| is_complete),
        }
    }
}
