//! An election over all its regions.

use std::collections::BTreeMap;

use askama::Template;
use election::{Ballot, Election};

use super::atlas::{Look, NOBODY, Picture, pictures};
use super::contest::{Mark, margins_of_rounds};
use super::earlier::Earlier;
use super::gain::Holders;
use super::headline::Headline;
use super::hours::{Curve, Hours, turnout_line};
use super::newsroom::Newsroom;
use super::night::{Night, Standing, TurnoutLine, ballot_path};
use super::parties::{PartyLine, SeatBar, all_seats, party_lines, seat_bar, total_votes};
use super::region_list::{RegionLine, ShowLine, region_lines, show_lines};
use super::view::{ElectionView, Progress};
use crate::chart;
use crate::frame::{Frame, Page};

#[derive(Template)]
#[template(path = "results/election.html")]
struct ElectionPage<'a> {
    frame: Frame<'a>,
    stream: Option<&'a str>,
    full: String,
    newsroom: Newsroom,
    /// Where the search of regions is sent.
    path: String,
    kind: &'static str,
    headline: Headline,
    standing: Standing,
    turnout: TurnoutLine,
    curve: Option<Curve>,
    /// How many votes are in the figures, as a sentence.
    total: String,
    seats: String,
    bar: Option<SeatBar<'a>>,
    parties: Vec<PartyLine<'a>>,
    /// What parties are compared with; none where they are not.
    compared: Option<String>,
    regions: Vec<RegionLine<'a>>,
    /// Empty where counts are hidden, or the event has no geometry: then tiles stand for them.
    atlas: Vec<Picture<'a>>,
    /// None where counts are hidden: then there is nothing to filter by.
    shows: Option<Vec<ShowLine>>,
    search: &'a str,
    /// Message id of what can be searched for.
    search_label: &'static str,
    /// Regions that what is asked for leaves in the list.
    found: usize,
    /// Message ids of a heading, and of the mark that a party's seats have.
    margin_heading: &'static str,
    seats_heading: &'static str,
    votes_heading: &'static str,
    share_heading: &'static str,
    patterns: Vec<(usize, &'static str)>,
}

/// Who is first where; a region is looked up once.
fn atlas<'a>(night: &Night<'a>, regions: &[RegionLine<'a>]) -> Vec<Picture<'a>> {
    let lines: BTreeMap<u16, &RegionLine<'a>> =
        regions.iter().map(|line| (line.number, line)).collect();
    pictures(night, |number| {
        let line = lines.get(&number)?;
        let leader = line.leader.as_ref();
        let first = leader.map_or_else(
            || night.t().get(line.empty).into_owned(),
            |leader| format!("{}, {}", leader.name, night.t().get(leader.standing)),
        );
        Some(Look {
            href: Some(line.href.clone()),
            title: format!("{} – {first}", line.name),
            fill: leader.map_or(NOBODY, |leader| leader.fill),
            standing: leader.map_or("area-nobody", |leader| leader.standing),
            is_left_out: line.is_hidden,
            word: String::new(),
        })
    })
}

/// Message id of what a party's share is of; `whole` is that of all votes, once they are counted.
pub(super) fn share_heading(
    election: &Election,
    progress: &Progress,
    whole: &'static str,
) -> &'static str {
    match (margins_of_rounds(election), progress.is_complete()) {
        (true, _) => "col-share-first",
        (false, true) => whole,
        (false, false) => "col-share-counted",
    }
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
    let all = all_seats(election, view);
    let standing = Standing::of(night, ballot, &view.progress, &view.seen);
    let earlier = Earlier::of(night, ballot, view);
    let parties = party_lines(night, election, view, earlier.as_ref());
    let headline = Headline::of_election(night, election, view, &parties);
    let holders = Holders::of(night, ballot, election);
    let regions = region_lines(night, ballot, election, view, holders.as_ref());
    let mark = Mark::of(&view.progress);
    let hours = Hours::of(night, ballot, &view.progress, (view.turnout, &view.hours));
    let is_ranked = margins_of_rounds(election);
    let page = ElectionPage {
        frame: night.frame(
            ballot.title.in_language(night.lang()).to_owned(),
            &path,
            &headline.described(night.t()),
        ),
        stream: night.stream,
        full: night.link(&path),
        newsroom: Newsroom::of(
            night,
            ballot.title.in_language(night.lang()),
            &path,
            (
                &format!("{path}/results.csv"),
                &format!("/api/v1/elections/{}/results", election.number),
            ),
        ),
        path: night.action(path),
        kind: crate::voter::kind_of(ballot),
        turnout: turnout_line(night, view.turnout, hours.as_ref()),
        curve: hours.and_then(|hours| hours.curve),
        total: headline.total(night, total_votes(view)),
        seats: night.count(all),
        bar: seat_bar(night, &parties, all, mark),
        parties,
        compared: earlier.map(|earlier| earlier.note),
        atlas: match standing.hidden {
            None => atlas(night, &regions),
            Some(_) => Vec::new(),
        },
        found: regions.iter().filter(|region| !region.is_hidden).count(),
        regions,
        shows: standing
            .hidden
            .is_none()
            .then(|| show_lines(night, mark, holders.is_some())),
        search: &night.asked.search,
        search_label: "region-search",
        margin_heading: match is_ranked {
            true => "col-final-margin",
            false => "col-margin",
        },
        seats_heading: mark.of_candidate(),
        votes_heading: match is_ranked {
            true => "col-first-choices",
            false => "col-votes",
        },
        share_heading: share_heading(election, &view.progress, "col-share-total"),
        headline,
        patterns: chart::patterns(),
        standing,
    };
    night.finish(Page::new(night.lang(), &page))
}
