//! The event: everything that is voted together, once validated.

use serde::{Deserialize, Serialize};
use transparency::Policy;

use crate::authority::Authority;
use crate::ballot::{Ballot, BallotIndex, Election, Law};
use crate::log::EventLog;
use crate::text::Text;

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
    /// Public half of the count key (X25519, 32 bytes), to which ledgers seal masked counts.
    pub count_key: [u8; 32],
    /// Public half of the mask key, to which ledgers seal the masks and each ranking.
    pub mask_key: [u8; 32],
    /// The log that the ledger is kept as; none where nobody outside watches it.
    pub log: Option<EventLog>,
    /// Whom voters call, and where the real site is; none where the pages have nobody to name.
    pub authority: Option<Authority>,
    /// Parties in the order written.
    pub parties: Vec<Party>,
    /// Regions in the order written.
    pub regions: Vec<Region>,
    pub(crate) ballots: Vec<Ballot>,
}

/// A political party that candidates may stand for.
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
    /// Short code for lists and file names, unique in the event.
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

    /// The laws in the order written, each with its ballot.
    pub fn laws(&self) -> impl Iterator<Item = (&Ballot, &Law)> {
        self.ballots.iter().filter_map(|b| Some((b, b.law()?)))
    }

    /// The elections in the order written, each with its ballot.
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

    /// Which checkpoints count for the event's ledger of so many partitions; none where the event names no log.
    #[must_use]
    pub fn policy(&self, partitions: u16) -> Option<Policy> {
        self.log.as_ref().map(|log| log.policy(partitions))
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
