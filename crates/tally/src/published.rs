//! The results that a running tally shows: tabulated once for each version, however many pages,
//! documents and topics are made of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use election::{Ballot, Event};
use tokio::sync::watch;

use crate::policy::{Board, Version};
use crate::results::{Results, Turnout};
use crate::tabulate::{TabulationError, results_of};

/// Results that are younger are shown even where newer counts are there.
pub(crate) const FRESH: Duration = Duration::from_millis(200);

/// The results of one ballot as of a version.
pub(crate) struct Edition {
    pub(crate) results: Results,
    pub(crate) version: Version,
    pub(crate) made: Instant,
}

/// The fold, and the newest edition of each ballot.
pub(crate) struct Published {
    event: Event,
    board: RwLock<Board>,
    /// Credentials by ballot and region; the roll does not change.
    registered: Vec<BTreeMap<u16, u64>>,
    editions: Vec<Mutex<Option<Arc<Edition>>>>,
    failure: watch::Sender<Option<Arc<TabulationError>>>,
}

impl Published {
    /// `registered`: credentials of each ballot's roll by region.
    pub(crate) fn new(
        event: Event,
        board: Board,
        registered: Vec<BTreeMap<u16, u64>>,
    ) -> Published {
        Published {
            board: RwLock::new(board),
            editions: event.ballots().iter().map(|_| Mutex::default()).collect(),
            event,
            registered,
            failure: watch::Sender::new(None),
        }
    }

    pub(crate) fn board(&self) -> RwLockReadGuard<'_, Board> {
        // A panic while folding ends the process; readers may still finish.
        self.board.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn board_mut(&self) -> RwLockWriteGuard<'_, Board> {
        self.board.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Credentials on a ballot's roll by region.
    pub(crate) fn registered(&self, ballot: &Ballot) -> &BTreeMap<u16, u64> {
        &self.registered[usize::from(ballot.index.0)]
    }

    /// Resolves with the first ballot that cannot be tabulated: nothing more may be counted then.
    pub(crate) async fn failure(&self) -> Arc<TabulationError> {
        let mut failure = self.failure.subscribe();
        let failed = failure.wait_for(Option::is_some).await;
        let failed = failed.expect("the sender lives as long as this");
        Arc::clone(failed.as_ref().expect("waited for"))
    }

    /// Whether a ballot could not be tabulated.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// Results that may be seen, at most [`FRESH`] behind the ledger.
    ///
    /// # Errors
    /// The ballot cannot be tabulated. [`Published::failure`] then resolves.
    pub(crate) fn recent(&self, ballot: &Ballot) -> Result<Arc<Edition>, Arc<TabulationError>> {
        let at = usize::from(ballot.index.0);
        // Held while tabulating: whoever asks meanwhile waits for these results.
        let mut kept = self.editions[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let board = self.board();
        let version = board.version(ballot);
        if let Some(edition) = kept.as_ref() {
            // Another stage is never kept back.
            let same_phase = edition.version.phase() == version.phase();
            if edition.version == version || (same_phase && edition.made.elapsed() < FRESH) {
                return Ok(Arc::clone(edition));
            }
        }
        let turnout = Turnout {
            registered: self.registered[at].clone(),
            votes: board.count().ballots[at].votes_by_region(),
            hours: board.count().ballots[at].votes_by_hour(),
            known_until_ms: board.count().known_until_ms(),
        };
        let (standing, visible) = (board.standing(ballot), board.visible(ballot));
        let made = Instant::now();
        match results_of(&self.event, ballot, (standing, turnout), &visible) {
            Ok(results) => {
                let edition = Arc::new(Edition {
                    results,
                    version,
                    made,
                });
                *kept = Some(Arc::clone(&edition));
                Ok(edition)
            }
            Err(error) => {
                let error = Arc::new(error);
                self.failure.send_if_modified(|first| {
                    let is_first = first.is_none();
                    first.get_or_insert_with(|| Arc::clone(&error));
                    is_first
                });
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::golden::event;
    use crate::roll::NoVoters;
    use election::Choice;

    fn published() -> (Event, Published) {
        let event = event();
        let board = Board::new(&event, &NoVoters, true);
        let registered = event.ballots().iter().map(|_| BTreeMap::new()).collect();
        let published = Published::new(event.clone(), board, registered);
        (event, published)
    }

    fn vote(published: &Published, ballot: &Ballot, choice: &Choice, votes: u64) {
        published.board_mut().vote(ballot, 1, choice, votes);
    }

    #[test]
    fn a_version_is_tabulated_once_and_the_next_one_anew() {
        let (event, published) = published();
        let ballot = event.ballot("IRV").expect("a ballot");
        let recent = || published.recent(ballot).expect("results");
        vote(&published, ballot, &Choice::Ranking(vec![1]), 3);
        let first = recent();
        std::thread::sleep(FRESH);
        assert!(Arc::ptr_eq(&first, &recent()), "the same version");
        vote(&published, ballot, &Choice::Ranking(vec![2]), 4);
        let second = recent();
        assert!(!Arc::ptr_eq(&first, &second), "a newer version");
        let votes = |edition: &Edition| edition.results.election().map(|e| e.total_votes);
        assert_eq!((votes(&first), votes(&second)), (Some(3), Some(7)));
        vote(&published, ballot, &Choice::Ranking(vec![2]), 1);
        assert!(Arc::ptr_eq(&second, &recent()), "young enough to be shown");
        published.board_mut().close(&event);
        assert_eq!(votes(&recent()), Some(8), "never stale over the closing");
    }

    #[tokio::test]
    async fn a_ballot_that_cannot_be_tabulated_ends_the_count() {
        let (event, published) = published();
        let ballot = event.ballot("IRV").expect("a ballot");
        assert!(!published.has_failed());
        vote(&published, ballot, &Choice::Ranking(vec![1, 9]), 1);
        let error = published.recent(ballot).err().expect("no result");
        assert_eq!((error.ballot.as_str(), error.region), ("IRV", 1));
        assert!(published.has_failed());
        assert_eq!(published.failure().await, error);
        assert!(published.recent(ballot).is_err());
    }
}
