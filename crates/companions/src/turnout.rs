//! How many had voted by which hour of an earlier event: sums over a whole ballot, as the office published them.

use serde::{Deserialize, Serialize};

use crate::limits::{HOURS, VOTES_MAX};

/// The turnout of one earlier ballot, hour by hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierTurnout {
    /// Everybody who could vote.
    pub registered: u64,
    /// By ascending hour, the last one at the close; hours may be left out.
    pub until: Vec<VotesUntil>,
}

/// Votes by an hour of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VotesUntil {
    /// Hours of the local clock since the start of the earlier event's day: 20 is 8 p.m., -4 is 8 p.m. of the day
    /// before.
    pub hour: i16,
    /// All votes until then.
    pub votes: u64,
}

impl EarlierTurnout {
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.until.is_empty() {
            return Err("turnout without an hour".to_owned());
        }
        if self.registered > VOTES_MAX {
            let registered = self.registered;
            return Err(format!(
                "{registered} registered voters, at most {VOTES_MAX}"
            ));
        }
        if let Some(wrong) = self.until.iter().find(|until| !HOURS.contains(&until.hour)) {
            let (hour, first, last) = (wrong.hour, HOURS.start(), HOURS.end());
            return Err(format!(
                "hour {hour} of turnout, expected {first} to {last}"
            ));
        }
        for pair in self.until.windows(2) {
            if let [before, after] = pair
                && (before.hour >= after.hour || before.votes > after.votes)
            {
                return Err(format!(
                    "turnout until hour {} does not go on from hour {}: hours ascend, and votes never become fewer",
                    after.hour, before.hour
                ));
            }
        }
        let last = self.until.last().map_or(0, |until| until.votes);
        match last <= self.registered {
            true => Ok(()),
            false => Err(format!(
                "turnout of {last} votes of {} registered voters",
                self.registered
            )),
        }
    }
}
