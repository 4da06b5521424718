//! A law: what it needs and how far it is, turnout, and the regions.

use askama::Template;
use election::{Ballot, Law};

use super::atlas::Picture;
use super::decision::{Decision, Gauge, share_text, votes_gauge};
use super::headline::Headline;
use super::hours::{Curve, Hours, turnout_line};
use super::law_regions::{RegionDots, RegionLine, atlas, region_dots, region_lines, show_lines};
use super::newsroom::Newsroom;
use super::night::{Night, Standing, TurnoutLine, ballot_path, width};
use super::region_list::ShowLine;
use super::view::{AnswerCounts, LawView};
use crate::chart;
use crate::frame::{Frame, Page};

#[derive(Template)]
#[template(path = "results/law.html")]
struct LawPage<'a> {
    frame: Frame<'a>,
    stream: Option<&'a str>,
    full: String,
    newsroom: Newsroom,
    /// Where the search of regions is sent.
    path: String,
    kind: &'static str,
    question: &'a str,
    headline: Headline,
    standing: Standing,
    turnout: TurnoutLine,
    curve: Option<Curve>,
    answers: Option<Answers>,
    /// Message ids of all votes that are in the figures.
    all_votes: &'static str,
    of_all_votes: &'static str,
    gauges: Vec<Gauge>,
    needs: Needs,
    /// Message id of the verdict, and its style class.
    verdict: Option<&'static str>,
    regions: Vec<RegionLine<'a>>,
    search: &'a str,
    /// Message id of what can be searched for.
    search_label: &'static str,
    shows: Option<Vec<ShowLine>>,
    /// Regions that the search leaves in the list.
    found: usize,
    dots: Option<RegionDots>,
    /// Empty where the event has no geometry.
    atlas: Vec<Picture<'a>>,
    patterns: Vec<(usize, &'static str)>,
}

/// The three answers, ready to draw and to read.
pub(super) struct Answers {
    pub(super) oui: AnswerLine,
    pub(super) non: AnswerLine,
    pub(super) blanc: Option<AnswerLine>,
    pub(super) valid: String,
    pub(super) total: String,
    /// Whether there is a valid vote to draw.
    pub(super) any: bool,
}

/// One answer: votes and share.
pub(super) struct AnswerLine {
    pub(super) votes: String,
    /// Of valid votes; of all votes for blank ones.
    pub(super) percent: String,
    pub(super) width: String,
}

/// What the law needs, in words.
struct Needs {
    votes: String,
    regions: Option<String>,
}

/// The page of a law.
#[must_use]
pub fn law(night: &Night<'_>, ballot: &Ballot, law: &Law, view: &LawView) -> Page {
    let path = ballot_path(&ballot.id);
    let lang = night.lang();
    let standing = Standing::of(night, ballot, &view.progress, &view.seen);
    let total = view.seen.counts().map(|counts| counts.total);
    let decision = Decision::of(night, law, view);
    let headline = Headline::of_law(night, law, view, &decision);
    let votes = total.filter(|total| total.valid() > 0);
    let votes = votes.map(|total| votes_gauge(night, law, total));
    let regions = region_lines(night, law, view);
    let hours = Hours::of(night, ballot, &view.progress, (view.turnout, &view.hours));
    let page = LawPage {
        frame: night.frame(
            ballot.title.in_language(lang).to_owned(),
            &path,
            &headline.described(night.t()),
        ),
        stream: night.stream,
        full: night.link(&path),
        newsroom: Newsroom::of(
            night,
            ballot.title.in_language(lang),
            &path,
            (
                &format!("{path}/results.csv"),
                &format!("/api/v1/results/{}", ballot.id),
            ),
        ),
        path: night.action(path),
        kind: "kind-law",
        question: law.question.in_language(lang),
        headline,
        turnout: turnout_line(night, view.turnout, hours.as_ref()),
        curve: hours.and_then(|hours| hours.curve),
        gauges: votes
            .into_iter()
            .chain(decision.regions_gauge(night))
            .collect(),
        needs: needs(night, law),
        verdict: decision.verdict(),
        answers: total.map(|total| answers(night, law, total)),
        all_votes: match view.progress.is_complete() {
            true => "row-total",
            false => "row-counted",
        },
        of_all_votes: match view.progress.is_complete() {
            true => "of-all-votes",
            false => "of-counted-votes",
        },
        dots: region_dots(night, law, &regions),
        atlas: match regions.is_empty() {
            true => Vec::new(),
            false => atlas(night, law, &regions),
        },
        found: regions.iter().filter(|region| !region.is_hidden).count(),
        regions,
        search: &night.asked.search,
        search_label: "region-search-only",
        shows: Some(show_lines(night)),
        patterns: chart::patterns(),
        standing,
    };
    night.finish(Page::new(night.lang(), &page))
}

pub(super) fn answers(night: &Night<'_>, law: &Law, counts: AnswerCounts) -> Answers {
    let valid = counts.valid();
    let total = valid.saturating_add(counts.blanc);
    let line = |votes, whole| AnswerLine {
        votes: night.count(votes),
        percent: night.percent(votes, whole),
        width: width(votes, whole),
    };
    Answers {
        oui: line(counts.oui, valid),
        non: line(counts.non, valid),
        blanc: law.allow_blank.then(|| line(counts.blanc, total)),
        valid: night.count(valid),
        total: night.count(total),
        any: valid > 0,
    }
}

fn needs(night: &Night<'_>, law: &Law) -> Needs {
    let t = night.t();
    let share = share_text(night, law.threshold.votes);
    Needs {
        votes: t.fill("needs-votes", [("share", share.into())]),
        regions: law.threshold.regions.as_ref().map(|double| {
            let share = share_text(night, double.share);
            let votes = share_text(night, double.votes);
            t.fill(
                "needs-regions",
                [("share", share.into()), ("votes", votes.into())],
            )
        }),
    }
}
