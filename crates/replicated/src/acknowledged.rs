//! What of a chain is known to be acknowledged, for as long as the program runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::LinkHash;

use crate::server::NoAnswer;

/// How many acknowledged links are remembered: readers ask for the head that they have just seen.
const KNOWN_MAX: usize = 256;

/// Why a chain can be neither read nor written.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Asked again, the database may answer.
    NoAnswer(NoAnswer),
    /// The database was restored from an earlier copy.
    SetBack {
        /// The last link that is known to have been acknowledged, and is not there.
        link: u64,
        /// The last link that is there.
        ends: u64,
    },
}

impl From<NoAnswer> for Failure {
    fn from(why: NoAnswer) -> Failure {
        Failure::NoAnswer(why)
    }
}

/// The last links of a partition that are known to be acknowledged. By their hashes, each of which stands for every
/// link before it: a former primary may show another link of the same number.
#[derive(Default)]
pub(crate) struct Acknowledged(Mutex<BTreeMap<u64, LinkHash>>);

impl Acknowledged {
    /// Whether a chain is known to be acknowledged up to the link of that number and hash.
    pub(crate) fn holds(&self, number: u64, link: LinkHash) -> bool {
        self.known().get(&number) == Some(&link)
    }

    /// The last link that is known to be acknowledged; none where nothing was read or written yet.
    pub(crate) fn last(&self) -> Option<(u64, LinkHash)> {
        let known = self.known();
        let (number, link) = known.last_key_value()?;
        // Zero is a chain without links.
        (*number > 0).then_some((*number, *link))
    }

    /// Notes that a chain is acknowledged up to a link.
    pub(crate) fn note(&self, number: u64, link: LinkHash) {
        let mut known = self.known();
        // What was acknowledged once stays so, whatever a database shows later.
        known.entry(number).or_insert(link);
        while known.len() > KNOWN_MAX {
            known.pop_first();
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<u64, LinkHash>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
