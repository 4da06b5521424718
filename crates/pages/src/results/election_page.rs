//! An election over all regions, and one region of it.

use std::collections::BTreeMap;

use askama::Template;
use election::{Ballot, Election, Event};

use super::night::{Night, Standing, TurnoutLine, ballot_path, width};
use super::view::{CandidateVotes, ElectionView, Progress, RegionView, Rounds};
use crate::chart::{self, EXHAUSTED, Flow, NEUTRAL};
use crate::frame::{Frame, Page};
use crate::wording;

#[derive(Template)]
#[template(path = "results/election.html")]
struct ElectionPage<'a> {
    frame: Frame<'a>,
    stream: Option<&'a str>,
    full: String,
    csv: String,
    embed_path: String,
    kind: &'static str,
    standing: Standing,
    turnout: TurnoutLine,
    total: String,
    seats: String,
    parties: Vec<PartyLine<'a>>,
    regions: Vec<RegionLine<'a>>,
    patterns: Vec<(usize, &'static str)>,
}

/// A party over all regions.
pub(super) struct PartyLine<'a> {
    pub(super) name: String,
    pub(super) fill: Fill<'a>,
    pub(super) seats: u64,
    pub(super) votes: String,
    pub(super) percent: String,
    pub(super) width: String,
}

/// How a party is drawn: its colour, and a pattern for who cannot tell the colours apart.
#[derive(Clone, Copy)]
pub(super) struct Fill<'a> {
    pub(super) colour: &'a str,
    pub(super) pattern: usize,
}

struct RegionLine<'a> {
    href: String,
    name: &'a str,
    code: &'a str,
    turnout: String,
    leader: Option<Leader<'a>>,
    /// What is said where nobody leads.
    nobody: &'static str,
}

/// Who leads in a region, and by how much.
struct Leader<'a> {
    name: String,
    party: String,
    /// Code of the party, for a tile; a dash for nobody's.
    short: &'a str,
    fill: Fill<'a>,
    margin: String,
    /// Message id: elected, leading or tied.
    standing: &'static str,
}

/// The page of an election over all its regions.
#[must_use]
pub fn election(
    night: &Night<'_>,
    ballot: &Ballot,
    election: &Election,
    view: &ElectionView,
) -> Page {
    let path = ballot_path(&ballot.id);
    let total = total_votes(view);
    let seats = u64::from(election.seats).saturating_mul(view.regions.len() as u64);
    let standing = Standing::of(night, ballot, &view.progress, &view.seen);
    let page = ElectionPage {
        frame: night.frame(ballot.title.in_language(night.lang()).to_owned(), &path),
        stream: night.stream,
        full: night.link(&path),
        csv: night.link(&format!("{path}/results.csv")),
        embed_path: night.link(&format!("/embed{path}")),
        kind: crate::voter::kind_of(ballot),
        turnout: TurnoutLine::of(night, view.turnout),
        total: night.count(total),
        seats: night.count(seats),
        parties: party_lines(night, election, view),
        regions: view
            .regions
            .iter()
            .filter_map(|region| region_line(night, ballot, election, region, standing.complete))
            .collect(),
        patterns: chart::patterns(),
        standing,
    };
    night.finish(Page::new(night.lang(), &page))
}

fn total_votes(view: &ElectionView) -> u64 {
    let candidates = view.regions.iter().flat_map(|region| &region.candidates);
    candidates.map(|c| c.votes).fold(0, u64::saturating_add)
}

/// Parties with a candidate, most seats first, then most votes; none while counts are hidden.
pub(super) fn party_lines<'a>(
    night: &Night<'a>,
    election: &Election,
    view: &ElectionView,
) -> Vec<PartyLine<'a>> {
    let event = night.context.event;
    let mut sums: BTreeMap<Option<usize>, (u64, u64)> = BTreeMap::new();
    for candidate in view.regions.iter().flat_map(|region| &region.candidates) {
        let (seats, votes) = sums
            .entry(party_position(event, election, candidate.number))
            .or_default();
        *seats += u64::from(candidate.wins);
        *votes = votes.saturating_add(candidate.votes);
    }
    let total = total_votes(view);
    let mut sorted: Vec<_> = sums.into_iter().collect();
    sorted.sort_by_key(|(_, sums)| std::cmp::Reverse(*sums));
    sorted
        .into_iter()
        .map(|(position, (seats, votes))| PartyLine {
            name: party_name(night, position),
            fill: fill(event, position),
            seats,
            votes: night.count(votes),
            percent: night.percent(votes, total),
            width: width(votes, total),
        })
        .collect()
}

/// Position in the event of a candidate's party; none for an independent.
fn party_position(event: &Event, election: &Election, number: u32) -> Option<usize> {
    let code = election.candidate(number)?.party.as_deref()?;
    event.parties.iter().position(|party| party.code == code)
}

