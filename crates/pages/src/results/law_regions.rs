//! The regions of a law: a list, dots over one axis, and pictures shaded by their share of Yes.

use std::collections::BTreeMap;

use election::{Law, Share};

use super::asked::Show;
use super::atlas::{Look, NOBODY, Picture, pictures};
use super::decision::share_text;
use super::night::{Night, width};
use super::parties::Fill;
use super::region_list::ShowLine;
use super::view::{AnswerCounts, LawView, RegionAnswers};
use crate::chart::{self, Dots};
use crate::wording;

/// Thousandths from what is needed: nearer is close, and paler in a picture.
const CLOSE: u64 = 50;
/// Thousandths from what is needed, from which on a picture is not stronger any more.
const CLEAR: u64 = 150;
/// The pattern of No, as in its bar.
const NO: Fill<'static> = Fill {
    pattern: 2,
    ..NOBODY
};

/// A region in the list.
pub(super) struct RegionLine<'a> {
    pub(super) number: u16,
    pub(super) name: &'a str,
    pub(super) code: &'a str,
    pub(super) oui: String,
    pub(super) non: String,
    pub(super) percent: String,
    pub(super) width: String,
    /// Of all valid votes, in thousandths; none where there is none.
    pub(super) thousandths: Option<u64>,
    /// Whether it reaches the line.
    reaches: bool,
    /// Of the second majority, where the law has one.
    pub(super) carries: Option<bool>,
    /// The filters that show the region, as scripts know them.
    pub(super) shows: String,
    pub(super) is_hidden: bool,
}

/// Regions over one axis.
pub(super) struct RegionDots {
    pub(super) drawn: Dots,
    /// What the line says.
    pub(super) needed: String,
    /// Name and share of each dot, by its position.
    pub(super) titles: Vec<String>,
}

/// The choices of the filter, in order.
pub(super) fn show_lines(night: &Night<'_>) -> Vec<ShowLine> {
    let lines = Show::OF_LAWS.into_iter().map(|show| ShowLine {
        name: show.name(),
        label: match show {
            Show::Closest => "show-near",
            Show::Against => "show-against",
            Show::Tied => "show-level",
            Show::NotReleased => "show-unreleased",
            Show::All | Show::Gains => "show-all",
        },
        is_asked: show == night.asked.show,
    });
    lines.collect()
}

/// Regions with the share that a region needs nearest to theirs first.
pub(super) fn region_lines<'a>(
    night: &Night<'a>,
    law: &Law,
    view: &LawView,
) -> Vec<RegionLine<'a>> {
    let needed = needed_thousandths(law);
    let double = law.threshold.regions.as_ref();
    let of = |region: &RegionAnswers| {
        let place = night.context.event.region(region.region)?;
        let RegionAnswers { answers, .. } = region;
        let valid = answers.valid();
        let name = place.name.in_language(night.lang());
        let shows = Show::OF_LAWS.into_iter();
        let shows = shows.filter(|show| is_in(*show, *answers, needed));
        let shows: Vec<&str> = shows.map(Show::name).collect();
        let is_found = night.asked.finds(&format!("{name} {}", place.code));
        Some(RegionLine {
            number: region.region,
            name,
            code: &place.code,
            oui: night.count(answers.oui),
            non: night.count(answers.non),
            percent: night.percent(answers.oui, valid),
            width: width(answers.oui, valid),
            thousandths: (valid > 0).then(|| wording::thousandths(answers.oui, valid)),
            reaches: line_of(law).reached_by(answers.oui, valid),
            carries: double.map(|double| double.votes.reached_by(answers.oui, valid)),
            is_hidden: !is_found || !shows.contains(&night.asked.show.name()),
            shows: shows[1..].join(" "),
        })
    };
    let counts = view.seen.counts();
    let regions = counts.and_then(|counts| counts.regions.as_ref());
    let mut lines: Vec<RegionLine<'_>> = regions.into_iter().flatten().filter_map(of).collect();
    lines.sort_by_key(|line| line.thousandths.map_or(u64::MAX, |x| x.abs_diff(needed)));
    lines
}

