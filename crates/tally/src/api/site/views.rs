//! Results as the pages take them. What the policy hides is not in the results, so it cannot get here.

use counting::ranked::Amount;
use election::{Ballot, BallotKind, Election};
use pages::results::{
    AnswerCounts, CandidateVotes, CheckedBy, CheckingWitness, ElectionView, HourVotes, LawCounts,
    LawView, Progress, RegionAnswers, RegionView, Round, Rounds, Seen, Stage, Summary, Turnout,
};

use crate::covered;
use crate::fraction::Fraction;
use crate::results::{self, Answers, LawResults, RegionResults, Results, Shown, Standing};

const HOUR_MS: i64 = 3_600_000;

/// The view of a ballot, by its kind.
pub(in crate::api) fn summary(
    ballot: &Ballot,
    results: &Results,
    checked: Option<CheckedBy>,
) -> Summary {
    let turnout = turnout(results.turnout.whole());
    match &ballot.kind {
        BallotKind::Law(_) => Summary::Law(LawView {
            progress: progress(&results.standing, checked),
            turnout,
            hours: hours(results),
            seen: seen(
                results,
                results
                    .law()
                    .map(|law| law_counts(law, results.standing.stage.is_complete())),
            ),
        }),
        BallotKind::Election(election) => Summary::Election(ElectionView {
            progress: progress(&results.standing, checked),
            turnout,
            hours: hours(results),
            regions: region_views(election, results),
            seen: seen(results, results.election().map(|_| ())),
        }),
    }
}

/// Who has checked the ledger, as of a moment.
pub(super) fn checked(checked: &covered::CheckedBy, now_ms: i64) -> CheckedBy {
    let now_s = u64::try_from(now_ms / 1_000).unwrap_or(0); // no clock stands before 1970
    let witnesses = checked.witnesses.iter().map(|witness| CheckingWitness {
        name: witness.name.clone(),
        url: witness.url.clone(),
        // The witness's clock may be a little ahead of ours.
        seconds_ago: witness.cosigned_s.map(|at| now_s.saturating_sub(at)),
    });
    CheckedBy {
        required: checked.required,
        witnesses: witnesses.collect(),
    }
}

fn progress(standing: &Standing, checked: Option<CheckedBy>) -> Progress {
    Progress {
        stage: match &standing.stage {
            results::Stage::Counting => Stage::Counting,
            results::Stage::Preliminary => Stage::Preliminary,
            results::Stage::Certified(certificate) => Stage::Certified {
                statement_sha256: certificate.statement_sha256.clone(),
            },
        },
        position: results::position_text(&standing.position),
        releases: standing.releases,
        time_ms: standing.time_ms,
        checked,
    }
}

fn turnout(turnout: Fraction) -> Turnout {
    Turnout {
        votes: turnout.part,
        registered: turnout.whole,
    }
}

/// Of the whole ballot, as the API tells them to everybody: an hour of one region may be a single vote.
fn hours(results: &Results) -> Vec<HourVotes> {
    let hours = results.turnout.hours.iter();
    let hours = hours.map(|(start_ms, votes)| HourVotes {
        start_ms: *start_ms,
        votes: *votes,
        is_full: start_ms + HOUR_MS <= results.turnout.known_until_ms,
    });
    hours.collect()
}

/// `counts` are those of the results, in the form that the pages take.
fn seen<T>(results: &Results, counts: Option<T>) -> Seen<T> {
    match &results.shown {
        Shown::Counts { updated_ms, .. } => Seen::Counts {
            counts: counts.expect("results are tabulated as their ballot's kind asks for"),
            updated_ms: *updated_ms,
        },
        Shown::Withheld { available_ms } => Seen::Withheld {
            available_ms: *available_ms,
        },
        Shown::Sealed => Seen::Sealed,
    }
}

fn law_counts(law: &LawResults, is_complete: bool) -> LawCounts {
    let regions = law.regions.as_ref().map(|regions| {
        let answers = regions.iter().map(|(region, answers)| RegionAnswers {
            region: *region,
            answers: answer_counts(*answers),
        });
        answers.collect()
    });
    LawCounts {
        total: answer_counts(law.total),
        regions,
        // Before the last vote a margin calls for nothing.
        recount: law.decision.recount && is_complete,
    }
}

fn answer_counts(answers: Answers) -> AnswerCounts {
    AnswerCounts {
        oui: answers.oui,
        non: answers.non,
        blanc: answers.blanc,
    }
}

