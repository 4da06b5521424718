//! What the log of one partition shows: its newest checkpoint that counts, tiles, and proofs of votes.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ledger::{Frame, RequestId};
use tlog::{FrameLog, TlogError};
use transparency::{
    Attested, Checkpoint, Note, NoteSignature, Policy, PrivateKey, Promise, TilePath,
};

use super::witness::Known;

const MINUTE_MS: i64 = 60_000;

/// The log of one partition, as everybody sees it.
pub(crate) struct Shelf {
    key: PrivateKey,
    policy: Policy,
    tree: RwLock<FrameLog>,
    published: RwLock<Option<Arc<Published>>>,
}

/// A checkpoint that enough witnesses have cosigned.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) note: Note,
    pub(crate) attested: Attested,
}

/// What a voter is given for a recorded vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Voucher {
    /// Proof that the vote is in the log, as text.
    Proof(String),
    /// The log's signed promise that it will be, as text.
    Promise(String),
}

impl Shelf {
    /// The log that signs by `key`, whose name is the log's; it shows nothing yet.
    pub(super) fn new(key: PrivateKey, policy: Policy, tree: FrameLog) -> Shelf {
        Shelf {
            key,
            policy,
            tree: RwLock::new(tree),
            published: RwLock::new(None),
        }
    }

    pub(super) fn tree(&self) -> RwLockReadGuard<'_, FrameLog> {
        self.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tree_mut(&self) -> RwLockWriteGuard<'_, FrameLog> {
        self.tree.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs the tree of the first `size` frames, which were read.
    pub(super) fn sign(&self, size: u64) -> Result<Note, TlogError> {
        let root = self.tree().root_at(size)?;
        let checkpoint = Checkpoint {
            origin: self.key.public().name().clone(),
            size,
            root: root.expect("as many frames were read"),
        };
        let note = checkpoint.sign(&self.key);
        Ok(note.expect("the key has the log's name"))
    }

    /// Shows a checkpoint where it counts, and is not older than what is shown.
    pub(super) fn publish(&self, note: &Note) -> Option<Arc<Published>> {
        let attested = self.policy.check(note).ok()?;
        let published = Arc::new(Published {
            note: note.clone(),
            attested,
        });
        let shown = self.published.write();
        let mut shown = shown.unwrap_or_else(PoisonError::into_inner);
        let size = published.attested.checkpoint.size;
        if shown.as_ref().is_some_and(|shown| shown.size() > size) {
            return None;
        }
        *shown = Some(Arc::clone(&published));
        Some(published)
    }

    /// Adds what a witness has cosigned later to the checkpoint that is shown, where that has so many frames.
    pub(super) fn add(&self, size: u64, cosignature: NoteSignature) {
        let shown = self.published().filter(|shown| shown.size() == size);
        if let Some(shown) = shown {
            let mut note = shown.note.clone();
            note.add(cosignature);
            self.publish(&note);
        }
    }

    /// How a tree of `known` frames stands to that of `size` frames.
    pub(super) fn stands(&self, known: u64, size: u64) -> Known {
        let tree = self.tree();
        if known > tree.size() {
            return Known::Unknown;
        }
        match tree.consistency(known, size) {
            Ok(Some(proof)) => Known::Continued(proof),
            // What cannot be read now is no contradiction.
            Ok(None) | Err(_) => Known::Larger,
        }
    }

    /// The newest checkpoint that counts.
    pub(crate) fn published(&self) -> Option<Arc<Published>> {
        let published = self.published.read();
        published.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A tile, or a bundle of leaves; none where the shown checkpoint does not reach so far.
    pub(crate) fn file(&self, path: TilePath) -> Result<Option<Vec<u8>>, TlogError> {
        let covered = self.published().map_or(0, |published| published.size());
        self.tree().file(path, covered)
    }

    /// The proof of a recorded vote, or the promise of one where no checkpoint covers it yet; none for a time that no
    /// calendar has.
    pub(super) fn voucher(
        &self,
        frame: &Frame,
        id: &RequestId,
    ) -> Result<Option<Voucher>, TlogError> {
        if let Some(published) = self.published() {
            let tree = self.tree();
            let proof = tree.receipt(frame, &id.tracker, &published.note)?;
            if let Some(proof) = proof {
                return Ok(Some(Voucher::Proof(proof.to_string())));
            }
        }
        Ok(self.promise(id, frame.header.time_ms))
    }

    /// The promise of a vote that was recorded then; none for a time that no calendar has.
    pub(super) fn promise(&self, id: &RequestId, time_ms: i64) -> Option<Voucher> {
        let minute = time_ms.div_euclid(MINUTE_MS);
        let promise = Promise {
            origin: self.key.public().name().clone(),
            request_id: id.to_string(),
            minute: u32::try_from(minute).ok()?,
        };
        let note = promise.sign(&self.key)?;
        Some(Voucher::Promise(note.to_string()))
    }
}

impl Published {
    /// How many frames the checkpoint covers.
    pub(crate) fn size(&self) -> u64 {
        self.attested.checkpoint.size
    }
}
