//! The state of a ballot in one or two sentences, which say what is counted and never more.

use election::{Election, Law};

use super::contest::{Contest, Margin, Mark};
use super::decision::Decision;
use super::night::Night;
use super::parties::{
    PartyLine, all_seats, candidate_name, majority_of, party_position, total_votes,
};
use super::view::{ElectionView, LawView, Progress, RegionView, Seen, Stage, Turnout};
use crate::messages::Messages;
use crate::wording;

/// Names that a sentence lists; further ones are counted.
const NAMES_MAX: usize = 6;

/// What stands above everything else on a page of results.
pub(super) struct Headline {
    pub(super) text: String,
    /// How sure it is: message id and style class.
    pub(super) status: &'static str,
    /// The signed statement that certifies it.
    pub(super) statement: Option<String>,
    /// Regions with votes in the counts, of how many; empty where a ballot has a single region.
    pub(super) reporting: String,
    /// How much of the turnout is counted; empty once all of it is, and while counts are hidden.
    pub(super) counted: String,
    /// The count itself calls for a recount.
    pub(super) recount: bool,
    /// Why numbers on the page do not add up to other numbers on it.
    pub(super) sums: Vec<String>,
}

impl Headline {
    /// The sentence for those who see nothing of the page beside it.
    pub(super) fn described(&self, t: &Messages) -> String {
        let (name, value) = (t.get(self.status).into(), self.text.as_str().into());
        t.fill("says", [("name", name), ("value", value)])
    }

    /// How many votes are in the figures, as a sentence of a table.
    pub(super) fn total(&self, night: &Night<'_>, total: u64) -> String {
        match self.counted.as_str() {
            "" => {
                let total = night.count(total);
                night.t().fill("table-total", [("votes", total.into())])
            }
            counted => counted.to_owned(),
        }
    }

    /// Of an election over its regions.
    pub(super) fn of_election(
        night: &Night<'_>,
        election: &Election,
        view: &ElectionView,
        parties: &[PartyLine<'_>],
    ) -> Headline {
        if let [region] = view.regions.as_slice() {
            return Headline::of_region(night, election, &view.progress, &view.seen, region);
        }
        let contests = view.regions.iter().map(|r| Contest::of(election, r));
        let contests: Vec<Contest> = contests.collect();
        let counted = total_votes(view);
        let taken: u64 = contests.iter().map(Contest::seats_taken).sum();
        let all = all_seats(election, view);
        let text = match nothing(night, &view.progress, &view.seen, view.turnout, counted) {
            Some(nothing) => nothing,
            None if taken == 0 => all_tied(night, &contests),
            None => {
                let mark = Mark::of(&view.progress);
                let is_single = election.seats == 1;
                seats_sentence(night, parties, (taken, all), is_single, mark)
            }
        };
        let is_shown = view.seen.counts().is_some();
        let mut sums = Vec::new();
        if is_shown {
            sums.extend(not_released(night, view.turnout, counted));
            sums.extend(seats_left(night, &contests, all - taken.min(all)));
        }
        let with_votes = contests.iter().filter(|c| **c != Contest::NothingCounted);
        Headline {
            text,
            status: status(&view.progress),
            statement: statement(night, &view.progress),
            reporting: match is_shown {
                true => reporting(night, with_votes.count(), contests.len()),
                false => String::new(),
            },
            counted: counted_so_far(night, &view.progress, &view.seen, (counted, view.turnout)),
            recount: false,
            sums,
        }
    }

    /// Of the seats of a single region.
    pub(super) fn of_region(
        night: &Night<'_>,
        election: &Election,
        progress: &Progress,
        seen: &Seen<()>,
        view: &RegionView,
    ) -> Headline {
        let counted = view.candidates.iter().map(|c| c.votes);
        let counted = counted.fold(0, u64::saturating_add);
        let text = match nothing(night, progress, seen, view.turnout, counted) {
            Some(nothing) => nothing,
            None => contest_sentence(night, election, &Contest::of(election, view), progress),
        };
        let mut sums = Vec::new();
        if seen.counts().is_some() {
            sums.extend(not_released(night, view.turnout, counted));
        }
        if view.rounds.is_some() {
            sums.push(night.t().get("sums-rounds").into_owned());
        }
        Headline {
            text,
            status: status(progress),
            statement: statement(night, progress),
            reporting: String::new(),
            counted: counted_so_far(night, progress, seen, (counted, view.turnout)),
            recount: view.recount,
            sums,
        }
    }

    /// Of a law, whose decision is made of the same counts.
    pub(super) fn of_law(
        night: &Night<'_>,
        law: &Law,
        view: &LawView,
        decision: &Decision,
    ) -> Headline {
        let t = night.t();
        let total = view.seen.counts().map(|counts| counts.total);
        let total = total.unwrap_or_default();
        let counted = total.valid().saturating_add(total.blanc);
        let text = match nothing(night, &view.progress, &view.seen, view.turnout, counted) {
            Some(nothing) => nothing,
            None if total.valid() == 0 => {
                let id = match view.progress.is_complete() {
                    true => "headline-all-blank",
                    false => "headline-no-valid",
                };
                t.get(id).into_owned()
            }
            None => decision.sentence(night, law, total),
        };
        let mut sums = Vec::new();
        if view.seen.counts().is_some() {
            sums.extend(not_released(night, view.turnout, counted));
        }
        if total.blanc > 0 {
            sums.push(t.get("sums-blank").into_owned());
        }
        let regions = view
            .seen
            .counts()
            .and_then(|counts| counts.regions.as_ref());
        let with_votes = regions.into_iter().flatten().filter(|region| {
            region.region != 0 && region.answers.valid().saturating_add(region.answers.blanc) > 0
        });
        Headline {
            text,
            status: status(&view.progress),
            statement: statement(night, &view.progress),
            reporting: match regions {
                Some(_) => reporting(night, with_votes.count(), night.context.event.regions.len()),
                None => String::new(),
            },
            counted: counted_so_far(night, &view.progress, &view.seen, (counted, view.turnout)),
            recount: view.seen.counts().is_some_and(|counts| counts.recount),
            sums,
        }
    }
}

/// Message id of the word beside the headline.
fn status(progress: &Progress) -> &'static str {
    match Mark::of(progress) {
        Mark::Leading => "status-provisional",
        Mark::Elected => "status-preliminary",
        Mark::Certified => "status-certified",
    }
}

