//! The page on which a ballot is marked: an answer, a region, a candidate or a ranking.

use askama::Template;
use election::{Ballot, BallotKind, ChoiceError, Election, Method, Window};

use super::{Activity, End, FieldFault, Line, MarkError, ballot_path, ended, kind_of};
use crate::frame::{Frame, Page, PageContext};
use crate::messages::Messages;
use crate::wording;

#[derive(Template)]
#[template(path = "voter/mark.html")]
struct Mark<'a> {
    frame: Frame<'a>,
    kind: &'static str,
    title: &'a str,
    path: String,
    action: String,
    faults: Vec<FieldFault>,
    asks: Asks<'a>,
}

/// What the page asks for.
enum Asks<'a> {
    Answer {
        question: &'a str,
        answers: Vec<&'static Answer>,
    },
    Region {
        regions: Vec<RegionLine<'a>>,
    },
    Candidate {
        region: RegionLine<'a>,
        candidates: Vec<Line<'a>>,
    },
    Ranking {
        region: RegionLine<'a>,
        candidates: Vec<Line<'a>>,
        ranks: Vec<Rank>,
        hint: String,
    },
}

/// An answer to a law: the value of the form, and the message.
struct Answer {
    value: &'static str,
    message: &'static str,
}

/// The answers of every law, the blank vote last.
const ANSWERS: [Answer; 3] = [
    Answer {
        value: "oui",
        message: "answer-oui",
    },
    Answer {
        value: "non",
        message: "answer-non",
    },
    Answer {
        value: "blanc",
        message: "answer-blanc",
    },
];

struct RegionLine<'a> {
    number: u16,
    name: &'a str,
}

struct Rank {
    number: u32,
    label: String,
}

/// The form of a ballot. An election first asks for the region (`None`, or one that does not vote
/// in it); a ballot that is not open says so. With a fault, the page is the answer 400 to a form.
#[must_use]
pub fn mark(
    context: &PageContext<'_>,
    ballot: &Ballot,
    region: Option<u16>,
    fault: Option<&MarkError>,
) -> Page {
    match ballot.window(context.now_ms) {
        Window::NotOpen { opens } => {
            let end = End::NotOpen { opens_ms: opens };
            return ended(context, Activity::Looking, &end);
        }
        Window::Closed { closed } => {
            let end = End::Closed { closed_ms: closed };
            return ended(context, Activity::Looking, &end);
        }
        Window::Open => {}
    }
    let title = ballot.title.in_language(context.lang);
    let path = ballot_path(ballot);
    let asks = asks(context, ballot, region);
    let own_path = match &asks {
        Asks::Candidate { region, .. } | Asks::Ranking { region, .. } => {
            format!("{path}?region={}", region.number)
        }
        Asks::Answer { .. } | Asks::Region { .. } => path.clone(),
    };
    let mut frame = Frame::new(context, title.to_owned(), &own_path);
    frame.scripts = &["wipe.js"];
    if matches!(asks, Asks::Ranking { .. }) {
        frame.scripts = &["ranking.js", "wipe.js"];
        frame.script_prefix = "script-";
    }
    let faults: Vec<FieldFault> = fault.map(field_fault).into_iter().collect();
    let status = if faults.is_empty() { 200 } else { 400 };
    Page::new(
        context.lang,
        &Mark {
            action: frame.link(&format!("{path}/review")),
            frame,
            kind: kind_of(ballot),
            title,
            path,
            faults,
            asks,
        },
    )
    .with_status(status)
}

fn asks<'a>(context: &PageContext<'a>, ballot: &'a Ballot, region: Option<u16>) -> Asks<'a> {
    let election = match &ballot.kind {
        BallotKind::Law(law) => {
            let taken = if law.allow_blank { 3 } else { 2 };
            return Asks::Answer {
                question: law.question.in_language(context.lang),
                answers: ANSWERS.iter().take(taken).collect(),
            };
        }
        BallotKind::Election(election) => election,
    };
    let known = region.filter(|number| election.regions().contains(number));
    let Some(number) = known else {
        let regions = election.regions().iter();
        return Asks::Region {
            regions: regions
                .map(|number| region_line(context, *number))
                .collect(),
        };
    };
    let candidates: Vec<Line<'a>> = election
        .candidates_of(number)
        .map(|candidate| Line::of(context, candidate))
        .collect();
    let region = region_line(context, number);
    match election.method {
        Method::SingleChoice => Asks::Candidate { region, candidates },
        Method::RankedChoice => ranking(context, election, region, candidates),
    }
}

fn ranking<'a>(
    context: &PageContext<'a>,
    election: &Election,
    region: RegionLine<'a>,
    candidates: Vec<Line<'a>>,
) -> Asks<'a> {
    let t = Messages::of(context.lang);
    let standing = candidates.iter().filter(|c| !c.withdrawn).count();
    let standing = u32::try_from(standing).expect("a definition has at most 100,000 candidates");
    let most = election.max_ranks.min(standing);
    let label = |number: u32| {
        let ordinal = wording::ordinal(context.lang, number);
        t.fill("mark-rank", [("ordinal", ordinal.into())])
    };
    Asks::Ranking {
        region,
        candidates,
        ranks: (1..=most)
            .map(|number| Rank {
                number,
                label: label(number),
            })
            .collect(),
        hint: t.fill("mark-ranking-hint", [("max", most.to_string().into())]),
    }
}

/// A region of the election; the definition's check makes sure that each has a name.
fn region_line<'a>(context: &PageContext<'a>, number: u16) -> RegionLine<'a> {
    let name = context
        .event
        .region(number)
        .map(|region| region.name.in_language(context.lang))
        .expect("candidates stand in regions of the event: the definition was checked");
    RegionLine { number, name }
}

fn field_fault(error: &MarkError) -> FieldFault {
    let message = match error {
        MarkError::Nothing => "fault-nothing",
        MarkError::Unreadable { .. } => "fault-unreadable",
        MarkError::Refused(refused) => match refused {
            ChoiceError::Repeated { .. } => "fault-repeated",
            ChoiceError::TooManyRanks { .. } => "fault-too-many",
            ChoiceError::Withdrawn { .. } => "fault-withdrawn",
            ChoiceError::OtherRegion { .. } => "fault-other-region",
            _ => "fault-refused",
        },
    };
    FieldFault {
        field: "choice",
        message,
    }
}
