//! `baseline.json`: what an earlier event resulted in, by ballot, region and party of today's event.
//!
//! It holds sums that the office published long ago: no names of people, and no text but the earlier event's
//! title, which stands in the definition and is checked like every text that voters read.

#[cfg(feature = "builder")]
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use election::{Ballot, Election, Event, Text};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::canonical::{decode, encode};
use crate::limits::{ROWS_MAX, SEATS_MAX, VOTES_MAX};
use crate::turnout::EarlierTurnout;

/// The format that this program reads and writes.
const FORMAT: &str = "scrutin-baseline-1";

/// What an earlier event resulted in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    format: String,
    title: Text,
    #[serde(serialize_with = "write_day", deserialize_with = "read_day")]
    date: Date,
    ballots: Vec<EarlierBallot>,
}

/// The earlier votes that one election of today is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierBallot {
    /// Code of today's election.
    pub ballot: String,
    /// Every region in which candidates stand today, by ascending number.
    pub regions: Vec<EarlierRegion>,
    /// How many had voted by which hour, where the office brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnout: Option<EarlierTurnout>,
}

/// The earlier votes of one region, within its borders of today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierRegion {
    /// Number of the region in today's event.
    pub region: u16,
    /// Parties in the order of the event, then whoever else stood.
    pub results: Vec<EarlierResult>,
}

/// What one party had in a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierResult {
    /// Code of the party in today's event; none for independents and for parties that are gone, together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Valid votes; of a ranked ballot the first choices.
    pub votes: u64,
    /// Seats won in the region.
    pub seats: u32,
}

impl Baseline {
    /// Reads the canonical file and holds it against the event. Errors say what is wrong.
    ///
    /// # Errors
    /// Another format or form, bounds exceeded, what the event does not have.
    pub fn from_json(bytes: &[u8], event: &Event) -> Result<Baseline, String> {
        let baseline: Baseline = decode(bytes)?;
        baseline.check(event)?;
        Ok(baseline)
    }

    /// The canonical file of this baseline.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        encode(self)
    }

    /// Title of the earlier event in both languages.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// Day of the earlier event.
    #[must_use]
    pub fn date(&self) -> Date {
        self.date
    }

    /// The elections that are compared, in the order of the event.
    #[must_use]
    pub fn ballots(&self) -> &[EarlierBallot] {
        &self.ballots
    }

    /// The earlier votes that an election of today is compared with, if there are any.
    #[must_use]
    pub fn ballot(&self, id: &str) -> Option<&EarlierBallot> {
        self.ballots.iter().find(|ballot| ballot.ballot == id)
    }

    /// Puts a baseline together; it must be in canonical order.
    #[cfg(feature = "builder")]
    pub(crate) fn new(
        event: &Event,
        title: Text,
        date: Date,
        ballots: Vec<EarlierBallot>,
    ) -> Result<Baseline, String> {
        let baseline = Baseline {
            format: FORMAT.to_owned(),
            title,
            date,
            ballots,
        };
        baseline.check(event)?;
        Ok(baseline)
    }

    /// The same baseline with the turnout of its ballots, by their codes.
    #[cfg(feature = "builder")]
    pub(crate) fn with_turnout(
        mut self,
        event: &Event,
        mut turnout: BTreeMap<String, EarlierTurnout>,
    ) -> Result<Baseline, String> {
        for ballot in &mut self.ballots {
            ballot.turnout = turnout.remove(&ballot.ballot);
        }
        self.check(event)?;
        Ok(self)
    }

    fn check(&self, event: &Event) -> Result<(), String> {
        if self.format != FORMAT {
            let format: String = self.format.chars().take(60).collect();
            return Err(format!(
                "format is {format:?}, expected {FORMAT:?}: use the release that made this package"
            ));
        }
        if let Some(fault) = self.title.title_fault() {
            return Err(format!("title: {fault}"));
        }
        let rows = self.ballots.iter().flat_map(|ballot| &ballot.regions);
        let rows: usize = rows.map(|region| region.results.len()).sum();
        if rows > ROWS_MAX {
            return Err(format!("{rows} rows, at most {ROWS_MAX}"));
        }
        let mut elections = event.elections();
        let is_next = |earlier: &EarlierBallot| elections.any(|(now, _)| now.id == earlier.ballot);
        if self.ballots.is_empty() || !self.ballots.iter().all(is_next) {
            return Err("ballots are not elections of the event in its order".to_owned());
        }
        for earlier in &self.ballots {
            let now = event.ballot(&earlier.ballot).and_then(Ballot::election);
            let now = now.ok_or("ballots are not elections of the event")?;
            earlier
                .check(event, now)
                .map_err(|reason| format!("ballot {}: {reason}", earlier.ballot))?;
        }
        Ok(())
    }
}

impl EarlierBallot {
    /// Votes and seats of a party in all regions; of nobody's party where `party` is none.
    #[must_use]
    pub fn total(&self, party: Option<&str>) -> (u64, u64) {
        let rows = self.regions.iter().flat_map(|region| &region.results);
        let of_party = rows.filter(|row| row.party.as_deref() == party);
        of_party.fold((0, 0), |(votes, seats), row| {
            (votes + row.votes, seats + u64::from(row.seats))
        })
    }

    fn check(&self, event: &Event, election: &Election) -> Result<(), String> {
        let numbers = self.regions.iter().map(|region| region.region);
        if !numbers.eq(election.regions().iter().copied()) {
            return Err("regions are not those of the election by ascending number".to_owned());
        }
        for region in &self.regions {
            region
                .check(event)
                .map_err(|reason| format!("region {}: {reason}", region.region))?;
        }
        match &self.turnout {
            None => Ok(()),
            Some(turnout) => turnout.check(),
        }
    }
}

impl EarlierRegion {
    fn check(&self, event: &Event) -> Result<(), String> {
        let known: Vec<Option<&str>> = sides(event).collect();
        let mut seen = BTreeSet::new();
        let mut last = None;
        for result in &self.results {
            let place = known
                .iter()
                .position(|side| *side == result.party.as_deref());
            if place.is_none() || !seen.insert(place) || place < last {
                return Err("parties are not those of the event, each once, in order".to_owned());
            }
            last = place;
            if result.votes > VOTES_MAX || result.seats > SEATS_MAX {
                return Err(format!(
                    "{} votes and {} seats of a party, at most {VOTES_MAX} and {SEATS_MAX}",
                    result.votes, result.seats
                ));
            }
        }
        match self.results.is_empty() {
            true => Err("nobody has votes".to_owned()),
            false => Ok(()),
        }
    }
}

/// Whoever can have had votes: the parties of the event in its order, then nobody's party.
pub(crate) fn sides(event: &Event) -> impl Iterator<Item = Option<&str>> {
    let parties = event.parties.iter().map(|party| Some(party.code.as_str()));
    parties.chain([None])
}

fn write_day<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

/// A day in any other spelling fails the comparison with the canonical form.
fn read_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}
