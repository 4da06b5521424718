//! The front page of election night: every ballot, the essential of each.

use askama::Template;
use election::{Ballot, BallotKind};

use super::election_page::{PartyLine, party_lines};
use super::law_page::{Answers, answers, needs};
use super::night::{Night, Standing, TurnoutLine, ballot_path};
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
    standing: Standing,
    turnout: TurnoutLine,
    answers: Option<Answers>,
    verdict: Option<&'static str>,
    parties: Vec<PartyLine<'a>>,
}

/// The overview. `summaries` are those of the event's ballots, in order.
#[must_use]
pub fn index(night: &Night<'_>, summaries: &[Summary]) -> Page {
    let t = night.t();
    let cards: Vec<Card<'_>> = night
        .context
        .event
        .ballots()
        .iter()
        .zip(summaries)
        .filter_map(|(ballot, summary)| card(night, ballot, summary))
        .collect();
    let page = Index {
        frame: night.frame(t.get("results-title").into_owned(), "/"),
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
            let standing = Standing::of(night, ballot, &view.progress, &view.seen);
            let needs = needs(night, law, view);
            Card {
                href,
                title,
                kind,
                turnout: TurnoutLine::of(night, view.turnout),
                answers: view
                    .seen
                    .counts()
                    .map(|counts| answers(night, law, counts.total)),
                verdict: needs.verdict,
                parties: Vec::new(),
                standing,
            }
        }
        (BallotKind::Election(election), Summary::Election(view)) => Card {
            href,
            title,
            kind,
            standing: Standing::of(night, ballot, &view.progress, &view.seen),
            turnout: TurnoutLine::of(night, view.turnout),
            answers: None,
            verdict: None,
            parties: party_lines(night, election, view),
        },
        _ => return None,
    })
}
