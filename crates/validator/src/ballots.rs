//! The ballots of the event by the names that requests use.

use credentials::{BallotId, BallotIdError};
use election::{BallotIndex, BallotKind, Event};
use std::collections::HashMap;

/// A ballot that may be asked for.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) index: BallotIndex,
    /// Id as it is hashed into credentials.
    pub(crate) id: BallotId,
}

/// Ballots by law id and by election number.
#[derive(Debug)]
pub(crate) struct Ballots {
    laws: HashMap<String, Entry>,
    elections: HashMap<u32, Entry>,
}

impl Ballots {
    /// The ballots of an event.
    ///
    /// # Errors
    /// An id that cannot be hashed; the definition's own check refuses such ids before.
    pub(crate) fn new(event: &Event) -> Result<Ballots, BallotIdError> {
        let mut ballots = Ballots {
            laws: HashMap::new(),
            elections: HashMap::new(),
        };
        for ballot in event.ballots() {
            let entry = Entry {
                index: ballot.index,
                id: BallotId::parse(&ballot.id)?,
            };
            match &ballot.kind {
                BallotKind::Law(_) => {
                    ballots.laws.insert(ballot.id.clone(), entry);
                }
                BallotKind::Election(election) => {
                    ballots.elections.insert(election.number, entry);
                }
            }
        }
        Ok(ballots)
    }

    pub(crate) fn law(&self, id: &str) -> Option<&Entry> {
        self.laws.get(id)
    }

    pub(crate) fn election(&self, number: u32) -> Option<&Entry> {
        self.elections.get(&number)
    }
}
