//! The event: everything that is voted together, once validated.

use crate::ballot::{Ballot, BallotIndex, Election, Law};
use crate::fault::Fault;
use serde::{Deserialize, Serialize};

/// A validated event. Fields are read-only in spirit: a changed event must be read again, since
/// only [`Event::from_toml`] and [`Event::from_json`] check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Event id: 1 to 32 of `[A-Za-z0-9._-]`, not starting with a dot.
    pub id: String,
    /// Title in both languages.
    pub title: Text,
    /// IANA name of the time zone in which windows are written and shown, e.g. `America/Toronto`.
    pub time_zone: String,
    /// Public half of the box key (X25519, 32 bytes) to which ledgers seal the choices.
    pub box_public_key: [u8; 32],
    /// Parties in the order written.
    pub parties: Vec<Party>,
    /// Regions in the order written.
    pub regions: Vec<Region>,
    pub(crate) ballots: Vec<Ballot>,
}

/// A text in the two official languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

/// A political party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Short code by which candidates name it.
    pub code: String,
    /// Name in both languages.
    pub name: Text,
    /// Colour in charts, `#rrggbb`, lower case.
    pub colour: String,
}

/// A region (riding, district) of the electorate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Number used on the roll and in the ledger, 1 to 65,535.
    pub number: u16,
    /// Short code.
    pub code: String,
    /// Name in both languages.
    pub name: Text,
}

/// What the clock says about a whole event. Whether it is still a draft, its signature says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No ballot has opened.
    Scheduled,
    /// Between the first opening and the last closing.
    Active,
    /// Every ballot is closed.
    Completed,
}

impl Event {
    /// Reads a definition written by people.
    ///
    /// # Errors
    /// Every fault of the text, each with its line.
    pub fn from_toml(text: &str) -> Result<Event, Vec<Fault>> {
        crate::read::from_toml(text)
    }

    /// Reads canonical JSON and checks it by the same rules as a definition.
    ///
    /// # Errors
    /// Every fault, by path; a syntax error alone.
    pub fn from_json(bytes: &[u8]) -> Result<Event, Vec<Fault>> {
        crate::json::from_json(bytes)
    }

    /// The one byte form of this event: fixed key order, no white space, dates as UTC instants.
    #[must_use]
    pub fn to_canonical_json(&self) -> Vec<u8> {
        crate::json::to_json(self)
    }

    /// All ballots in index order: laws, then elections.
    #[must_use]
    pub fn ballots(&self) -> &[Ballot] {
        &self.ballots
    }

    /// The ballot of that id (law id or election code).
    #[must_use]
    pub fn ballot(&self, id: &str) -> Option<&Ballot> {
        self.ballots.iter().find(|b| b.id == id)
    }

    /// The ballot at that index.
    #[must_use]
    pub fn ballot_at(&self, index: BallotIndex) -> Option<&Ballot> {
        self.ballots.get(usize::from(index.0))
    }

    /// The ballot of the election of that number (`election_id` of the HTTP interface).
    #[must_use]
    pub fn election_by_number(&self, number: u32) -> Option<&Ballot> {
        self.elections()
            .find(|(_, e)| e.number == number)
            .map(|(ballot, _)| ballot)
    }

    /// Laws in order.
    pub fn laws(&self) -> impl Iterator<Item = (&Ballot, &Law)> {
        self.ballots.iter().filter_map(|b| Some((b, b.law()?)))
    }

    /// Elections in order.
    pub fn elections(&self) -> impl Iterator<Item = (&Ballot, &Election)> {
        self.ballots.iter().filter_map(|b| Some((b, b.election()?)))
    }

    /// The region of that number.
    #[must_use]
    pub fn region(&self, number: u16) -> Option<&Region> {
        self.regions.iter().find(|r| r.number == number)
    }

    /// The party of that code.
    #[must_use]
    pub fn party(&self, code: &str) -> Option<&Party> {
        self.parties.iter().find(|p| p.code == code)
    }

    /// What the clock says about the event at `now_ms` (UTC).
    #[must_use]
    pub fn phase(&self, now_ms: i64) -> Phase {
        let opened = self.ballots.iter().any(|b| now_ms >= b.opens);
        let all_closed = self.ballots.iter().all(|b| now_ms >= b.closes);
        match (opened, all_closed) {
            (false, _) => Phase::Scheduled,
            (true, false) => Phase::Active,
            (true, true) => Phase::Completed,
        }
    }
}
