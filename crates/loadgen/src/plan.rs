//! Which request stands at each position of the run: a pure function of the position, so that nothing
//! has to be remembered.

use anyhow::{Result, bail};

use crate::args::{Settings, Share};
use crate::offer::Offer;
use crate::random::{Purpose, Random};
use crate::roll::Voter;

/// One request of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The first vote of a voter on a ballot; the number is an argument of [`Votes::at`].
    Vote(u64),
    /// A recorded vote repeated with another choice.
    Duplicate(u64),
    /// A vote with a credential that is not on the roll.
    Invalid(u64),
    /// A body that is not a vote.
    Malformed(u64),
    /// A body that arrives byte by byte.
    Slow(u64),
}

/// How many requests of each kind the run has; they are spread evenly over it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mix {
    pub(crate) votes: u64,
    pub(crate) duplicates: u64,
    pub(crate) invalid: u64,
    pub(crate) malformed: u64,
    pub(crate) slow: u64,
}

impl Mix {
    /// The mix of these settings beside `votes` votes.
    pub(crate) fn new(settings: &Settings, votes: u64) -> Mix {
        Mix {
            votes,
            duplicates: settings.duplicates.of(votes),
            invalid: settings.invalid.of(votes),
            malformed: settings.malformed.of(votes),
            slow: settings.slow.of(votes),
        }
    }

    /// All requests of the run.
    pub(crate) fn total(&self) -> u64 {
        self.votes + self.duplicates + self.invalid + self.malformed + self.slow
    }

    /// What request `index` is; `index` counts from 0 to below [`Mix::total`].
    pub(crate) fn slot(&self, index: u64) -> Slot {
        let extras = self.total() - self.votes;
        let index = match spread(index, self.votes, extras) {
            Ok(vote) => return Slot::Vote(vote),
            Err(index) => index,
        };
        let index = match spread(index, self.duplicates, extras - self.duplicates) {
            Ok(duplicate) => return Slot::Duplicate(duplicate),
            Err(index) => index,
        };
        let index = match spread(index, self.invalid, self.malformed + self.slow) {
            Ok(invalid) => return Slot::Invalid(invalid),
            Err(index) => index,
        };
        match spread(index, self.malformed, self.slow) {
            Ok(malformed) => Slot::Malformed(malformed),
            Err(slow) => Slot::Slow(slow),
        }
    }
}

/// Spreads `these` evenly among `others`: `Ok(n)` where position `index` is the n-th of these,
/// `Err(n)` where it is the n-th of the others. Position 0 is one of these, if there are any.
fn spread(index: u64, these: u64, others: u64) -> Result<u64, u64> {
    let all = u128::from(these + others).max(1);
    let before = |at: u64| (u128::from(at) * u128::from(these)).div_ceil(all);
    let these_before = before(index);
    let narrow = u64::try_from(these_before).expect("at most `these`, which are a u64");
    if before(index + 1) > these_before {
        Ok(narrow)
    } else {
        Err(index - narrow)
    }
}

/// Most times that one vote is sent at the same moment.
pub(crate) const RACING_MAX: u32 = 3;

/// Which first votes are sent several times at the same moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Races {
    share: Share,
    seed: u64,
}

impl Races {
    /// The races of these settings.
    pub(crate) fn new(settings: &Settings) -> Races {
        Races {
            share: settings.races,
            seed: settings.seed,
        }
    }

    /// How many times the request of a slot is sent at the same moment: once, or 2 to [`RACING_MAX`] times.
    pub(crate) fn times(&self, slot: Slot) -> u32 {
        let Slot::Vote(number) = slot else {
            return 1;
        };
        let mut random = Random::of(self.seed, Purpose::Race, number);
        match (self.share.takes(&mut random), random.next() % 2) {
            (false, _) => 1,
            (true, 0) => 2,
            (true, _) => RACING_MAX,
        }
    }
}

/// Every first vote that can be cast: each voter on each ballot that the voter's region votes on,
/// a voter's ballots one after the other, voters in random order.
#[derive(Debug)]
pub(crate) struct Votes {
    /// Positions in the roll, shuffled.
    order: Vec<u32>,
    /// `starts[i]` = votes of all voters before `order[i]`; one entry more than voters.
    starts: Vec<u64>,
}

impl Votes {
    /// Counts and orders them. Errors where the roll has more than 2^32 voters or none may vote.
    pub(crate) fn new(roll: &[Voter], offer: &Offer, seed: u64) -> Result<Votes> {
        let Ok(voters) = u32::try_from(roll.len()) else {
            bail!(
                "the roll has {} voters, expected at most {}: split it",
                roll.len(),
                u32::MAX
            );
        };
        let mut order: Vec<u32> = (0..voters).collect();
        Random::of(seed, Purpose::Order, 0).shuffle(&mut order);
        let mut starts = Vec::with_capacity(roll.len() + 1);
        let mut total = 0;
        starts.push(0);
        for &voter in &order {
            total += offer.ballots_of(roll[voter as usize].region).len() as u64;
            starts.push(total);
        }
        if total == 0 {
            bail!("no voter of the roll may vote on these ballots: compare their regions");
        }
        Ok(Votes { order, starts })
    }

    /// All votes that can be cast.
    pub(crate) fn total(&self) -> u64 {
        *self
            .starts
            .last()
            .expect("starts has one entry more than there are voters")
    }

    /// Who casts vote `index` (position in the roll) and on which of the voter's ballots.
    /// `index` is below [`Votes::total`].
    #[allow(clippy::cast_possible_truncation)] // below a voter's number of ballots
    pub(crate) fn at(&self, index: u64) -> (usize, usize) {
        let place = self.starts.partition_point(|&start| start <= index) - 1; // starts[0] is 0
        let nth_ballot = index - self.starts[place];
        (self.order[place] as usize, nth_ballot as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Every kind occurs exactly as often as asked, numbered without gaps.
    fn check(mix: Mix) {
        let mut seen: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for index in 0..mix.total() {
            let (kind, number) = match mix.slot(index) {
                Slot::Vote(n) => ("vote", n),
                Slot::Duplicate(n) => ("duplicate", n),
                Slot::Invalid(n) => ("invalid", n),
                Slot::Malformed(n) => ("malformed", n),
                Slot::Slow(n) => ("slow", n),
            };
            seen.entry(kind).or_default().push(number);
        }
        for (kind, expected) in [
            ("vote", mix.votes),
            ("duplicate", mix.duplicates),
            ("invalid", mix.invalid),
            ("malformed", mix.malformed),
            ("slow", mix.slow),
        ] {
            let numbers = seen.remove(kind).unwrap_or_default();
            assert_eq!(
                numbers,
                (0..expected).collect::<Vec<_>>(),
                "{kind} of {mix:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_request_of_the_mix_comes_once(
            votes in 1_u64..300, duplicates in 0_u64..40, invalid in 0_u64..40,
            malformed in 0_u64..40, slow in 0_u64..400,
        ) {
            check(Mix { votes, duplicates, invalid, malformed, slow });
        }
    }

    #[test]
    fn the_first_request_is_a_vote_and_errors_come_throughout() {
        let mix = Mix {
            votes: 1_000,
            duplicates: 20,
            invalid: 10,
            malformed: 10,
            slow: 0,
        };
        assert_eq!(mix.slot(0), Slot::Vote(0));
        let halves = (0..520)
            .filter(|&i| !matches!(mix.slot(i), Slot::Vote(_)))
            .count();
        assert_eq!(halves, 20);
    }
}
