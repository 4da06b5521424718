//! The ledger: hash-chained frames of marks and sealed choices, group commit and recovery.
