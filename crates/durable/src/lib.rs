//! Storage and clock: every fsync, rename and append of Scrutin, in one place.
//!
//! Two faces. The *online* face is the pair of traits [`Storage`] and [`Clock`]: the ledger writes
//! through them, so that a simulation can lose, reorder and tear what was not synced. The *offline*
//! face is [`output`]: what the command-line tools write appears whole under its final name or not
//! at all.
//!
//! **Media assumption.** A torn sector write damages only bytes of the sectors being written, never
//! a neighbour's; a sync call that returned success put the data on the medium. PostgreSQL and etcd
//! assume the same. A sync that *failed* must never be retried: the kernel may have dropped the
//! dirty pages and a second call would lie (see [`StorageFile::fdatasync`]).

mod clock;
mod os;
pub mod output;
mod replace;
mod steady;
mod storage;

pub use clock::{Clock, SystemClock};
pub use os::OsStorage;
pub use replace::replace_file;
pub use steady::SteadyClock;
pub use storage::{Storage, StorageFile, StorageLock};
