//! The contract of a log: where the links of each partition's chain are kept, who may add to them,
//! and what each answer means. The commit thread builds whole links and knows nothing of how a log
//! keeps them: as files ([`files`]), in memory ([`memory`]), or as rows of a replicated database.
//!
//! A *link* is a segment header or a frame. The bytes of a link are the same in every log. A
//! segment header is a link that carries keys; whether a log begins a new file with it is the log's
//! own affair.
//!
//! *Appended* means: the link survives whatever the log is built to survive, and every later reader
//! and owner sees it. Until the answer [`Append::Appended`], a link may be there, be missing, or
//! appear later, and nobody outside may be told that it is there.
//!
//! Each partition has one *owner* at a time: whoever holds its [`Lease`]. A lease has an epoch, one
//! higher than that of every lease before it which wrote. Each link names the epoch under which it
//! was appended, so that a log refuses the links of an owner whose lease went to another.

pub mod files;
mod followed;
pub mod memory;

use std::path::PathBuf;

use crate::error::LedgerError;
use crate::format::chain::LinkHash;
use crate::format::frame::Frame;
use crate::format::link::EncodedLink;

pub use followed::{Followed, Position, Visit};

/// Keeps the chains of an event's partitions. Object-safe: hold it as `Arc<dyn Log>`.
pub trait Log: Send + Sync {
    /// Names the log in messages to people, such as its directory.
    fn name(&self) -> String;

    /// Begins the chain of a partition, in which there is no link yet. Done once, by a person: a chain
    /// that is missing later is lost or out of reach, and no start begins it again.
    ///
    /// # Errors
    /// [`LedgerError::Begun`] where one was begun before, whatever is left of it; the system's.
    fn begin(&self, partition: u16) -> Result<(), LedgerError>;

    /// Takes the lease of a partition. Nothing is read or changed yet: see [`Lease::recover`].
    ///
    /// Contract: while the lease is valid, no other owner's append to this partition is answered
    /// [`Append::Appended`]. A log may take a lease away (its time has passed, an operator gave it
    /// to another machine); the former owner's appends are then answered [`Append::Fenced`].
    ///
    /// # Errors
    /// [`LedgerError::Locked`] where another owner holds the partition, [`LedgerError::Missing`] where
    /// no chain was begun, or the system's.
    fn lease(&self, claim: Claim) -> Result<Box<dyn Lease>, LedgerError>;

    /// Reads the links behind frame `after`, 0 = from the start, as they are appended.
    ///
    /// Contract: the stream begins with the header of the segment that holds frame `after + 1`, and
    /// holds whole links, in order, none twice, and never one that was not appended.
    ///
    /// # Errors
    /// `after` is beyond the last appended frame (the reader follows another history), or the
    /// system's.
    fn read_from(&self, partition: u16, after: u64) -> Result<Box<dyn LinkStream>, LedgerError>;

    /// One frame, its checksums verified; `None` where there is no frame of that sequence.
    ///
    /// # Errors
    /// The frame is damaged, or the system's.
    fn frame(&self, partition: u16, sequence: u64) -> Result<Option<Frame>, LedgerError>;
}

/// What an owner asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Number of the partition to own.
    pub partition: u16,
    /// Bytes after which the owner will begin a new segment: how much room to reserve for one.
    pub segment_bytes: u64,
}

/// The right to append to one partition, held until it is dropped or taken away.
///
/// Call [`Lease::recover`] once, then append one link at a time: the next one only when the one
/// before was answered and, where that answer was [`Append::Unknown`], settled.
pub trait Lease: Send {
    /// Reads the chain behind what was `followed` before, verifies every link, hands each to `visit` in order, and
    /// makes ready for the first append. Whoever has read nothing begins with [`Followed::default`].
    ///
    /// Contract: on return every link that was followed or visited is appended, whatever the state in which a
    /// crash left it, and nothing else is there. A write that a crash tore and that no voter was
    /// answered for may have been removed; the [`Recovery`] says so. Where this fails, nothing was
    /// repaired.
    ///
    /// # Errors
    /// Damage, named by its place; a chain that does not go on behind what was followed; what `visit` found wrong
    /// with a link, at its place; the system's.
    fn recover(
        &mut self,
        followed: Followed,
        visit: &mut Visit<'_>,
    ) -> Result<Recovery, LedgerError>;

