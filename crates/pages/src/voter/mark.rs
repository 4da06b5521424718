//! The page on which a ballot is marked: an answer, a region, a candidate or a ranking.

use std::collections::BTreeSet;

use askama::Template;
use election::{Ballot, BallotKind, ChoiceError, Election, Method, Window};

use super::marks::{ANSWERS, Answer};
use super::{Activity, End, FieldFault, Line, MarkError, Marks, ballot_path, ended, kind_of};
use crate::frame::{Frame, Page, PageContext, Switch};
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
        answers: Vec<Offered>,
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

struct RegionLine<'a> {
    number: u16,
    name: &'a str,
}

/// An answer that a ballot takes.
struct Offered {
    answer: &'static Answer,
    marked: bool,
}

struct Rank {
    number: u32,
    label: String,
    /// The candidate whom the list holds.
    marked: Option<u32>,
    is_wrong: bool,
}

impl Rank {
    fn holds(&self, candidate: &Line<'_>) -> bool {
        self.marked == Some(candidate.number)
    }
}

/// The page of a ballot that is not open, which is no error: nothing was sent that could be recorded.
#[must_use]
pub fn unless_open(context: &PageContext<'_>, ballot: &Ballot) -> Option<Page> {
    let end = match ballot.window(context.now_ms) {
        Window::NotOpen { opens } => End::NotOpen { opens_ms: opens },
        Window::Closed { closed } => End::Closed { closed_ms: closed },
        Window::Open => return None,
    };
    Some(ended(context, Activity::Looking, &end))
}

/// The form of a ballot, with what is marked. An election first asks for the region (where none is named, or one
/// that does not vote in it); a ballot that is not open says so. With a fault, the page is the answer 400 to a
/// form.
#[must_use]
pub fn mark(
    context: &PageContext<'_>,
    ballot: &Ballot,
    marks: &Marks,
    fault: Option<&MarkError>,
) -> Page {
    let faults = fault.map(|fault| FieldFault {
        field: fault_place(marks, fault),
        message: fault_message(fault),
    });
    let wrong_ranks = fault.map_or_else(BTreeSet::new, |fault| marks.ranks_at_fault(fault));
    let asks = asks(context, ballot, marks, &wrong_ranks);
    let faults: Vec<FieldFault> = match &asks {
        Asks::Region { .. } if fault.is_some() || marks.asks_for_region() => vec![FieldFault {
            field: "region".to_owned(),
            message: "fault-region",
        }],
        _ => faults.into_iter().collect(),
    };
    let status = if faults.is_empty() { 200 } else { 400 };
    page(context, ballot, asks, faults).with_status(status)
}

/// The empty ballot of the region that the roll names for a voter who has sent the ballot of another one. Status
/// 403, as the vote was refused.
#[must_use]
pub fn own_ballot(context: &PageContext<'_>, ballot: &Ballot, region: u16) -> Page {
    let asks = asks(context, ballot, &Marks::of_region(region), &BTreeSet::new());
    let fault = FieldFault {
        field: "choice".to_owned(),
        message: "fault-not-your-region",
    };
    page(context, ballot, asks, vec![fault]).with_status(403)
}

fn page(
    context: &PageContext<'_>,
    ballot: &Ballot,
    asks: Asks<'_>,
    faults: Vec<FieldFault>,
) -> Page {
    if let Some(page) = unless_open(context, ballot) {
        return page;
    }
    let title = ballot.title.in_language(context.lang);
    let path = ballot_path(ballot);
    let mut frame = Frame::new(context, title.to_owned(), &path);
    if !matches!(asks, Asks::Region { .. }) {
        frame.switch = Switch::BallotForm(frame.link_of_other(&path));
    }
    frame.has_faults = !faults.is_empty();
    frame.scripts = &["wipe.js"];
    if matches!(asks, Asks::Ranking { .. }) {
        frame.scripts = &["ranking.js", "wipe.js"];
        frame.script_prefixes = &["rank-"];
    }
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
}

fn asks<'a>(
    context: &PageContext<'a>,
    ballot: &'a Ballot,
    marks: &Marks,
    wrong_ranks: &BTreeSet<u32>,
) -> Asks<'a> {
    let election = match &ballot.kind {
        BallotKind::Law(law) => {
            let taken = if law.allow_blank { 3 } else { 2 };
            return Asks::Answer {
                question: law.question.in_language(context.lang),
                answers: ANSWERS
                    .iter()
                    .take(taken)
                    .map(|answer| Offered {
                        answer,
                        marked: marks.answer == Some(answer.value),
                    })
                    .collect(),
            };
        }
        BallotKind::Election(election) => election,
    };
    let known = marks.region();
    let known = known.filter(|number| election.regions().contains(number));
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
        .map(|candidate| Line {
            marked: marks.at_rank(1) == Some(candidate.number),
            ..Line::of(context, candidate)
        })
        .collect();
    let region = region_line(context, number);
    match election.method {
        Method::SingleChoice => Asks::Candidate { region, candidates },
        Method::RankedChoice => Asks::Ranking {
            ranks: ranks(context, election, &candidates, marks, wrong_ranks),
            hint: Messages::of(context.lang).fill(
                "mark-ranking-hint",
                [("max", most_ranks(election, &candidates).to_string().into())],
            ),
            region,
            candidates,
        },
    }
}

/// How many ranks the ballot of a region has.
fn most_ranks(election: &Election, candidates: &[Line<'_>]) -> u32 {
    let standing = candidates.iter().filter(|c| !c.withdrawn).count();
    let standing = u32::try_from(standing).expect("a definition has at most 100,000 candidates");
    election.max_ranks.min(standing)
}

fn ranks(
    context: &PageContext<'_>,
    election: &Election,
    candidates: &[Line<'_>],
    marks: &Marks,
    wrong_ranks: &BTreeSet<u32>,
) -> Vec<Rank> {
    let t = Messages::of(context.lang);
    let label = |number: u32| {
        let ordinal = wording::ordinal(context.lang, number);
        t.fill("mark-rank", [("ordinal", ordinal.into())])
    };
    let ranks = 1..=most_ranks(election, candidates);
    let ranks = ranks.map(|number| Rank {
        number,
        label: label(number),
        marked: marks.at_rank(number),
        is_wrong: wrong_ranks.contains(&number),
    });
    ranks.collect()
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

/// The id of the field to go to: the last list at fault, which is the one that was filled in later.
fn fault_place(marks: &Marks, fault: &MarkError) -> String {
    match marks.ranks_at_fault(fault).last() {
        Some(rank) if marks.candidates.len() > 1 => format!("rank-{rank}"),
        _ => "choice".to_owned(),
    }
}

fn fault_message(fault: &MarkError) -> &'static str {
    match fault {
        MarkError::Nothing => "fault-nothing",
        MarkError::Unreadable { .. } => "fault-unreadable",
        MarkError::Refused(refused) => match refused {
            ChoiceError::Repeated { .. } => "fault-repeated",
            ChoiceError::TooManyRanks { .. } => "fault-too-many",
            ChoiceError::Withdrawn { .. } => "fault-withdrawn",
            ChoiceError::OtherRegion { .. } => "fault-other-region",
            _ => "fault-refused",
        },
    }
}
