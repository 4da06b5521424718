//! A law: the bar, what it needs, turnout, and the regions.

use askama::Template;
use election::{Ballot, Law, Share};

use super::night::{Night, Standing, TurnoutLine, ballot_path, width};
use super::view::{AnswerCounts, LawView, RegionAnswers};
use crate::frame::{Frame, Page};

#[derive(Template)]
#[template(path = "results/law.html")]
struct LawPage<'a> {
    frame: Frame<'a>,
    stream: Option<&'a str>,
    full: String,
    csv: String,
    embed_path: String,
    kind: &'static str,
    question: &'a str,
    standing: Standing,
    turnout: TurnoutLine,
    answers: Option<Answers>,
    needs: Needs,
    regions: Vec<RegionLine<'a>>,
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

pub(super) struct AnswerLine {
    pub(super) votes: String,
    /// Of valid votes; of all votes for blank ones.
    pub(super) percent: String,
    pub(super) width: String,
}

/// What the law needs, and whether it has it.
pub(super) struct Needs {
    votes: String,
    /// Where the mark of the threshold stands on the bar.
    mark: String,
    regions: Option<String>,
    regions_have: Option<String>,
    /// Message id of the verdict, once every vote is counted.
    pub(super) verdict: Option<&'static str>,
}

struct RegionLine<'a> {
    name: &'a str,
    code: &'a str,
    oui: String,
    non: String,
    percent: String,
    width: String,
    /// Of the second majority, where the law has one.
    carries: Option<bool>,
}

/// The page of a law.
#[must_use]
pub fn law(night: &Night<'_>, ballot: &Ballot, law: &Law, view: &LawView) -> Page {
    let path = ballot_path(&ballot.id);
    let lang = night.lang();
    let standing = Standing::of(night, ballot, &view.progress, &view.seen);
    let counts = view.seen.counts();
    let answers = counts.map(|counts| answers(night, law, counts.total));
    let page = LawPage {
        frame: night.frame(ballot.title.in_language(lang).to_owned(), &path),
        stream: night.stream,
        full: night.link(&path),
        csv: night.link(&format!("{path}/results.csv")),
        embed_path: night.link(&format!("/embed{path}")),
        kind: "kind-law",
        question: law.question.in_language(lang),
        turnout: TurnoutLine::of(night, view.turnout),
        needs: needs(night, law, view),
        answers,
        regions: region_lines(night, law, view),
        patterns: crate::chart::patterns(),
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

pub(super) fn needs(night: &Night<'_>, law: &Law, view: &LawView) -> Needs {
    let t = night.t();
    let share = law.threshold.votes;
    let double = law.threshold.regions.as_ref();
    let all_regions = night.context.event.regions.len() as u64;
    let counts = view.seen.counts();
    let regions = counts.and_then(|counts| counts.regions.as_ref());
    let carried = double.zip(regions).map(|(double, regions)| {
        let carries = |r: &&RegionAnswers| {
            r.region != 0 && double.votes.reached_by(r.answers.oui, r.answers.valid())
        };
        regions.iter().filter(carries).count() as u64
    });
    // With a second majority that is not shown there is no verdict.
    let by_regions = match (double, carried) {
        (None, _) => Some(true),
        (Some(double), Some(carried)) => Some(double.share.reached_by(carried, all_regions)),
        (Some(_), None) => None,
    };
    let total = counts
        .map(|counts| counts.total)
        .filter(|total| total.valid() > 0);
    let reached = total
        .zip(by_regions)
        .map(|(total, by_regions)| share.reached_by(total.oui, total.valid()) && by_regions);
    Needs {
        votes: t.fill("needs-votes", [("share", share_text(night, share).into())]),
        mark: width(u64::from(share.numerator), u64::from(share.denominator)),
        regions: double.map(|double| {
            let share = share_text(night, double.share);
            let votes = share_text(night, double.votes);
            t.fill(
                "needs-regions",
                [("share", share.into()), ("votes", votes.into())],
            )
        }),
        regions_have: carried.map(|carried| {
            let (have, all) = (night.count(carried), night.count(all_regions));
            t.fill(
                "needs-regions-have",
                [("have", have.into()), ("all", all.into())],
            )
        }),
        // While votes may still come, the bar with its mark says all there is to say.
        verdict: reached
            .filter(|_| view.progress.is_complete())
            .map(|reached| match reached {
                true => "verdict-passed",
                false => "verdict-failed",
            }),
    }
}

fn share_text(night: &Night<'_>, share: Share) -> String {
    let id = if share.more_than {
        "share-more"
    } else {
        "share-least"
    };
    let said = whole_percent(night, share);
    let said = said.unwrap_or_else(|| format!("{}/{}", share.numerator, share.denominator));
    night.t().fill(id, [("share", said.into())])
}

/// The share in per cent, where it is a whole number of them.
fn whole_percent(night: &Night<'_>, share: Share) -> Option<String> {
    let (part, whole) = (
        u64::from(share.numerator) * 100,
        u64::from(share.denominator),
    );
    let percent = part
        .is_multiple_of(whole)
        .then(|| night.count(part / whole))?;
    Some(night.t().fill("percent", [("number", percent.into())]))
}

fn region_lines<'a>(night: &Night<'a>, law: &Law, view: &LawView) -> Vec<RegionLine<'a>> {
    let double = law.threshold.regions.as_ref();
    let of = |region: &RegionAnswers| {
        let place = night.context.event.region(region.region)?;
        let RegionAnswers { answers, .. } = region;
        Some(RegionLine {
            name: place.name.in_language(night.lang()),
            code: &place.code,
            oui: night.count(answers.oui),
            non: night.count(answers.non),
            percent: night.percent(answers.oui, answers.valid()),
            width: width(answers.oui, answers.valid()),
            carries: double.map(|double| double.votes.reached_by(answers.oui, answers.valid())),
        })
    };
    let regions = view
        .seen
        .counts()
        .and_then(|counts| counts.regions.as_ref());
    regions.into_iter().flatten().filter_map(of).collect()
}