fn party_name(night: &Night<'_>, position: Option<usize>) -> String {
    match position.and_then(|at| night.context.event.parties.get(at)) {
        Some(party) => party.name.in_language(night.lang()).to_owned(),
        None => night.t().get("independent").into_owned(),
    }
}

fn fill(event: &Event, position: Option<usize>) -> Fill<'_> {
    match position.and_then(|at| Some((at, event.parties.get(at)?))) {
        Some((at, party)) => Fill {
            colour: &party.colour,
            pattern: chart::pattern_of(at),
        },
        None => Fill {
            colour: NEUTRAL,
            pattern: 0,
        },
    }
}

fn candidate_name(election: &Election, number: u32) -> String {
    election
        .candidate(number)
        .map_or_else(String::new, |candidate| {
            format!("{} {}", candidate.first_name, candidate.last_name)
        })
}

fn region_line<'a>(
    night: &Night<'a>,
    ballot: &Ballot,
    election: &Election,
    view: &RegionView,
    complete: bool,
) -> Option<RegionLine<'a>> {
    let place = night.context.event.region(view.region)?;
    let path = format!("{}/regions/{}", ballot_path(&ballot.id), view.region);
    Some(RegionLine {
        href: night.link(&path),
        name: place.name.in_language(night.lang()),
        code: &place.code,
        turnout: night.percent(view.turnout.votes, view.turnout.registered),
        leader: leader(night, election, view, complete),
        // Votes are released in steps: the first may still be waiting.
        nobody: if complete || view.turnout.votes == 0 {
            "no-votes"
        } else {
            "not-counted-yet"
        },
    })
}

/// The first of the region: by the count where it has elected somebody, else by votes. None before
/// the first vote.
fn leader<'a>(
    night: &Night<'a>,
    election: &Election,
    view: &RegionView,
    complete: bool,
) -> Option<Leader<'a>> {
    let event = night.context.event;
    let mut order: Vec<&CandidateVotes> = view.candidates.iter().filter(|c| c.votes > 0).collect();
    order.sort_by_key(|c| std::cmp::Reverse((c.wins, c.votes)));
    let first = order.first()?;
    let (ahead, behind, decimals) = margin(view, first.number);
    let position = party_position(event, election, first.number);
    let standing = if !view.tied.is_empty() {
        "leader-tied"
    } else if complete && first.wins {
        "leader-elected"
    } else {
        "leader-leading"
    };
    let party = position.and_then(|at| event.parties.get(at));
    Some(Leader {
        name: candidate_name(election, first.number),
        party: party_name(night, position),
        short: party.map_or("–", |party| party.code.as_str()),
        fill: fill(event, position),
        margin: wording::decimal(night.lang(), ahead.saturating_sub(behind), decimals),
        standing,
    })
}

/// Votes of a candidate and of the best other one, in the last round of a ranked count that still
/// has two, else in the first preferences; and the decimals of both.
fn margin(view: &RegionView, first: u32) -> (u64, u64, u8) {
    let last = view.rounds.as_ref().and_then(|rounds| {
        let with_two = rounds
            .rounds
            .iter()
            .rev()
            .find(|round| round.counts.len() > 1);
        with_two.map(|round| (round.counts.clone(), rounds.decimals))
    });
    let (counts, decimals) = last.unwrap_or_else(|| {
        let votes = view.candidates.iter().map(|c| (c.number, c.votes));
        (votes.collect(), 0)
    });
    let of = |(_, votes): &(u32, u64)| *votes;
    let ahead = counts
        .iter()
        .find(|(number, _)| *number == first)
        .map_or(0, of);
    let others = counts.iter().filter(|(number, _)| *number != first);
    (ahead, others.map(of).max().unwrap_or(0), decimals)
}

#[derive(Template)]
#[template(path = "results/region.html")]
struct RegionPage<'a> {
    frame: Frame<'a>,
    stream: Option<&'a str>,
    full: String,
    up: String,
    csv: String,
    embed_path: String,
    title: &'a str,
    standing: Standing,
    turnout: TurnoutLine,
    ranked: bool,
    /// What the mark of a winner says while votes may still come, and after.
    winner_message: &'static str,
    total: String,
    candidates: Vec<CandidateLine<'a>>,
    tied: Vec<String>,
    rounds: Option<RoundsView<'a>>,
    patterns: Vec<(usize, &'static str)>,
}

struct CandidateLine<'a> {
    name: String,
    party: String,
    fill: Fill<'a>,
    votes: String,
    percent: String,
    width: String,
    wins: bool,
    withdrawn: bool,
}

/// The rounds as a table and as a picture.
struct RoundsView<'a> {
    headings: Vec<usize>,
    rows: Vec<RoundRow<'a>>,
    exhausted: Vec<String>,
    threshold: Option<Vec<String>>,
    flow: Option<Flow>,
    fills: BTreeMap<u32, Fill<'a>>,
}

