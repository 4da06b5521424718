//! The front page of election night: every ballot, the essential of each.

use askama::Template;
use election::{Ballot, BallotKind};

use super::contest::Mark;
use super::decision::{Decision, mark_of};
use super::election_page::share_heading;
use super::headline::Headline;
use super::hours::{Hours, turnout_line};
use super::law_page::{Answers, answers};
use super::night::{Night, Standing, TurnoutLine, ballot_path};
use super::parties::{PartyLine, SeatBar, all_seats, party_lines, seat_bar};
use super::view::Summary;
use crate::frame::{Frame, Page};

#[derive(Template)]
#[template(path = "results/index.html")]
struct Index<'a> {
    frame: Frame<'a>,
    stream: Option<&'a str>,
    settled: bool,
    cards: Vec<Card<'a>>,
    patterns: Vec<(usize, &'static str)>,
}

struct Card<'a> {
    href: String,
    title: &'a str,
    kind: &'static str,
    headline: Headline,
    standing: Standing,
    turnout: TurnoutLine,
    answers: Option<Answers>,
    /// Where the line of what a law needs stands.
    mark: String,
    bar: Option<SeatBar<'a>>,
    seats_heading: &'static str,
    /// Message id of what a party's share is of.
    share_heading: &'static str,
    parties: Vec<PartyLine<'a>>,
}

/// The overview. `summaries` are those of the event's ballots, in order.
#[must_use]
pub fn index(night: &Night<'_>, summaries: &[Summary]) -> Page {
    let t = night.t();
    let event = night.context.event;
    let cards: Vec<Card<'_>> = event
        .ballots()
        .iter()
        .zip(summaries)
        .filter_map(|(ballot, summary)| card(night, ballot, summary))
        .collect();
    let said = cards.iter().map(|card| {
        t.fill(
            "says",
            [
                ("name", card.title.into()),
                ("value", card.headline.described(t).into()),
            ],
        )
    });
    let said = said.collect::<Vec<String>>().join(" ");
    let page = Index {
        frame: night.frame(t.get("results-title").into_owned(), "/", &said),
        stream: night.stream,
        settled: cards.iter().all(|card| card.standing.settled),
        cards,
        patterns: crate::chart::patterns(),
    };
    night.finish(Page::new(night.lang(), &page))
}

/// None where the summary is not of this kind of ballot.
fn card<'a>(night: &Night<'a>, ballot: &'a Ballot, summary: &Summary) -> Option<Card<'a>> {
    let title = ballot.title.in_language(night.lang());
    let href = night.link(&ballot_path(&ballot.id));
    let kind = crate::voter::kind_of(ballot);
    Some(match (&ballot.kind, summary) {
        (BallotKind::Law(law), Summary::Law(view)) => {
            let counts = view.seen.counts();
            Card {
                href,
                title,
                kind,
                headline: Headline::of_law(night, law, view, &Decision::of(night, law, view)),
                standing: Standing::of(night, ballot, &view.progress, &view.seen),
                turnout: {
                    let hours = (view.turnout, view.hours.as_slice());
                    let hours = Hours::of(night, ballot, &view.progress, hours);
                    turnout_line(night, view.turnout, hours.as_ref())
                },
                answers: counts.map(|counts| answers(night, law, counts.total)),
                mark: mark_of(law.threshold.votes),
                bar: None,
                seats_heading: "leader-leading",
                share_heading: "col-share-total",
                parties: Vec::new(),
            }
        }
        (BallotKind::Election(election), Summary::Election(view)) => {
            let parties = party_lines(night, election, view, None);
            let mark = Mark::of(&view.progress);
            Card {
                href,
                title,
                kind,
                headline: Headline::of_election(night, election, view, &parties),
                standing: Standing::of(night, ballot, &view.progress, &view.seen),
                turnout: {
                    let hours = (view.turnout, view.hours.as_slice());
                    let hours = Hours::of(night, ballot, &view.progress, hours);
                    turnout_line(night, view.turnout, hours.as_ref())
                },
                answers: None,
                mark: String::new(),
                bar: seat_bar(night, &parties, all_seats(election, view), mark),
                seats_heading: mark.of_candidate(),
                share_heading: share_heading(election, &view.progress, "col-votes-share"),
                parties,
            }
        }
        _ => return None,
    })
}
