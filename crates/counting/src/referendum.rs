//! Does a law pass? Shares of valid votes as exact fractions, with a second majority of regions
//! where the law asks for one.
//!
//! Valid votes are `oui` and `non`; blank and rejected ones are counted apart by the caller.
//! A double majority asks for a share of all votes and for a share of regions that carry the law
//! on their own, as British Columbia did in 2005 (60 % of the votes, and a majority in 60 % of the
//! districts), or as the cantons do in Switzerland.

/// A share of a whole, as an exact fraction that must be exceeded or reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The share is `numerator` / `denominator`.
    pub numerator: u32,
    /// Must not be zero.
    pub denominator: u32,
    /// True: more than the share is needed. False: the share itself is enough.
    pub more_than: bool,
}

/// What a law needs to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Share of `oui` among all valid votes.
    pub votes: Share,
    /// The second majority, where there is one.
    pub regions: Option<RegionalMajority>,
}

/// The second majority: which share of the regions must carry the law, and what carrying means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionalMajority {
    /// Share of `oui` among the valid votes of a region for it to carry the law.
    pub votes: Share,
    /// Share of all regions that must carry it.
    pub share: Share,
}

/// Valid votes of one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionVotes {
    /// The caller's number for the region; 0 for votes that belong to none.
    pub region: u16,
    /// Votes for the law.
    pub oui: u64,
    /// Votes against the law.
    pub non: u64,
}

/// Result of a referendum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferendumResult {
    /// Votes for the law, in all.
    pub oui: u64,
    /// Votes against it, in all.
    pub non: u64,
    /// `oui` + `non`: the denominator of every share.
    pub valid_votes: u64,
    /// Whether the share of all votes is there.
    pub votes_reached: bool,
    /// Regions that carry the law, in the order given; none where no second majority is asked for.
    pub regions_carried: Option<Vec<u16>>,
    /// Whether the share of regions is there; none where it is not asked for.
    pub regions_reached: Option<bool>,
    /// Whether the law passes.
    pub passed: bool,
    /// Whether |`oui` - `non`| is below one thousandth of the valid votes.
    pub recount: bool,
}

impl Share {
    /// Whether `part` of `whole` has this share. Nothing of nothing never has.
    #[must_use]
    pub fn reached_by(&self, part: u64, whole: u64) -> bool {
        let have = u128::from(part) * u128::from(self.denominator);
        let need = u128::from(whole) * u128::from(self.numerator);
        whole > 0
            && if self.more_than {
                have > need
            } else {
                have >= need
            }
    }
}

/// Decides a law. `votes` has one entry a region (several for one region are summed), and
/// `regions` is the number of regions of the event, those without a vote included: they are part
/// of the denominator of the second majority.
#[must_use]
pub fn decide(votes: &[RegionVotes], regions: u32, threshold: &Threshold) -> ReferendumResult {
    let (mut oui, mut non) = (0, 0);
    let mut by_region: std::collections::BTreeMap<u16, (u64, u64)> = Default::default();
    for entry in votes {
        oui += entry.oui;
        non += entry.non;
        let region = by_region.entry(entry.region).or_default();
        *region = (region.0 + entry.oui, region.1 + entry.non);
    }
    let valid_votes = oui + non;
    let regions_carried = threshold.regions.map(|rule| {
        let carries = |(oui, non): &(u64, u64)| rule.votes.reached_by(*oui, oui + non);
        let carrying = by_region
            .iter()
            .filter(|(region, v)| **region != 0 && carries(v));
        carrying.map(|(region, _)| *region).collect::<Vec<u16>>()
    });
    let regions_reached = threshold
        .regions
        .zip(regions_carried.as_ref())
        .map(|(rule, carried)| rule.share.reached_by(carried.len() as u64, regions.into()));
    let votes_reached = threshold.votes.reached_by(oui, valid_votes);
    ReferendumResult {
        oui,
        non,
        valid_votes,
        votes_reached,
        passed: votes_reached && regions_reached.unwrap_or(true),
        regions_carried,
        regions_reached,
        recount: valid_votes > 0 && crate::plurality::recount(oui.abs_diff(non), valid_votes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Share = Share {
        numerator: 1,
        denominator: 2,
        more_than: true,
    };
    const THREE_FIFTHS: Share = Share {
        numerator: 3,
        denominator: 5,
        more_than: false,
    };

    fn check(votes: &[(u16, u64, u64)], regions: u32, threshold: Threshold, passed: bool) {
        let votes: Vec<RegionVotes> = votes
            .iter()
            .map(|&(region, oui, non)| RegionVotes { region, oui, non })
            .collect();
        assert_eq!(
            decide(&votes, regions, &threshold).passed,
            passed,
            "{votes:?}"
        );
    }

    #[test]
    fn a_simple_majority_is_more_than_half() {
        let simple = Threshold {
            votes: HALF,
            regions: None,
        };
        check(&[(0, 51, 49)], 0, simple, true);
        check(&[(0, 50, 50)], 0, simple, false);
        check(&[(1, 50, 50), (2, 1, 0)], 2, simple, true);
        check(&[], 0, simple, false);
    }

    #[test]
    fn a_share_that_is_reached_exactly_is_enough_when_the_law_says_at_least() {
        let threshold = Threshold {
            votes: THREE_FIFTHS,
            regions: None,
        };
        check(&[(0, 3, 2)], 0, threshold, true);
        check(&[(0, 2_999_999, 2_000_001)], 0, threshold, false);
    }

    #[test]
    fn a_double_majority_needs_both() {
        let double = Threshold {
            votes: THREE_FIFTHS,
            regions: Some(RegionalMajority {
                votes: HALF,
                share: THREE_FIFTHS,
            }),
        };
        check(
            &[
                (1, 90, 10),
                (2, 60, 40),
                (3, 60, 40),
                (4, 49, 51),
                (5, 50, 50),
            ],
            5,
            double,
            true,
        );
        check(
            &[
                (1, 990, 10),
                (2, 60, 40),
                (3, 40, 60),
                (4, 49, 51),
                (5, 50, 50),
            ],
            5,
            double,
            false,
        );
        // A region in which nobody voted carries nothing but still counts as a region.
        check(&[(1, 9, 1), (2, 9, 1), (3, 9, 1)], 5, double, true);
        check(&[(1, 9, 1), (2, 9, 1), (3, 9, 1)], 6, double, false);
        // A region with as many yes as no does not say yes.
        check(&[(1, 9, 1), (2, 9, 1), (3, 5, 5)], 5, double, false);
        check(&[(1, 9, 1), (2, 9, 1), (3, 6, 5)], 5, double, true);
        // Votes of no region count in the whole only.
        check(&[(0, 900, 1), (1, 9, 1), (2, 9, 1)], 5, double, false);
    }
}