struct RoundRow<'a> {
    name: String,
    fill: Fill<'a>,
    cells: Vec<RoundCell>,
}

struct RoundCell {
    votes: String,
    /// Change from the round before, signed; empty for none.
    change: String,
    /// Message id: elected, leading or eliminated here.
    event: Option<&'static str>,
}

impl RoundsView<'_> {
    fn fill_of(&self, candidate: &Option<u32>) -> Fill<'_> {
        let found = candidate.and_then(|number| self.fills.get(&number).copied());
        found.unwrap_or(Fill {
            colour: EXHAUSTED,
            pattern: 0,
        })
    }
}

/// The page of one region; none where the region is not in the event.
#[must_use]
pub fn region(
    night: &Night<'_>,
    ballot: &Ballot,
    election: &Election,
    (progress, seen): (&Progress, &super::Seen<()>),
    view: &RegionView,
) -> Option<Page> {
    let place = night.context.event.region(view.region)?;
    let up = ballot_path(&ballot.id);
    let path = format!("{up}/regions/{}", view.region);
    let total = view
        .candidates
        .iter()
        .map(|c| c.votes)
        .fold(0, u64::saturating_add);
    let name = place.name.in_language(night.lang());
    let standing = Standing::of(night, ballot, progress, seen);
    let page = RegionPage {
        frame: night.frame(name.to_owned(), &path),
        stream: night.stream,
        full: night.link(&path),
        up: night.link(&up),
        csv: night.link(&format!("{up}/results.csv")),
        embed_path: night.link(&format!("/embed{path}")),
        title: ballot.title.in_language(night.lang()),
        winner_message: match (standing.complete, &view.rounds) {
            (true, _) => "leader-elected",
            (false, Some(_)) => "leader-after-rounds",
            (false, None) => "leader-leading",
        },
        standing,
        turnout: TurnoutLine::of(night, view.turnout),
        ranked: view.rounds.is_some(),
        total: night.count(total),
        candidates: candidate_lines(night, election, view, total),
        tied: view
            .tied
            .iter()
            .map(|n| candidate_name(election, *n))
            .collect(),
        rounds: view
            .rounds
            .as_ref()
            .map(|rounds| rounds_view(night, election, rounds, progress.is_complete())),
        patterns: chart::patterns(),
    };
    Some(night.finish(Page::new(night.lang(), &page)))
}

/// The candidates of a region, those with the most votes first.
fn candidate_lines<'a>(
    night: &Night<'a>,
    election: &Election,
    view: &RegionView,
    total: u64,
) -> Vec<CandidateLine<'a>> {
    let mut order: Vec<&CandidateVotes> = view.candidates.iter().collect();
    order.sort_by_key(|c| std::cmp::Reverse(c.votes));
    let line = |c: &CandidateVotes| {
        let position = party_position(night.context.event, election, c.number);
        let status = election.candidate(c.number).map(|c| c.status);
        CandidateLine {
            name: candidate_name(election, c.number),
            party: party_name(night, position),
            fill: fill(night.context.event, position),
            votes: night.count(c.votes),
            percent: night.percent(c.votes, total),
            width: width(c.votes, total),
            wins: c.wins,
            withdrawn: status == Some(election::CandidateStatus::Withdrawn),
        }
    };
    order.into_iter().map(line).collect()
}

fn rounds_view<'a>(
    night: &Night<'a>,
    election: &Election,
    rounds: &Rounds,
    complete: bool,
) -> RoundsView<'a> {
    let event = night.context.event;
    let amount = |units| wording::decimal(night.lang(), units, rounds.decimals);
    let first = rounds.rounds.first().map_or(&[][..], |round| &round.counts);
    let fill_of = |number| fill(event, party_position(event, election, number));
    let rows = first.iter().map(|(number, _)| RoundRow {
        name: candidate_name(election, *number),
        fill: fill_of(*number),
        cells: cells(rounds, *number, complete, &amount),
    });
    let threshold: Option<Vec<String>> = rounds
        .rounds
        .iter()
        .map(|round| round.threshold.map(amount))
        .collect();
    RoundsView {
        headings: (1..=rounds.rounds.len()).collect(),
        rows: rows.collect(),
        exhausted: rounds
            .rounds
            .iter()
            .map(|round| amount(round.exhausted))
            .collect(),
        threshold,
        flow: chart::flow(rounds),
        fills: first
            .iter()
            .map(|(number, _)| (*number, fill_of(*number)))
            .collect(),
    }
}

fn cells(
    rounds: &Rounds,
    number: u32,
    complete: bool,
    amount: &dyn Fn(u64) -> String,
) -> Vec<RoundCell> {
    let mut before = None;
    let mut cells = Vec::new();
    for round in &rounds.rounds {
        let found = round
            .counts
            .iter()
            .find(|(candidate, _)| *candidate == number);
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
                Some(if complete {
                    "round-elected"
                } else {
                    "leader-leading"
                })
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
