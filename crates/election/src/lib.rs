//! The event definition (laws, elections, regions, candidates) and the choices a voter can make.
//!
//! Officials write `election.toml`; [`Event::from_toml`] reads it and reports every fault at once.
//! Packages carry the same event as canonical JSON ([`Event::to_canonical_json`]), in which every
//! date is already an instant: reading it back needs no time-zone database and gives one meaning.
//! This crate knows no storage, no HTTP and no counting: it says what may be voted, by whom, when.

mod alike;
mod authority;
mod ballot;
mod choice;
mod definition;
mod event;
mod hand_key;
mod instant;
mod json;
mod language;
mod limits;
mod log;
mod named_files;
mod printable;
mod read;
mod section;
mod text;
mod threshold;
mod validate;
mod wording;

pub use authority::Authority;
pub use ballot::{
    Ballot, BallotIndex, BallotKind, Candidate, CandidateStatus, CountingRules, Election, Law,
    Method, ResultsPolicy, System, TieBreak, Window,
};
pub use choice::{Choice, ChoiceError};
pub use event::{Event, Party, Phase, Region};
pub use handwritten::Fault;
pub use instant::instant_text;
pub use language::Language;
pub use log::{EventLog, EventWitness};
pub use named_files::{NamedBaseline, NamedFile, NamedFiles};
pub use text::Text;
pub use threshold::{RegionalMajority, Share, ShareError, Threshold};
