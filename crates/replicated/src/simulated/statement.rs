//! What statements do to the row of a lease: the conditions that crate::postgres says in SQL.

use std::sync::Arc;

use ledger::LinkHash;

use crate::sabotage::{Sabotage, is};
use crate::server::{Head, Holder, SeenLease, StoredLink};

/// The row of the one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeaseRow {
    pub(super) epoch: i64,
    pub(super) attempt: i64,
    owner: String,
    /// By the database's clock; the lowest number is `-infinity`.
    until_ms: i64,
    number: u64,
    segment: u64,
    head: LinkHash,
}

impl LeaseRow {
    fn begun() -> LeaseRow {
        LeaseRow {
            epoch: 0,
            attempt: 0,
            owner: String::new(),
            until_ms: i64::MIN,
            number: 0,
            segment: 0,
            head: LinkHash::default(),
        }
    }

    pub(super) fn head(&self) -> Head {
        Head {
            number: self.number,
            segment: self.segment,
            link: self.head,
        }
    }

    pub(super) fn seen(&self, now_ms: i64) -> SeenLease {
        let left_ms = i32::try_from(self.until_ms.saturating_sub(now_ms));
        let left_s = |ms: i32| f64::from(ms) / 1_000.0;
        SeenLease {
            owner: self.owner.clone(),
            renewal: self.until_ms.to_string(),
            left_s: match self.until_ms {
                i64::MIN => -1.0,
                _ => left_ms.map_or(1e9, left_s),
            },
        }
    }

    fn has_epoch(&self, epoch: u32) -> bool {
        self.epoch == i64::from(epoch) || is(Sabotage::ForgetEpoch)
    }

    fn is_of(&self, holder: &Holder) -> bool {
        let has_attempt = self.attempt == holder.attempt || is(Sabotage::ForgetAttempt);
        self.has_epoch(holder.epoch) && has_attempt
    }
}

/// A link that a statement inserts.
#[derive(Debug, Clone)]
pub(super) struct Inserted {
    pub(super) stored: Arc<StoredLink>,
    pub(super) segment: u64,
    pub(super) previous: LinkHash,
    pub(super) hash: LinkHash,
}

/// A statement that changes something.
#[derive(Debug, Clone)]
pub(super) enum Statement {
    Nothing,
    Begin,
    Take {
        owner: String,
        lasts_ms: i64,
        silent: Option<String>,
    },
    Raise {
        epoch: u32,
        lasts_ms: i64,
    },
    Renew {
        holder: Holder,
        lasts_ms: i64,
    },
    GiveBack {
        holder: Holder,
    },
    Append {
        holder: Holder,
        link: Inserted,
        lasts_ms: i64,
    },
}

impl Statement {
    /// The row behind the statement; none where its conditions are not met.
    pub(super) fn on(&self, row: Option<&LeaseRow>, now_ms: i64) -> Option<LeaseRow> {
        if let (Statement::Begin, None) = (self, row) {
            return Some(LeaseRow::begun());
        }
        let mut row = row?.clone();
        let is_met = match self {
            Statement::Nothing | Statement::Begin => false,
            Statement::Take { silent, .. } => {
                row.until_ms < now_ms || silent.as_deref() == Some(&row.until_ms.to_string())
            }
            Statement::Raise { epoch, .. } => row.has_epoch(*epoch),
            Statement::Renew { holder, .. } | Statement::GiveBack { holder } => row.is_of(holder),
            Statement::Append { holder, link, .. } => {
                let follows = row.number + 1 == link.stored.number && row.head == link.previous;
                row.is_of(holder) && follows
            }
        };
        if !is_met {
            return None;
        }
        match self {
            Statement::Nothing | Statement::Begin => {}
            Statement::Take { owner, .. } => {
                (row.epoch, row.attempt) = (row.epoch + 1, 0);
                row.owner.clone_from(owner);
            }
            Statement::Raise { .. } => row.attempt += 1,
            Statement::Renew { .. } => {}
            Statement::GiveBack { .. } => row.owner.clear(),
            Statement::Append { link, .. } => {
                (row.number, row.segment) = (link.stored.number, link.segment);
                row.head = link.hash;
            }
        }
        row.until_ms = now_ms + self.lasts_ms();
        Some(row)
    }

    fn lasts_ms(&self) -> i64 {
        match self {
            Statement::Take { lasts_ms, .. }
            | Statement::Raise { lasts_ms, .. }
            | Statement::Renew { lasts_ms, .. }
            | Statement::Append { lasts_ms, .. } => *lasts_ms,
            Statement::Nothing | Statement::Begin | Statement::GiveBack { .. } => 0,
        }
    }
}
