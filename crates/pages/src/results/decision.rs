//! What a law needs, how far it is, and whether it has it once every vote is counted.

use election::{Law, Share};

use super::night::{Night, width};
use super::view::{AnswerCounts, LawView, RegionAnswers};
use crate::wording;

/// What the votes counted so far say of a law.
pub(super) struct Decision {
    /// The second majority, where the law has one.
    pub(super) regions: Option<RegionsNeeded>,
    /// Once every vote is counted, where all that decides is shown.
    pub(super) passes: Option<bool>,
    is_complete: bool,
}

/// The second majority: regions that must approve.
pub(super) struct RegionsNeeded {
    /// Regions that approve so far; none where they are not shown.
    pub(super) have: Option<u64>,
    pub(super) needed: u64,
    pub(super) all: u64,
}

/// A bar with the line that it must reach, and its words.
pub(super) struct Gauge {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) width: String,
    /// Where the line stands, and what it says.
    pub(super) mark: String,
    pub(super) needed: String,
    pub(super) is_reached: bool,
}

impl Decision {
    pub(super) fn of(night: &Night<'_>, law: &Law, view: &LawView) -> Decision {
        let all = night.context.event.regions.len() as u64;
        let counts = view.seen.counts();
        let by_region = counts.and_then(|counts| counts.regions.as_ref());
        let regions = law.threshold.regions.as_ref().map(|double| {
            let carries = |r: &&RegionAnswers| {
                r.region != 0 && double.votes.reached_by(r.answers.oui, r.answers.valid())
            };
            RegionsNeeded {
                have: by_region.map(|regions| regions.iter().filter(carries).count() as u64),
                needed: fewest_that_reach(double.share, all),
                all,
            }
        });
        // With a second majority that is not shown there is no verdict.
        let by_regions = match &regions {
            None => Some(true),
            Some(regions) => regions.have.map(|have| have >= regions.needed),
        };
        let total = counts.map(|counts| counts.total);
        let total = total.filter(|total| total.valid() > 0);
        let passes = total.zip(by_regions).map(|(total, by_regions)| {
            let share = law.threshold.votes;
            share.reached_by(total.oui, total.valid()) && by_regions
        });
        let is_complete = view.progress.is_complete();
        Decision {
            regions,
            // While votes may still come, the bar with its line says all there is to say.
            passes: passes.filter(|_| is_complete),
            is_complete,
        }
    }

    /// Message id of the verdict.
    pub(super) fn verdict(&self) -> Option<&'static str> {
        self.passes.map(|passes| match passes {
            true => "verdict-passed",
            false => "verdict-failed",
        })
    }

    /// The state of the law in words; `total` has a valid vote.
    pub(super) fn sentence(&self, night: &Night<'_>, law: &Law, total: AnswerCounts) -> String {
        let t = night.t();
        let oui = oui_percent(night, law, total);
        let needed = share_text(night, law.threshold.votes);
        let first = match (self.passes, total.oui.cmp(&total.non)) {
            (Some(true), _) => "headline-law-passes",
            (Some(false), _) => "headline-law-fails",
            (None, _) if self.is_complete => "headline-law-open",
            (None, std::cmp::Ordering::Greater) => "headline-law-yes",
            (None, std::cmp::Ordering::Less) => "headline-law-no",
            (None, std::cmp::Ordering::Equal) => "headline-law-level",
        };
        let first = t.fill(first, [("percent", oui.into()), ("needed", needed.into())]);
        let Some(regions) = &self.regions else {
            return first;
        };
        let (needed, all) = (regions.needed, regions.all);
        let second = match regions.have {
            Some(have) => t.fill(
                "headline-law-regions-have",
                [
                    ("have", have.into()),
                    ("needed", needed.into()),
                    ("all", all.into()),
                ],
            ),
            None => t.fill(
                "headline-law-regions",
                [("needed", needed.into()), ("all", all.into())],
            ),
        };
        format!("{first} {second}")
    }

    /// The gauge of regions that approve; none where the law needs none, or they are not shown.
    pub(super) fn regions_gauge(&self, night: &Night<'_>) -> Option<Gauge> {
        let t = night.t();
        let regions = self.regions.as_ref()?;
        let have = regions.have?;
        Some(Gauge {
            label: t.get("gauge-regions").into_owned(),
            value: t.fill(
                "gauge-regions-value",
                [("have", have.into()), ("all", regions.all.into())],
            ),
            width: width(have, regions.all),
            mark: width(regions.needed, regions.all),
            needed: t.fill(
                "gauge-needed",
                [("needed", regions.needed.to_string().into())],
            ),
            is_reached: have >= regions.needed,
        })
    }
}

/// The gauge of yes among the valid votes.
pub(super) fn votes_gauge(night: &Night<'_>, law: &Law, total: AnswerCounts) -> Gauge {
    let t = night.t();
    let share = law.threshold.votes;
    let needed = share_text(night, share);
    Gauge {
        label: t.get("col-oui-share").into_owned(),
        value: oui_percent(night, law, total),
        width: width(total.oui, total.valid()),
        mark: mark_of(share),
        needed: t.fill("gauge-needed", [("needed", needed.into())]),
        is_reached: share.reached_by(total.oui, total.valid()),
    }
}

/// Yes among the valid votes, never rounded across what is needed, nor across one half.
fn oui_percent(night: &Night<'_>, law: &Law, total: AnswerCounts) -> String {
    let share = law.threshold.votes;
    let others = [(share.numerator, share.denominator), (1, 2)];
    wording::percent_beside(night.lang(), total.oui, total.valid(), &others)
}

/// Where the line of a share stands on a bar.
pub(super) fn mark_of(share: Share) -> String {
    width(u64::from(share.numerator), u64::from(share.denominator))
}

/// The fewest of `all` that reach the share.
fn fewest_that_reach(share: Share, all: u64) -> u64 {
    let reaching = (0..=all).find(|part| share.reached_by(*part, all));
    reaching.unwrap_or(all) // an event without regions has no second majority
}

/// `more than 50%`, `at least 2/3`.
pub(super) fn share_text(night: &Night<'_>, share: Share) -> String {
    let id = if share.more_than {
        "share-more"
    } else {
        "share-least"
    };
    let fraction = wording::fraction(night.lang(), share.numerator, share.denominator);
    night.t().fill(id, [("share", fraction.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_regions_that_reach_a_share_are_whole_regions() {
        for (share, all, fewest) in [
            ("at least 3/5", 6, 4),
            ("at least 3/5", 5, 3),
            ("more than 1/2", 6, 4),
            ("more than 1/2", 125, 63),
            ("100%", 125, 125),
        ] {
            let share: Share = share.parse().expect("a share");
            assert_eq!(fewest_that_reach(share, all), fewest, "{share} of {all}");
        }
    }
}