/// Whether a filter of the list shows a region with these answers.
fn is_in(show: Show, answers: AnswerCounts, needed: u64) -> bool {
    let valid = answers.valid();
    let is_level = valid > 0 && answers.oui == answers.non;
    match show {
        Show::All => true,
        Show::Closest => {
            let share = wording::thousandths(answers.oui, valid);
            valid > 0 && share.abs_diff(needed) < CLOSE
        }
        Show::Against => answers.non > answers.oui,
        Show::Tied => is_level,
        Show::NotReleased => valid == 0 && answers.blanc == 0,
        Show::Gains => false,
    }
}

/// What the line among the regions stands for: their own share, where the law has a second majority.
fn line_of(law: &Law) -> Share {
    let double = law.threshold.regions.as_ref();
    double.map_or(law.threshold.votes, |double| double.votes)
}

fn needed_thousandths(law: &Law) -> u64 {
    let share = line_of(law);
    wording::thousandths(u64::from(share.numerator), u64::from(share.denominator))
}

/// None before the first region has a valid vote.
pub(super) fn region_dots(
    night: &Night<'_>,
    law: &Law,
    regions: &[RegionLine<'_>],
) -> Option<RegionDots> {
    let with_votes = || regions.iter().filter(|region| region.thousandths.is_some());
    let shares: Vec<u64> = with_votes().filter_map(|r| r.thousandths).collect();
    let needed = share_text(night, line_of(law));
    (!shares.is_empty()).then(|| RegionDots {
        drawn: chart::dots(&shares, needed_thousandths(law)),
        needed: night.t().fill("gauge-needed", [("needed", needed.into())]),
        titles: with_votes().map(|region| title(night, region)).collect(),
    })
}

fn title(night: &Night<'_>, region: &RegionLine<'_>) -> String {
    let (name, value) = (region.name.into(), region.percent.as_str().into());
    night.t().fill("says", [("name", name), ("value", value)])
}

/// Pictures shaded by the share of Yes: two kinds of fill on the two sides of what is needed, stronger further from it,
/// with the share on each hexagon. A region that no vote came from is empty.
pub(super) fn atlas<'a>(
    night: &Night<'a>,
    law: &Law,
    regions: &[RegionLine<'a>],
) -> Vec<Picture<'a>> {
    let needed = needed_thousandths(law);
    let lines: BTreeMap<u16, &RegionLine<'a>> =
        regions.iter().map(|line| (line.number, line)).collect();
    pictures(night, |number| {
        let empty = |name: &str| Look {
            href: None,
            title: format!("{name} – {}", night.t().get("no-votes")),
            fill: NOBODY,
            standing: "area-nobody",
            is_left_out: false,
            word: String::new(),
        };
        let Some(line) = lines.get(&number) else {
            let place = night.context.event.region(number)?;
            return Some(empty(place.name.in_language(night.lang())));
        };
        let Some(share) = line.thousandths else {
            return Some(empty(line.name));
        };
        Some(Look {
            title: title(night, line),
            fill: if line.reaches { NOBODY } else { NO },
            standing: standing(line.reaches, share.abs_diff(needed)),
            is_left_out: line.is_hidden,
            // Never rounded up to what is needed.
            word: (share / 10).to_string(),
            ..empty(line.name)
        })
    })
}

/// Style class of a share that reaches the line or does not, so far from it.
fn standing(reaches: bool, distance: u64) -> &'static str {
    match (reaches, distance) {
        (true, ..CLOSE) => "share-oui pale",
        (true, CLOSE..CLEAR) => "share-oui medium",
        (true, _) => "share-oui",
        (false, ..CLOSE) => "share-non pale",
        (false, CLOSE..CLEAR) => "share-non medium",
        (false, _) => "share-non",
    }
}
