//! The rounds of a ranked count as a table, as a picture, and one step at a time.

use election::Election;

use super::contest::Mark;
use super::night::Night;
use super::parties::{Fill, candidate_name, fill, party_position};
use super::view::{Round, Rounds};
use crate::chart::{self, Bar, EXHAUSTED, Flow, Part};
use crate::wording;

/// About the width of a letter in the bars, in SVG units.
const LETTER_WIDTH: u64 = 10;

/// What a page shows of the rounds.
pub(super) struct RoundsView<'a> {
    pub(super) steps: Vec<Step>,
    /// Links to the rounds before and after the one that is looked at.
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    /// What happens in the round that is looked at; empty where all are.
    pub(super) said: Vec<String>,
    pub(super) headings: Vec<usize>,
    pub(super) rows: Vec<RoundRow<'a>>,
    pub(super) exhausted: Vec<String>,
    pub(super) threshold: Option<Vec<String>>,
    pub(super) picture: Option<Picture<'a>>,
}

/// A link of the stepper; the first one leads to all rounds.
pub(super) struct Step {
    pub(super) number: Option<usize>,
    pub(super) href: String,
    pub(super) is_here: bool,
}

/// A candidate through all rounds.
pub(super) struct RoundRow<'a> {
    pub(super) name: String,
    pub(super) fill: Fill<'a>,
    pub(super) cells: Vec<RoundCell>,
}

/// A candidate in one round.
pub(super) struct RoundCell {
    pub(super) votes: String,
    /// Change from the round before, signed; empty for none.
    pub(super) change: String,
    /// Message id: elected, leading or eliminated here.
    pub(super) event: Option<&'static str>,
}

/// Bars and ribbons with their colours and words.
pub(super) struct Picture<'a> {
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) bar_height: u64,
    pub(super) bars: Vec<DrawnBar<'a>>,
    /// Path and colour of each.
    pub(super) ribbons: Vec<(String, &'a str)>,
}

/// The bar of one round.
pub(super) struct DrawnBar<'a> {
    pub(super) number: u64,
    pub(super) y: u64,
    pub(super) label_y: u64,
    pub(super) parts: Vec<DrawnPart<'a>>,
}

/// A candidate's part of a bar.
pub(super) struct DrawnPart<'a> {
    pub(super) x: u64,
    pub(super) width: u64,
    pub(super) fill: Fill<'a>,
    /// Middle of the words in the part.
    pub(super) middle: u64,
    /// Empty where it has no room.
    pub(super) name: String,
    pub(super) votes: String,
}

impl<'a> RoundsView<'a> {
    /// `path` is that of the page, to which the steps lead.
    pub(super) fn of(
        night: &Night<'a>,
        election: &Election,
        rounds: &Rounds,
        mark: Mark,
        path: &str,
    ) -> RoundsView<'a> {
        let amount = |units| wording::decimal(night.lang(), units, rounds.decimals);
        let all = rounds.rounds.len();
        let here = night.asked.round.filter(|round| *round <= all);
        let first = rounds.rounds.first().map_or(&[][..], |round| &round.counts);
        let rows = first.iter().map(|(number, _)| RoundRow {
            name: candidate_name(election, *number),
            fill: fill_of(night, election, Some(*number)),
            cells: cells(rounds, *number, mark, &amount),
        });
        let threshold = rounds.rounds.iter().map(|r| r.threshold.map(amount));
        let drawn = match here {
            Some(round) => &rounds.rounds[round - 1..all.min(round + 1)],
            None => &rounds.rounds[..],
        };
        let flow = chart::flow(drawn, here.map_or(1, |round| round as u64));
        let link = |number: usize| night.link(&round_path(night, path, Some(number)));
        RoundsView {
            steps: steps(night, path, all, here),
            before: here.filter(|round| *round > 1).map(|round| link(round - 1)),
            after: here
                .filter(|round| *round < all)
                .map(|round| link(round + 1)),
            said: here.map_or_else(Vec::new, |round| said(night, election, rounds, mark, round)),
            headings: (1..=all).collect(),
            rows: rows.collect(),
            exhausted: rounds.rounds.iter().map(|r| amount(r.exhausted)).collect(),
            threshold: threshold.collect(),
            picture: flow.map(|flow| picture(night, election, flow, &amount)),
        }
    }
}

fn fill_of<'a>(night: &Night<'a>, election: &Election, candidate: Option<u32>) -> Fill<'a> {
    let event = night.context.event;
    match candidate {
        Some(number) => fill(event, party_position(event, election, number)),
        None => Fill {
            colour: EXHAUSTED,
            pattern: 0,
        },
    }
}

/// The page with another round; an embed view stays one.
fn round_path(night: &Night<'_>, path: &str, round: Option<usize>) -> String {
    let embed = if night.embed { "/embed" } else { "" };
    match round {
        Some(round) => format!("{embed}{path}?round={round}"),
        None => format!("{embed}{path}"),
    }
}

/// None where there is nothing to step through, and in a file, which no question reaches.
fn steps(night: &Night<'_>, path: &str, all: usize, here: Option<usize>) -> Vec<Step> {
    if all < 2 || night.snapshot.is_some() {
        return Vec::new();
    }
    let numbers = [None].into_iter().chain((1..=all).map(Some));
    let step = |number: Option<usize>| Step {
        number,
        href: night.link(&round_path(night, path, number)),
        is_here: number == here,
    };
    numbers.map(step).collect()
}