    /// Appends one link behind the last one. The first link of a lease, and the first one after
    /// [`Append::Full`], is a segment header.
    ///
    /// Contract: answers [`Append::Appended`] if and only if the link is appended and its epoch was
    /// the partition's. What the owner must do on each answer stands at [`Append`].
    ///
    /// # Errors
    /// **Fatal: stop the process at once, retry nothing, answer nobody.** What is on the medium
    /// cannot be trusted any more, as after a failed sync; the next start recovers.
    fn append(&mut self, link: &EncodedLink) -> Result<Append, LedgerError>;

    /// Waits until everything that was sent to the log before is either appended or never will be,
    /// and says where the chain stands then.
    ///
    /// Contract: a link that is not there on return will not appear later unless it is sent again.
    ///
    /// # Errors
    /// Fatal, as those of [`Lease::append`].
    fn barrier(&mut self) -> Result<Barrier, LedgerError>;

    /// What a log can do between two appends so that the next one is quick: reserve the room of the
    /// next segment. Call it after each append; most calls do nothing.
    ///
    /// # Errors
    /// Fatal, as those of [`Lease::append`].
    fn prepare(&mut self) -> Result<Room, LedgerError>;

    /// Gives back what was reserved and not used: the last call of an orderly stop.
    ///
    /// # Errors
    /// Fatal, as those of [`Lease::append`].
    fn release(&mut self) -> Result<(), LedgerError>;
}

/// What became of an append, and what the owner must do.
#[derive(Debug)]
#[must_use]
pub enum Append {
    /// The link is appended. Voters may be answered.
    Appended,
    /// No room: nothing was written, and the chain stands as before. Tell voters to come back later
    /// (503) and forget the segment's keys, because they have encrypted a frame that is not there:
    /// the next link is a segment header. The error names where there is no room.
    Full(LedgerError),
    /// The partition has another epoch: another owner took over, and nothing was written. Stop
    /// owning at once. Answer nobody of the batch, and append nothing more under this lease.
    Fenced,
    /// The epoch is right, but the chain stands elsewhere than the link says, and nothing was
    /// written. The owner's picture of the chain is wrong: stop owning at once, as when fenced.
    Conflict,
    /// Nobody knows (the connection broke, the time ran out): the link may be there, or appear
    /// later. Neither acknowledge nor refuse. Call [`Lease::barrier`] until it answers
    /// [`Barrier::Reached`]; then take the link for appended where the chain ends with it, or send
    /// **the identical bytes** again where it ends with the link before. Other bytes would encrypt
    /// a second plaintext under one nonce, and might stand beside the first. The text says why.
    Unknown(String),
}

/// What a barrier found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Barrier {
    /// The last link's hash (zeros where there is none): everything up to here is appended.
    Reached(LinkHash),
    /// The partition has another epoch: stop owning at once.
    Fenced,
    /// The log cannot be asked now; ask again after a moment.
    Unknown(String),
}

/// Whether the next segment has its room.
#[derive(Debug)]
#[must_use]
pub enum Room {
    /// As far as the log can tell.
    Ready,
    /// There is none. What was appended is safe and the open segment may be used up. Ask again.
    Full(LedgerError),
    /// Nobody can say: what keeps the log cannot be asked. Ask again.
    OutOfReach,
}

/// What a new owner finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Where the chain stands.
    pub position: Position,
    /// Epoch of the lease: that of every link appended under it.
    pub epoch: u32,
    /// Commit time of the last frame, ms since 1970 UTC; none where there is no frame.
    pub time_ms: Option<i64>,
    /// What was removed from the end.
    pub torn_tail: Option<TornTail>,
    /// Where that is kept, for whoever looks into it.
    pub kept: Option<PathBuf>,
    /// Whether the note of the last acknowledged frame was damaged while the chain was whole; it
    /// was written anew.
    pub sidecar_damaged: bool,
}

/// The end of the last segment, cut because a crash tore the write of a link nobody was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The file that was cut.
    pub path: PathBuf,
    /// Where the valid frames end.
    pub offset: u64,
    /// Bytes cut, up to the last that was not zero.
    pub bytes: u64,
}

/// Links as a stream of bytes that follows the tail.
pub trait LinkStream: Send {
    /// Up to about `bytes_max` further bytes, whole links and one at least; empty where there is
    /// nothing new yet: ask again after a while.
    ///
    /// # Errors
    /// Damage, a chain that ends before a frame that was appended, or the system's.
    fn next_bytes(&mut self, bytes_max: usize) -> Result<Vec<u8>, LedgerError>;
}
