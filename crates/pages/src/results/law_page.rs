//! A law: what it needs and how far it is, turnout, and the regions.

use askama::Template;
use election::{Ballot, Law};

use super::decision::{Decision, Gauge, share_text, votes_gauge};
use super::headline::Headline;
use super::newsroom::Newsroom;
use super::night::{Night, Standing, TurnoutLine, ballot_path, width};
use super::region_list::ShowLine;
use super::view::{AnswerCounts, LawView, RegionAnswers};
use crate::chart::{self, Dots};
use crate::frame::{Frame, Page};
use crate::wording;

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
    answers: Option<Answers>,
    gauges: Vec<Gauge>,
    needs: Needs,
    /// Message id of the verdict, and its style class.
    verdict: Option<&'static str>,
    regions: Vec<RegionLine<'a>>,
    search: &'a str,
    /// Message id of what can be searched for.
    search_label: &'static str,
    /// Always none: a law's regions have neither seats nor ties to filter by.
    shows: Option<Vec<ShowLine>>,
    /// Regions that the search leaves in the list.
    found: usize,
    dots: Option<RegionDots>,
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

struct RegionLine<'a> {
    number: u16,
    name: &'a str,
    code: &'a str,
    oui: String,
    non: String,
    percent: String,
    width: String,
    /// Of all valid votes, in thousandths; none where there is none.
    thousandths: Option<u64>,
    /// Of the second majority, where the law has one.
    carries: Option<bool>,
    is_hidden: bool,
}

/// Regions over one axis.
struct RegionDots {
    drawn: Dots,
    /// What the line says.
    needed: String,
    /// Name and share of each dot, by its position.
    titles: Vec<String>,
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
    let page = LawPage {
        frame: night.frame(
            ballot.title.in_language(lang).to_owned(),
            &path,
            &headline.text,
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
        turnout: TurnoutLine::of(night, view.turnout),
        gauges: votes
            .into_iter()
            .chain(decision.regions_gauge(night))
            .collect(),
        needs: needs(night, law),
        verdict: decision.verdict(),
        answers: total.map(|total| answers(night, law, total)),
        dots: region_dots(night, law, &regions),
        found: regions.iter().filter(|region| !region.is_hidden).count(),
        regions,
        search: &night.asked.search,
        search_label: "region-search-only",
        shows: None,
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

/// Regions with the share that a region needs nearest to theirs first.
fn region_lines<'a>(night: &Night<'a>, law: &Law, view: &LawView) -> Vec<RegionLine<'a>> {
    let double = law.threshold.regions.as_ref();
    let of = |region: &RegionAnswers| {
        let place = night.context.event.region(region.region)?;
        let RegionAnswers { answers, .. } = region;
        let valid = answers.valid();
        let name = place.name.in_language(night.lang());
        Some(RegionLine {
            number: region.region,
            name,
            code: &place.code,
            oui: night.count(answers.oui),
            non: night.count(answers.non),
            percent: night.percent(answers.oui, valid),
            width: width(answers.oui, valid),
            thousandths: (valid > 0).then(|| wording::thousandths(answers.oui, valid)),
            carries: double.map(|double| double.votes.reached_by(answers.oui, valid)),
            is_hidden: !night.asked.finds(&format!("{name} {}", place.code)),
        })
    };
    let counts = view.seen.counts();
    let regions = counts.and_then(|counts| counts.regions.as_ref());
    let mut lines: Vec<RegionLine<'_>> = regions.into_iter().flatten().filter_map(of).collect();
    let needed = needed_thousandths(law);
    lines.sort_by_key(|line| line.thousandths.map_or(u64::MAX, |x| x.abs_diff(needed)));
    lines
}

/// The share that the line among the regions stands for: their own, where the law has a second majority.
fn needed_thousandths(law: &Law) -> u64 {
    let double = law.threshold.regions.as_ref();
    let share = double.map_or(law.threshold.votes, |double| double.votes);
    wording::thousandths(u64::from(share.numerator), u64::from(share.denominator))
}

fn region_dots(night: &Night<'_>, law: &Law, regions: &[RegionLine<'_>]) -> Option<RegionDots> {
    let with_votes = || regions.iter().filter(|region| region.thousandths.is_some());
    let shares: Vec<u64> = with_votes().filter_map(|r| r.thousandths).collect();
    let double = law.threshold.regions.as_ref();
    let share = double.map_or(law.threshold.votes, |double| double.votes);
    let needed = share_text(night, share);
    let title = |region: &RegionLine<'_>| {
        let (name, value) = (region.name.into(), region.percent.as_str().into());
        night.t().fill("says", [("name", name), ("value", value)])
    };
    (!shares.is_empty()).then(|| RegionDots {
        drawn: chart::dots(&shares, needed_thousandths(law)),
        needed: night.t().fill("gauge-needed", [("needed", needed.into())]),
        titles: with_votes().map(title).collect(),
    })
}
