//! One region of an election: its candidates, and the rounds where votes are ranked.

use askama::Template;
use companions::Geometry;
use election::{Ballot, CandidateStatus, Election};

use super::contest::{Contest, Mark};
use super::gain::Holders;
use super::headline::Headline;
use super::newsroom::Newsroom;
use super::night::{Night, Standing, TurnoutLine, ballot_path, width};
use super::parties::{Fill, candidate_name, fill, party_name, party_position};
use super::rounds_view::RoundsView;
use super::view::{CandidateVotes, Progress, RegionView, Seen};
use crate::chart;
use crate::frame::{Frame, Page};

#[derive(Template)]
#[template(path = "results/region.html")]
struct RegionPage<'a> {
    frame: Frame<'a>,
    stream: Option<&'a str>,
    full: String,
    up: String,
    newsroom: Newsroom,
    title: &'a str,
    /// What a printed sheet is of.
    sheet_of: String,
    number: u16,
    headline: Headline,
    standing: Standing,
    turnout: TurnoutLine,
    ranked: bool,
    /// Message id of the mark of whoever has a seat.
    winner_message: &'static str,
    /// How many votes are in the figures, as a sentence.
    total: String,
    /// Message id of what a share is of.
    share_heading: &'static str,
    candidates: Vec<CandidateLine<'a>>,
    /// Who is tied, in words; empty where nobody is.
    tied: String,
    /// Whose seat it was, where somebody of another party is first.
    gain: Option<String>,
    rounds: Option<RoundsView<'a>>,
    /// Addresses and names of the regions beside it.
    neighbours: Vec<(String, &'a str)>,
    /// Message id of what being beside it means.
    neighbours_heading: &'static str,
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

/// The page of one region; none where the region is not in the event.
#[must_use]
pub fn region(
    night: &Night<'_>,
    ballot: &Ballot,
    election: &Election,
    (progress, seen): (&Progress, &Seen<()>),
    view: &RegionView,
) -> Option<Page> {
    let place = night.context.event.region(view.region)?;
    let up = ballot_path(&ballot.id);
    let path = format!("{up}/regions/{}", view.region);
    let total = view.candidates.iter().map(|c| c.votes);
    let total = total.fold(0, u64::saturating_add);
    let name = place.name.in_language(night.lang());
    let headline = Headline::of_region(night, election, progress, seen, view);
    let mark = Mark::of(progress);
    let (tied, first) = match Contest::of(election, view) {
        Contest::Tied { tied, .. } => (tied, None),
        Contest::NothingCounted => (Vec::new(), None),
        Contest::Ahead { winners, .. } => (Vec::new(), winners.first().copied()),
    };
    let gain = first.and_then(|first| {
        let first = party_position(night.context.event, election, first);
        Holders::of(night, ballot, election)?.gain(night, view.region, first, mark)
    });
    let rounds = view.rounds.as_ref();
    let (number, region) = (election.number, view.region);
    let json = format!("/api/v1/elections/{number}/regions/{region}/results");
    let page = RegionPage {
        frame: night.frame(name.to_owned(), &path, &headline.described(night.t())),
        stream: night.stream,
        full: night.link(&path),
        up: night.link(&up),
        newsroom: Newsroom::of(night, name, &path, (&format!("{up}/results.csv"), &json)),
        title: ballot.title.in_language(night.lang()),
        sheet_of: format!("{}, {name}", ballot.title.in_language(night.lang())),
        number: view.region,
        winner_message: match (mark, &view.rounds) {
            (Mark::Leading, Some(_)) => "leader-after-rounds",
            _ => mark.of_candidate(),
        },
        standing: Standing::of(night, ballot, progress, seen),
        turnout: TurnoutLine::of(night, view.turnout),
        ranked: view.rounds.is_some(),
        total: headline.total(night, total),
        share_heading: match progress.is_complete() {
            true => "col-share-region",
            false => "col-share-counted",
        },
        candidates: candidate_lines(night, election, (progress, view), total),
        tied: tied_words(night, election, &tied),
        gain,
        neighbours: neighbours(night, election, &up, view.region),
        neighbours_heading: match night.geometry.and_then(Geometry::map_size) {
            Some(_) => "neighbours",
            None => "neighbours-hexagons",
        },
        rounds: rounds.map(|rounds| RoundsView::of(night, election, rounds, mark, &path)),
        headline,
        patterns: chart::patterns(),
    };
    Some(night.finish(Page::new(night.lang(), &page)))
}

fn tied_words(night: &Night<'_>, election: &Election, tied: &[u32]) -> String {
    if tied.is_empty() {
        return String::new();
    }
    let names = tied.iter().map(|n| candidate_name(election, *n));
    let names = names.collect::<Vec<String>>().join(", ");
    let values = [("seats", election.seats.into()), ("names", names.into())];
    night.t().fill("tied", values)
}

/// The election's regions beside one, by name; none where the event does not say where regions lie.
fn neighbours<'a>(
    night: &Night<'a>,
    election: &Election,
    up: &str,
    region: u16,
) -> Vec<(String, &'a str)> {
    let beside = night.geometry.map(|geometry| geometry.neighbours(region));
    let beside = beside.unwrap_or_default().into_iter();
    let beside = beside.filter(|number| election.regions().contains(number));
    let named = beside.filter_map(|number| {
        let place = night.context.event.region(number)?;
        let href = night.link(&format!("{up}/regions/{number}"));
        Some((href, place.name.in_language(night.lang())))
    });
    let mut named: Vec<_> = named.collect();
    named.sort_by_key(|(_, name)| *name);
    named
}

/// The candidates of a region, those with the most votes first.
fn candidate_lines<'a>(
    night: &Night<'a>,
    election: &Election,
    (progress, view): (&Progress, &RegionView),
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
            votes: match total == 0 && !progress.is_complete() {
                true => "–".to_owned(),
                false => night.count(c.votes),
            },
            percent: night.percent(c.votes, total),
            width: width(c.votes, total),
            wins: c.wins,
            withdrawn: status == Some(CandidateStatus::Withdrawn),
        }
    };
    order.into_iter().map(line).collect()
}