/// What happens in a round, in words.
fn said(
    night: &Night<'_>,
    election: &Election,
    rounds: &Rounds,
    mark: Mark,
    number: usize,
) -> Vec<String> {
    let t = night.t();
    let amount = |units| wording::decimal(night.lang(), units, rounds.decimals);
    let round = &rounds.rounds[number - 1];
    let all = rounds.rounds.len();
    let mut said = vec![t.fill("round-of", [("number", number.into()), ("all", all.into())])];
    let names = |numbers: &[u32]| {
        let names = numbers.iter().map(|number| {
            let counts = round.counts.iter();
            let votes = counts.clone().find(|(n, _)| n == number).map(|(_, v)| *v);
            let votes = amount(votes.unwrap_or(0));
            format!("{} ({votes})", candidate_name(election, *number))
        });
        names.collect::<Vec<String>>().join(", ")
    };
    let gets_seat = match mark {
        Mark::Leading => "round-leading",
        Mark::Elected | Mark::Certified => "round-winners",
    };
    for (id, numbers) in [
        (gets_seat, &round.winners),
        ("round-losers", &round.eliminated),
    ] {
        if !numbers.is_empty() {
            said.push(t.fill(id, [("names", names(numbers).into())]));
        }
    }
    if let Some(next) = rounds.rounds.get(number) {
        said.extend(moves(night, election, (round, next), &amount));
    }
    said
}

/// Where the votes go that move between two rounds.
fn moves(
    night: &Night<'_>,
    election: &Election,
    (round, next): (&Round, &Round),
    amount: &dyn Fn(u64) -> String,
) -> Vec<String> {
    let t = night.t();
    let votes_in = |round: &Round, number: u32| {
        let found = round.counts.iter().find(|(n, _)| *n == number);
        found.map_or(0, |(_, votes)| *votes)
    };
    let losers = round.counts.iter();
    let losers = losers.filter(|(number, votes)| votes_in(next, *number) < *votes);
    let gains = next.counts.iter().filter_map(|(number, votes)| {
        let gained = votes.checked_sub(votes_in(round, *number));
        let gained = gained.filter(|gained| *gained > 0)?;
        let name = candidate_name(election, *number);
        Some(format!("{name} +{}", amount(gained)))
    });
    let gains: Vec<String> = gains.collect();
    let mut said = Vec::new();
    if !gains.is_empty() {
        said.push(t.fill("round-gains", [("gains", gains.join(", ").into())]));
    }
    let gone = next.exhausted.checked_sub(round.exhausted);
    if let Some(gone) = gone.filter(|gone| *gone > 0) {
        said.push(t.fill("round-exhausted", [("votes", amount(gone).into())]));
    }
    if losers.count() > 1 {
        said.push(t.get("round-several").into_owned());
    }
    said
}

fn picture<'a>(
    night: &Night<'a>,
    election: &Election,
    flow: Flow,
    amount: &dyn Fn(u64) -> String,
) -> Picture<'a> {
    let part = |part: &Part| {
        let fits = |text: &String| text.chars().count() as u64 * LETTER_WIDTH <= part.width;
        let candidate = part.candidate.and_then(|number| election.candidate(number));
        let name = match candidate {
            Some(candidate) => candidate.last_name.clone(),
            None => night.t().get("row-exhausted").into_owned(),
        };
        DrawnPart {
            x: part.x,
            width: part.width,
            fill: fill_of(night, election, part.candidate),
            middle: part.x + part.width / 2,
            name: Some(name).filter(fits).unwrap_or_default(),
            votes: Some(amount(part.votes)).filter(fits).unwrap_or_default(),
        }
    };
    let bar = |bar: &Bar| DrawnBar {
        number: bar.number,
        y: bar.y,
        label_y: bar.label_y,
        parts: bar.parts.iter().filter(|p| p.width > 0).map(part).collect(),
    };
    let ribbons = flow.ribbons.into_iter();
    Picture {
        width: flow.width,
        height: flow.height,
        bar_height: flow.bar_height,
        bars: flow.bars.iter().map(bar).collect(),
        ribbons: ribbons
            .map(|ribbon| {
                let colour = fill_of(night, election, ribbon.candidate).colour;
                (ribbon.path, colour)
            })
            .collect(),
    }
}

fn cells(
    rounds: &Rounds,
    number: u32,
    mark: Mark,
    amount: &dyn Fn(u64) -> String,
) -> Vec<RoundCell> {
    let mut before = None;
    let mut cells = Vec::new();
    for round in &rounds.rounds {
        let mut counts = round.counts.iter();
        let found = counts.find(|(candidate, _)| *candidate == number);
        let votes = found.map(|(_, votes)| *votes);
        let change = match (before, votes) {
            (Some(before), Some(now)) if now > before => format!("+{}", amount(now - before)),
            (Some(before), Some(now)) if now < before => format!("−{}", amount(before - now)),
            _ => String::new(),
        };
        cells.push(RoundCell {
            votes: votes.map(amount).unwrap_or_default(),
            change,
            event: if round.winners.contains(&number) {
                Some(mark.of_candidate())
            } else if round.eliminated.contains(&number) {
                Some("round-eliminated")
            } else {
                None
            },
        });
        before = votes;
    }
    cells
}