/// Where the statement is read that certifies a ballot.
fn statement(night: &Night<'_>, progress: &Progress) -> Option<String> {
    match &progress.stage {
        Stage::Certified { statement_sha256 } => Some(night.statement(statement_sha256, "")),
        Stage::Counting | Stage::Preliminary => None,
    }
}

/// The sentence where nothing is counted, or where counts are hidden.
fn nothing<T>(
    night: &Night<'_>,
    progress: &Progress,
    seen: &Seen<T>,
    turnout: Turnout,
    counted: u64,
) -> Option<String> {
    let t = night.t();
    let votes = night.count(turnout.votes);
    if seen.counts().is_none() {
        let percent = night.percent(turnout.votes, turnout.registered);
        return Some(t.fill("headline-hidden", [("percent", percent.into())]));
    }
    match (counted, turnout.votes) {
        (0, 0) if progress.is_complete() => Some(t.get("headline-nobody").into_owned()),
        (0, 0) => Some(t.get("headline-no-vote").into_owned()),
        (0, count) => Some(t.fill(
            "headline-unreleased",
            [("count", count.into()), ("votes", votes.into())],
        )),
        _ => None,
    }
}

/// Who has how many seats. Candidates without a party are no party, so they never have a majority.
fn seats_sentence(
    night: &Night<'_>,
    parties: &[PartyLine<'_>],
    (taken, all): (u64, u64),
    is_single: bool,
    mark: Mark,
) -> String {
    let t = night.t();
    let most = parties.iter().map(|party| party.seats).max().unwrap_or(0);
    let first: Vec<&PartyLine<'_>> = parties.iter().filter(|p| p.seats == most).collect();
    if most == 0 || first.iter().any(|party| party.is_nobodys) {
        let id = match mark {
            Mark::Leading => "headline-seats-leading",
            Mark::Elected | Mark::Certified => "headline-seats-elected",
        };
        return t.fill(id, [("seats", taken.into()), ("all", all.into())]);
    }
    let names: Vec<String> = first.iter().map(|party| party.name.clone()).collect();
    let needed = majority_of(all);
    let id = match mark {
        // A seat is a region there, and people say where somebody is ahead.
        Mark::Leading if is_single => "headline-party-leading-regions",
        Mark::Leading => "headline-party-leading",
        Mark::Elected | Mark::Certified => "headline-party-elected",
    };
    let who = t.fill(
        id,
        [
            ("count", first.len().into()),
            ("party", listed(night, &names).into()),
            ("seats", most.into()),
            ("all", all.into()),
        ],
    );
    let id = match mark {
        Mark::Leading => "headline-majority-needed",
        _ if most >= needed => "headline-majority-reached",
        // Seats that nobody has yet may still make one.
        _ if most + all.saturating_sub(taken) >= needed => "headline-majority-needed",
        _ => "headline-majority-missed",
    };
    let majority = t.fill(id, [("needed", needed.into())]);
    format!("{who} {majority}")
}

/// Where nobody is ahead anywhere: each region with counted votes has a tie.
fn all_tied(night: &Night<'_>, contests: &[Contest]) -> String {
    let is_tied = |contest: &Contest| matches!(contest, Contest::Tied { .. });
    let id = match contests.iter().all(is_tied) {
        true => "headline-all-tied",
        false => "headline-counted-tied",
    };
    night.t().get(id).into_owned()
}

/// Who has the seats of one region.
pub(super) fn contest_sentence(
    night: &Night<'_>,
    election: &Election,
    contest: &Contest,
    progress: &Progress,
) -> String {
    let t = night.t();
    let seats = u64::from(election.seats);
    let names = |numbers: &[u32]| {
        let named = numbers.iter().map(|n| named(night, election, *n));
        listed(night, &named.collect::<Vec<String>>())
    };
    let is_complete = progress.is_complete();
    let (winners, margin) = match contest {
        Contest::NothingCounted if is_complete => {
            return t.get("headline-nobodys-seat").into_owned();
        }
        Contest::NothingCounted => return t.get("headline-no-seat").into_owned(),
        Contest::Tied { tied, .. } => {
            return t.fill(
                "headline-tied",
                [("names", names(tied).into()), ("seats", seats.into())],
            );
        }
        Contest::Ahead { winners, margin } => (winners, margin),
    };
    let who = names(winners);
    match margin {
        Some(margin) if seats == 1 => margin_sentence(night, &who, *margin, is_complete),
        _ => t.fill(
            if is_complete {
                "headline-elected-several"
            } else {
                "headline-leads-several"
            },
            [
                ("names", who.into()),
                ("count", winners.len().into()),
                ("seats", seats.into()),
            ],
        ),
    }
}

/// Who has the only seat, and by how many votes.
fn margin_sentence(night: &Night<'_>, who: &str, margin: Margin, is_complete: bool) -> String {
    let id = match (is_complete, margin.votes) {
        (true, 0) => "headline-elected-by-rule",
        (true, _) => "headline-elected",
        (false, 0) => "headline-leads-by-rule",
        (false, _) => "headline-leads",
    };
    let votes = wording::decimal(night.lang(), margin.votes, margin.decimals);
    // Fractions of votes are many, in both languages.
    let count = if margin.decimals == 0 {
        margin.votes
    } else {
        2
    };
    night.t().fill(
        id,
        [
            ("names", who.into()),
            ("votes", votes.into()),
            ("count", count.into()),
            ("percent", margin.share(night.lang()).into()),
        ],
    )
}

/// A candidate with the party, where the event names one.
fn named(night: &Night<'_>, election: &Election, number: u32) -> String {
    let name = candidate_name(election, number);
    let position = party_position(night.context.event, election, number);
    let party = position.and_then(|at| night.context.event.parties.get(at));
    match party {
        Some(party) => format!("{name} ({})", party.name.in_language(night.lang())),
        None => name,
    }
}

/// `A`, `A and B`, `A, B and C`, with the language's own "and".
fn listed(night: &Night<'_>, names: &[String]) -> String {
    let t = night.t();
    let (shown, further) = names.split_at(names.len().min(NAMES_MAX));
    let further = u64::try_from(further.len()).unwrap_or(0); // no list is that long
    let last = match further {
        0 => None,
        more => Some(t.fill("list-further", [("more", more.into())])),
    };
    let mut all: Vec<String> = shown.iter().cloned().chain(last).collect();
    match (all.pop(), all.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(last), false) => t.fill(
            "list-and",
            [("first", all.join(", ").into()), ("last", last.into())],
        ),
    }
}