fn region_views(election: &Election, results: &Results) -> Vec<RegionView> {
    let counts = results.election();
    let is_complete = results.standing.stage.is_complete();
    let view = |region: &u16| {
        let turnout = turnout(results.turnout.of(*region));
        match counts.map(|counts| &counts.regions[region]) {
            Some(counts) => region_view(*region, turnout, counts, is_complete),
            None => RegionView {
                region: *region,
                turnout,
                ..RegionView::default()
            },
        }
    };
    election.regions().iter().map(view).collect()
}

fn region_view(
    region: u16,
    turnout: Turnout,
    counts: &RegionResults,
    is_complete: bool,
) -> RegionView {
    let candidates = counts.candidates.iter().map(|candidate| CandidateVotes {
        number: candidate.number,
        votes: candidate.votes,
        wins: candidate.wins,
    });
    RegionView {
        region,
        turnout,
        candidates: candidates.collect(),
        tied: counts.tied.clone(),
        recount: counts.recount && is_complete,
        rounds: counts.rounds.as_deref().map(rounds),
    }
}

/// The pages show every amount of a count with as many decimals as the finest of them needs.
fn rounds(rounds: &[results::Round]) -> Rounds {
    let amounts = rounds.iter().flat_map(|round| {
        let counts = round.counts.iter().map(|(_, votes)| *votes);
        counts.chain(round.threshold).chain([round.exhausted])
    });
    let decimals = amounts.map(decimals_of).max().unwrap_or(0);
    let units = |amount: Amount| units_of(amount, decimals);
    let rounds = rounds.iter().map(|round| Round {
        counts: round
            .counts
            .iter()
            .map(|(number, votes)| (*number, units(*votes)))
            .collect(),
        threshold: round.threshold.map(units),
        winners: round.winners.clone(),
        eliminated: round.eliminated.clone(),
        exhausted: units(round.exhausted),
    });
    Rounds {
        decimals,
        rounds: rounds.collect(),
    }
}

/// Decimals of an amount without its trailing zeros.
fn decimals_of(amount: Amount) -> u8 {
    let mut shortest = amount;
    while shortest.decimals > 0 && shortest.units.is_multiple_of(10) {
        shortest.units /= 10;
        shortest.decimals -= 1;
    }
    shortest.decimals
}

/// The amount in units of 10^-`decimals`: 12.5 at 4 decimals is 125,000.
fn units_of(amount: Amount, decimals: u8) -> u64 {
    let dropped = u32::from(amount.decimals - decimals.min(amount.decimals));
    let units = amount.units / 10u128.pow(dropped);
    u64::try_from(units).expect("18 billion votes fit, at the 9 decimals that an event may ask for")
}

#[cfg(test)]
mod tests {
    use counting::referendum;

    use super::*;

    #[test]
    fn a_recount_is_due_only_once_every_vote_is_counted() {
        let counts = RegionResults {
            recount: true,
            ..RegionResults::default()
        };
        let threshold = referendum::Threshold {
            votes: referendum::Share {
                numerator: 1,
                denominator: 2,
                more_than: true,
            },
            regions: None,
        };
        let level = referendum::RegionVotes {
            region: 0,
            oui: 5,
            non: 5,
        };
        let law = LawResults {
            total: Answers::default(),
            regions: None,
            decision: referendum::decide(&[level], 0, &threshold),
        };
        for is_complete in [false, true] {
            let region = region_view(1, Turnout::default(), &counts, is_complete);
            assert_eq!(region.recount, is_complete);
            assert_eq!(law_counts(&law, is_complete).recount, is_complete);
        }
    }

    #[test]
    fn amounts_keep_every_decimal() {
        let amount = |units, decimals| Amount { units, decimals };
        for (shown, decimals, units) in [
            (amount(0, 4), 0, 0),
            (amount(12, 0), 0, 12),
            (amount(120_000, 4), 0, 12),
            (amount(120_000, 4), 2, 1_200),
            (amount(125_000, 4), 4, 125_000),
            (amount(1, 4), 4, 1),
        ] {
            assert_eq!(units_of(shown, decimals), units, "{shown}");
        }
        assert_eq!(decimals_of(amount(72_501, 4)), 4);
        assert_eq!(decimals_of(amount(72_500, 4)), 2);
        assert_eq!(decimals_of(amount(70_000, 4)), 0);
    }
}
