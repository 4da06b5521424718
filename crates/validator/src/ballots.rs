//! The ballots of the event by the names that requests use.

use std::collections::HashMap;

use credentials::{BallotId, BallotIdError};
use election::{Ballot, BallotIndex, BallotKind, Event};

/// What package and ledger call a ballot.
#[derive(Debug)]
pub(crate) struct BallotKey {
    pub(crate) index: BallotIndex,
    /// Id as it is hashed into credentials.
    pub(crate) id: BallotId,
}

/// The keys of all ballots, found by law id and by election number.
#[derive(Debug)]
pub(crate) struct BallotKeys {
    /// In the order of the event: every ballot stands at its index.
    keys: Vec<BallotKey>,
    laws: HashMap<String, usize>,
    elections: HashMap<u32, usize>,
}

impl BallotKeys {
    /// The ballots of an event.
    ///
    /// # Errors
    /// An id that cannot be hashed; the definition's own check refuses such ids before.
    pub(crate) fn new(event: &Event) -> Result<BallotKeys, BallotIdError> {
        let mut ballots = BallotKeys {
            keys: Vec::new(),
            laws: HashMap::new(),
            elections: HashMap::new(),
        };
        for (at, ballot) in event.ballots().iter().enumerate() {
            assert_eq!(
                usize::from(ballot.index.0),
                at,
                "an event numbers its ballots in order"
            );
            ballots.keys.push(BallotKey {
                index: ballot.index,
                id: BallotId::parse(&ballot.id)?,
            });
            match &ballot.kind {
                BallotKind::Law(_) => ballots.laws.insert(ballot.id.clone(), at),
                BallotKind::Election(election) => ballots.elections.insert(election.number, at),
            };
        }
        Ok(ballots)
    }

    /// The key of a ballot of this event.
    pub(crate) fn of(&self, ballot: &Ballot) -> &BallotKey {
        &self.keys[usize::from(ballot.index.0)]
    }

    /// The law of that id.
    pub(crate) fn law(&self, id: &str) -> Option<&BallotKey> {
        self.laws.get(id).map(|at| &self.keys[*at])
    }

    /// The election of that number.
    pub(crate) fn election(&self, number: u32) -> Option<&BallotKey> {
        self.elections.get(&number).map(|at| &self.keys[*at])
    }
}