/// Votes in the counts, out of all that are cast.
fn counted_so_far<T>(
    night: &Night<'_>,
    progress: &Progress,
    seen: &Seen<T>,
    (counted, turnout): (u64, Turnout),
) -> String {
    if progress.is_complete() || seen.counts().is_none() || turnout.votes == 0 {
        return String::new();
    }
    // A few are not none, and nearly all are not all.
    let ends = [(0, 1), (1, 1)];
    let percent = wording::percent_beside(night.lang(), counted, turnout.votes, &ends);
    night.t().fill(
        "votes-counted",
        [
            ("counted", night.count(counted).into()),
            ("votes", night.count(turnout.votes).into()),
            ("percent", percent.into()),
        ],
    )
}

fn reporting(night: &Night<'_>, with_votes: usize, all: usize) -> String {
    night.t().fill(
        "reporting",
        [("have", with_votes.into()), ("all", all.into())],
    )
}

/// Votes that are in the turnout and in no count yet.
fn not_released(night: &Night<'_>, turnout: Turnout, counted: u64) -> Option<String> {
    let waiting = turnout.votes.checked_sub(counted).filter(|w| *w > 0)?;
    Some(night.t().fill(
        "sums-unreleased",
        [
            ("count", waiting.into()),
            ("votes", night.count(waiting).into()),
        ],
    ))
}

/// Seats that nobody has: tied ones, and those of regions without a vote in the counts.
fn seats_left(night: &Night<'_>, contests: &[Contest], left: u64) -> Option<String> {
    let tied = contests
        .iter()
        .filter(|c| matches!(c, Contest::Tied { .. }));
    let empty = contests.iter().filter(|c| **c == Contest::NothingCounted);
    (left > 0).then(|| {
        night.t().fill(
            "sums-seats",
            [
                ("left", left.into()),
                ("tied", tied.count().into()),
                ("empty", empty.count().into()),
            ],
        )
    })
}
