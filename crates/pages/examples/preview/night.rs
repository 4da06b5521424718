//! An election night with made-up figures that grow with the clock.
//!
//! `?state=` is `closed` (every vote is counted), `certified` (and a statement is signed), `hidden` (turnout until the close), `sealed` (no box
//! key), `empty` (no vote yet), `partial` (a third of the regions has nothing in the count), `tied` (all regions are), or none:
//! open and live.

use companions::Companions;
use election::{Ballot, BallotKind, Election, Method};
use pages::results::{
    self, AnswerCounts, Asked, CandidateVotes, CheckedBy, CheckingWitness, ElectionView, HourVotes,
    LawCounts, LawView, Night, Progress, RegionAnswers, RegionView, Round, Rounds, Seen, Stage,
    Summary, Turnout,
};
use pages::{Astray, Form, Page, PageContext, Program, astray};

use crate::http::{self, Answer, Request};

/// After the example events' windows.
const CLOSED_MS: i64 = 2_100_000_000_000;
const HOUR_MS: i64 = 3_600_000;
/// Hours from the first vote to the close.
const HOURS: i64 = 15;
/// Of a law, and of each region of an election.
const REGISTERED: u64 = 48_000;

pub(crate) fn answer(
    context: &PageContext<'_>,
    companions: &Companions,
    request: &Request,
    query: &Form,
) -> Answer {
    let state = query.get("state").unwrap_or_default();
    let mut context = *context;
    context.now_ms = match state {
        "closed" | "certified" => CLOSED_MS,
        // The last evening of voting.
        _ => context.event.ballots()[0].closes - 7 * HOUR_MS + context.now_ms % HOUR_MS,
    };
    let parts: Vec<&str> = request.path().split('/').skip(1).collect();
    let (embed, parts) = match parts.as_slice() {
        ["embed", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let night = Night {
        context,
        stream: None,
        embed,
        asked: &Asked::of(query),
        geometry: companions.geometry.as_ref(),
        baseline: companions.baseline.as_ref(),
        snapshot: None,
    };
    if let ["ballots", id, "results.csv"] = parts {
        return csv(&night, id, state);
    }
    let page = page(&night, parts, state)
        .unwrap_or_else(|| astray(&context, Program::Tally, Astray::NoSuchPage));
    http::compressed(http::page(page, pages::REVALIDATE), request)
}

fn page(night: &Night<'_>, parts: &[&str], state: &str) -> Option<Page> {
    let ballot = |id: &str| night.context.event.ballot(id);
    match parts {
        [""] => {
            let ballots = night.context.event.ballots().iter();
            let summaries: Vec<Summary> = ballots.map(|b| summary(night, b, state)).collect();
            Some(results::index(night, &summaries))
        }
        ["ballots", id] => {
            let ballot = ballot(id)?;
            Some(match (&ballot.kind, summary(night, ballot, state)) {
                (BallotKind::Law(law), Summary::Law(view)) => {
                    results::law(night, ballot, law, &view)
                }
                (BallotKind::Election(election), Summary::Election(view)) => {
                    results::election(night, ballot, election, &view)
                }
                _ => return None,
            })
        }
        ["ballots", id, "regions", number] => {
            let ballot = ballot(id)?;
            let Summary::Election(view) = summary(night, ballot, state) else {
                return None;
            };
            let number: u16 = number.parse().ok()?;
            let region = view.regions.iter().find(|r| r.region == number)?;
            let standing = (&view.progress, &view.seen);
            results::region(night, ballot, ballot.election()?, standing, region)
        }
        _ => None,
    }
}

fn csv(night: &Night<'_>, id: &str, state: &str) -> Answer {
    let Some(ballot) = night.context.event.ballot(id) else {
        return http::page(
            astray(&night.context, Program::Tally, Astray::NoSuchPage),
            pages::NO_STORE,
        );
    };
    let text = match (&ballot.kind, summary(night, ballot, state)) {
        (BallotKind::Election(election), Summary::Election(view)) => {
            results::election_csv(night, ballot, election, &view)
        }
        (_, Summary::Law(view)) => results::law_csv(night, ballot, &view),
        _ => String::new(),
    };
    Answer::text("text/csv; charset=utf-8", text)
}

fn summary(night: &Night<'_>, ballot: &Ballot, state: &str) -> Summary {
    let elapsed = u64::try_from(night.context.now_ms / 2_000 % 1_000).unwrap_or(0);
    let cast = |region: u16| match state {
        "empty" => 0,
        "closed" | "certified" => 31_000 + u64::from(region) * 97 % 9_000,
        _ => 9_000 + u64::from(region) * 131 % 4_000 + elapsed * 3,
    };
    match &ballot.kind {
        BallotKind::Law(law) => {
            let numbers = night.context.event.regions.iter().map(|r| r.number);
            let blank = u64::from(law.allow_blank);
            let regions: Vec<RegionAnswers> = numbers
                .map(|region| answers(region, cast(region), blank))
                .collect();
            let votes = regions.iter().map(|r| cast(r.region)).sum();
            Summary::Law(LawView {
                progress: progress(night, ballot, state),
                hours: hours(ballot, state, votes),
                turnout: Turnout {
                    votes,
                    registered: REGISTERED * regions.len() as u64,
                },
                seen: seen(night, ballot, state, counts(regions)),
            })
        }
        BallotKind::Election(election) => {
            let regions = election.regions().iter();
            let seen = seen(night, ballot, state, ());
            let shown = seen.counts().is_some();
            let regions: Vec<RegionView> = regions
                .map(|number| {
                    let counted = shown && !(state == "partial" && number % 3 == 0);
                    let view = region(election, *number, cast(*number), counted);
                    if state == "tied" { tied(view) } else { view }
                })
                .collect();
            let votes = regions.iter().map(|r| r.turnout.votes).sum();
            Summary::Election(ElectionView {
                progress: progress(night, ballot, state),
                hours: hours(ballot, state, votes),
                turnout: Turnout {
                    votes,
                    registered: REGISTERED * regions.len() as u64,
                },
                regions,
                seen,
            })
        }
    }
}

fn progress(night: &Night<'_>, ballot: &Ballot, state: &str) -> Progress {
    Progress {
        stage: match state {
            "closed" => Stage::Preliminary,
            "certified" => Stage::Certified {
                statement_sha256: "ab".repeat(32),
            },
            _ => Stage::Counting,
        },
        position: "120417".to_owned(),
        time_ms: (state != "empty").then(|| night.context.now_ms.min(ballot.closes)),
        releases: u64::from(state != "empty") * 412,
        checked: checked(state),
    }
}

/// As many votes in each hour, to the close or to the hour that is not over yet.
fn hours(ballot: &Ballot, state: &str, votes: u64) -> Vec<HourVotes> {
    let last = match state {
        "closed" | "certified" => HOURS,
        _ => HOURS - 6,
    };
    let by = |nth: i64| votes * nth.unsigned_abs() / last.unsigned_abs();
    let hours = (0..last).map(|nth| HourVotes {
        start_ms: ballot.closes - (HOURS - nth) * HOUR_MS,
        votes: by(nth + 1) - by(nth),
        is_full: nth + 1 < last,
    });
    hours.filter(|hour| hour.votes > 0).collect()
}

/// Nobody has seen an empty ledger; later two of three witnesses have seen all of it.
fn checked(state: &str) -> Option<CheckedBy> {
    let seconds_ago = |name| (state != "empty" && name != "university").then_some(12);
    let names = ["paper", "party", "university"].into_iter();
    let witnesses = names.map(|name| CheckingWitness {
        name: name.to_owned(),
        url: format!("https://witness.{name}.example/"),
        seconds_ago: seconds_ago(name),
    });
    Some(CheckedBy {
        required: 2,
        witnesses: witnesses.collect(),
    })
}

fn counts(regions: Vec<RegionAnswers>) -> LawCounts {
    let sum = |of: fn(&AnswerCounts) -> u64| regions.iter().map(|r| of(&r.answers)).sum();
    LawCounts {
        total: AnswerCounts {
            oui: sum(|a| a.oui),
            non: sum(|a| a.non),
            blanc: sum(|a| a.blanc),
        },
        regions: Some(regions),
        recount: false,
    }
}

fn seen<T>(night: &Night<'_>, ballot: &Ballot, state: &str, counts: T) -> Seen<T> {
    match state {
        "hidden" => Seen::Withheld {
            available_ms: ballot.closes,
        },
        "sealed" => Seen::Sealed,
        _ => Seen::Counts {
            counts,
            updated_ms: (state != "empty").then(|| night.context.now_ms.min(ballot.closes)),
        },
    }
}

fn answers(region: u16, votes: u64, blank: u64) -> RegionAnswers {
    let blanc = votes / 40 * blank;
    let oui = (votes - blanc) * (430 + u64::from(region) * 37 % 240) / 1_000;
    RegionAnswers {
        region,
        answers: AnswerCounts {
            oui,
            non: votes - blanc - oui,
            blanc,
        },
    }
}

fn region(election: &Election, number: u16, votes: u64, shown: bool) -> RegionView {
    let mut view = RegionView {
        region: number,
        turnout: Turnout {
            votes,
            registered: REGISTERED,
        },
        ..RegionView::default()
    };
    if !shown {
        return view;
    }
    let standing: Vec<u32> = election.candidates_of(number).map(|c| c.number).collect();
    let weight = |candidate: u32| 10 + u64::from(candidate) * 7 % 23 + u64::from(number) % 5;
    let all: u64 = standing.iter().map(|c| weight(*c)).sum();
    let mut counts: Vec<(u32, u64)> = standing
        .iter()
        .map(|c| (*c, votes * weight(*c) / all))
        .collect();
    let given: u64 = counts.iter().map(|(_, votes)| votes).sum();
    if let Some(first) = counts.first_mut() {
        first.1 += votes - given;
    }
    let firsts = counts.clone();
    let winners: Vec<u32> = match election.method {
        Method::RankedChoice if votes > 0 => {
            let rounds = instant_runoff(counts);
            let winners = rounds.last().map(|r| r.winners.clone()).unwrap_or_default();
            view.rounds = Some(Rounds {
                decimals: 0,
                rounds,
            });
            winners
        }
        _ => {
            counts.sort_by_key(|(_, votes)| std::cmp::Reverse(*votes));
            let seats = usize::try_from(election.seats).unwrap_or(1);
            counts
                .iter()
                .take(seats)
                .filter(|c| c.1 > 0)
                .map(|c| c.0)
                .collect()
        }
    };
    view.candidates = firsts
        .iter()
        .map(|(number, votes)| CandidateVotes {
            number: *number,
            votes: *votes,
            wins: winners.contains(number),
        })
        .collect();
    view
}

/// The same region with its first two candidates level, and nobody in the seat.
fn tied(mut view: RegionView) -> RegionView {
    view.rounds = None;
    for candidate in &mut view.candidates {
        candidate.wins = false;
    }
    if let [first, second, ..] = view.candidates.as_mut_slice() {
        let half = (first.votes + second.votes) / 2;
        (first.votes, second.votes) = (half, half);
        view.tied = vec![first.number, second.number];
    }
    view
}

/// Rounds in which the last one's votes go to the others in turn, a tenth of them to nobody.
fn instant_runoff(mut counts: Vec<(u32, u64)>) -> Vec<Round> {
    let mut rounds = Vec::new();
    let mut exhausted = 0;
    loop {
        let total: u64 = counts.iter().map(|(_, votes)| votes).sum();
        let threshold = total / 2 + 1;
        let mut round = Round {
            counts: counts.clone(),
            threshold: Some(threshold),
            winners: Vec::new(),
            eliminated: Vec::new(),
            exhausted,
        };
        if let Some((winner, _)) = counts.iter().find(|(_, votes)| *votes >= threshold) {
            round.winners.push(*winner);
            rounds.push(round);
            return rounds;
        }
        let Some(at) = (0..counts.len()).min_by_key(|at| counts[*at].1) else {
            return rounds;
        };
        let (loser, votes) = counts.remove(at);
        round.eliminated.push(loser);
        rounds.push(round);
        let heirs = counts.len() as u64;
        exhausted += votes / 10;
        let mut rest = votes - votes / 10;
        for (position, heir) in counts.iter_mut().enumerate() {
            let share = if position + 1 == usize::try_from(heirs).unwrap_or(1) {
                rest
            } else {
                rest * 2 / 3
            };
            heir.1 += share;
            rest -= share;
        }
    }
}
