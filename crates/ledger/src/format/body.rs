//! The body of a frame: who voted (marks), what was voted (sealed), receipts, attempts.
//!
//! Deterministic CBOR; `frame.cddl` beside this crate's manifest is its grammar. Decoding checks
//! everything that can be checked without a key: order, uniqueness, and that each ballot has
//! as many choices as marks and each vote a tracker.

use crate::format::cbor::{CborError, Reader, Writer};

/// Bytes of a receipt tracker.
pub const TRACKER_BYTES: usize = 16;

/// What a receipt names its vote by within a frame. It tells nothing of the voter or the choice.
pub type Tracker = [u8; TRACKER_BYTES];

/// A decoded body. Every list is ascending and names nothing twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Who voted, per ballot.
    pub marks: Vec<BallotMarks>,
    /// What was voted, sealed, per ballot: the same ballots as in `marks`.
    pub choices: Vec<SealedChoices>,
    /// Duplicates and invalid attempts since the last frame.
    pub attempts: Attempts,
    /// One receipt tracker a vote; their order tells nothing.
    pub trackers: Vec<Tracker>,
}

/// The credentials that voted on one ballot in this frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotMarks {
    /// Index of the ballot.
    pub ballot: u16,
    /// Ascending by number, at least one.
    pub shards: Vec<ShardMarks>,
}

/// The credentials of one shard that voted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardMarks {
    /// Number of the shard.
    pub shard: u32,
    /// Ordinals in the shard, ascending: the order of arrival is not kept. At least one.
    pub ordinals: Vec<u32>,
}

/// The choices of one ballot in this frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedChoices {
    /// Index of the ballot.
    pub ballot: u16,
    /// How many votes are inside.
    pub count: u64,
    /// Masked counts or rankings, ChaCha20-Poly1305 under the segment's count content key of
    /// this ballot, tag last.
    pub sealed: Vec<u8>,
}

/// Attempts that are no vote, kept for review.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attempts {
    /// Submissions of credentials that had voted, ascending by place.
    pub duplicates: Vec<DuplicateAttempts>,
    /// Counted, never named; ascending by reason, then ballot (none first).
    pub invalid: Vec<InvalidAttempts>,
}

/// Further submissions of one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuplicateAttempts {
    /// Index of the ballot.
    pub ballot: u16,
    /// Number of the shard.
    pub shard: u32,
    /// Ordinal in the shard.
    pub ordinal: u32,
    /// How many in this frame, above 0.
    pub count: u32,
}

/// Attempts refused for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAttempts {
    /// Why they were refused.
    pub reason: InvalidReason,
    /// Index of the ballot, where the attempt named one that exists.
    pub ballot: Option<u16>,
    /// How many since the last frame, above 0.
    pub count: u64,
}

/// Why an attempt was not a vote. The number is what stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum InvalidReason {
    /// No such pair of NAS and code on the roll of this ballot.
    NotOnRoll = 1,
    /// Sent before the ballot opened.
    NotOpen = 2,
    /// Sent after the ballot closed.
    Closed = 3,
    /// The region named is not the voter's.
    WrongRegion = 4,
    /// The choice is not on the ballot.
    BadChoice = 5,
    /// No ballot of that name.
    NoSuchBallot = 6,
}

impl InvalidReason {
    /// Every reason, ascending by number.
    pub const ALL: [InvalidReason; 6] = [
        InvalidReason::NotOnRoll,
        InvalidReason::NotOpen,
        InvalidReason::Closed,
        InvalidReason::WrongRegion,
        InvalidReason::BadChoice,
        InvalidReason::NoSuchBallot,
    ];

    /// A stable name for exports and metrics.
    pub fn name(self) -> &'static str {
        match self {
            InvalidReason::NotOnRoll => "not_on_roll",
            InvalidReason::NotOpen => "not_open",
            InvalidReason::Closed => "closed",
            InvalidReason::WrongRegion => "wrong_region",
            InvalidReason::BadChoice => "bad_choice",
            InvalidReason::NoSuchBallot => "no_such_ballot",
        }
    }

    /// The reason of that number.
    pub fn from_number(number: u64) -> Option<InvalidReason> {
        InvalidReason::ALL
            .into_iter()
            .find(|reason| *reason as u64 == number)
    }
}

/// Why a body was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
#[non_exhaustive]
pub enum BodyError {
    /// Not the grammar of `frame.cddl`.
    #[error("body {0}")]
    Cbor(#[from] CborError),
    /// Marks and choices name different ballots.
    #[error("marks name {marks} ballots and choices {choices}: they must be the same ballots")]
    Ballots {
        /// Number of ballots with marks.
        marks: usize,
        /// Number of ballots with choices.
        choices: usize,
    },
    /// A ballot with another number of choices than of marks.
    #[error("ballot {ballot} has {marks} marks and {choices} choices: they must be as many")]
    Count {
        /// Index of the ballot.
        ballot: u16,
        marks: u64,
        choices: u64,
    },
    /// Another number of trackers than of votes.
    #[error("{votes} votes and {trackers} trackers: each vote has one")]
    Trackers {
        /// Marks of all ballots.
        votes: u64,
        trackers: u64,
    },
}

impl BallotMarks {
    /// Number of marks, summed over the shards.
    pub fn count(&self) -> u64 {
        self.shards
            .iter()
            .map(|shard| shard.ordinals.len() as u64)
            .sum()
    }
}

impl Body {
    /// Votes of all ballots.
    pub fn votes(&self) -> u64 {
        self.marks.iter().map(BallotMarks::count).sum()
    }

    /// Whether the body says nothing.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
            && self.attempts.duplicates.is_empty()
            && self.attempts.invalid.is_empty()
    }

    /// The one encoding. Lists must be ascending, as their documentation says.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.size_hint());
        out.map(4);
        out.text("marks");
        encode_marks(&mut out, &self.marks);
        out.text("choices");
        out.map(self.choices.len());
        for ballot in &self.choices {
            out.u64(ballot.ballot.into());
            out.array(2);
            out.u64(ballot.count);
            out.bytes(&ballot.sealed);
        }
        out.text("attempts");
        encode_attempts(&mut out, &self.attempts);
        out.text("trackers");
        out.bytes(self.trackers.as_flattened());
        out.into_bytes()
    }

    fn size_hint(&self) -> usize {
        let sealed: usize = self
            .choices
            .iter()
            .map(|ballot| ballot.sealed.len() + 24)
            .sum();
        128 + sealed + self.trackers.len() * (TRACKER_BYTES + 6)
    }

    /// Reads and checks a body.
    ///
    /// # Errors
    /// See [`BodyError`]. Never panics, and allocates no more than a few times `bytes`.
    pub fn decode(bytes: &[u8]) -> Result<Body, BodyError> {
        let mut reader = Reader::new(bytes);
        if reader.map()? != 4 {
            return Err(CborError {
                offset: 0,
                expected: "a map of 4 entries",
            }
            .into());
        }
        reader.key("marks")?;
        let marks = decode_marks(&mut reader)?;
        reader.key("choices")?;
        let choices = decode_choices(&mut reader)?;
        reader.key("attempts")?;
        let attempts = decode_attempts(&mut reader)?;
        reader.key("trackers")?;
        let trackers = decode_trackers(&mut reader)?;
        reader.end()?;
        let body = Body {
            marks,
            choices,
            attempts,
            trackers,
        };
        body.check_counts()?;
        Ok(body)
    }

    /// Whether each ballot has as many marks as choices, and each vote a tracker.
    pub(crate) fn check_counts(&self) -> Result<(), BodyError> {
        let same = self
            .marks
            .iter()
            .map(|b| b.ballot)
            .eq(self.choices.iter().map(|b| b.ballot));
        if !same {
            let (marks, choices) = (self.marks.len(), self.choices.len());
            return Err(BodyError::Ballots { marks, choices });
        }
        for (marks, choices) in self.marks.iter().zip(&self.choices) {
            if marks.count() != choices.count {
                let ballot = marks.ballot;
                let (marks, choices) = (marks.count(), choices.count);
                return Err(BodyError::Count {
                    ballot,
                    marks,
                    choices,
                });
            }
        }
        let (votes, trackers) = (self.votes(), self.trackers.len() as u64);
        if votes != trackers {
            Err(BodyError::Trackers { votes, trackers })
        } else {
            Ok(())
        }
    }
}

fn encode_marks(out: &mut Writer, marks: &[BallotMarks]) {
    out.map(marks.len());
    for ballot in marks {
        out.u64(ballot.ballot.into());
        out.map(ballot.shards.len());
        for shard in &ballot.shards {
            out.u64(shard.shard.into());
            out.array(shard.ordinals.len());
            shard
                .ordinals
                .iter()
                .for_each(|ordinal| out.u64((*ordinal).into()));
        }
    }
}

fn encode_attempts(out: &mut Writer, attempts: &Attempts) {
    out.map(2);
    out.text("invalid");
    out.array(attempts.invalid.len());
    for invalid in &attempts.invalid {
        out.array(3);
        out.u64(invalid.reason as u64);
        match invalid.ballot {
            Some(ballot) => out.u64(ballot.into()),
            None => out.null(),
        }
        out.u64(invalid.count);
    }
    out.text("duplicates");
    out.array(attempts.duplicates.len());
    for duplicate in &attempts.duplicates {
        out.array(4);
        out.u64(duplicate.ballot.into());
        out.u64(duplicate.shard.into());
        out.u64(duplicate.ordinal.into());
        out.u64(duplicate.count.into());
    }
}

/// Refuses a value that does not come after the one before it.
fn ascending<T: PartialOrd + Copy>(
    reader: &Reader<'_>,
    previous: &mut Option<T>,
    value: T,
) -> Result<T, CborError> {
    if previous.is_some_and(|previous| previous >= value) {
        return Err(reader.error("ascending order, nothing twice"));
    }
    *previous = Some(value);
    Ok(value)
}

fn decode_marks(reader: &mut Reader<'_>) -> Result<Vec<BallotMarks>, CborError> {
    let mut marks = Vec::new();
    let mut previous = None;
    for _ in 0..reader.map()? {
        let ballot = reader.u16()?;
        ascending(reader, &mut previous, ballot)?;
        let shards = decode_shards(reader)?;
        marks.push(BallotMarks { ballot, shards });
    }
    Ok(marks)
}

fn decode_shards(reader: &mut Reader<'_>) -> Result<Vec<ShardMarks>, CborError> {
    let mut shards = Vec::new();
    let mut previous = None;
    for _ in 0..reader.map()? {
        let shard = reader.u32()?;
        ascending(reader, &mut previous, shard)?;
        let len = reader.array()?;
        let mut ordinals = Vec::with_capacity(len);
        let mut before = None;
        for _ in 0..len {
            let ordinal = reader.u32()?;
            ordinals.push(ascending(reader, &mut before, ordinal)?);
        }
        if ordinals.is_empty() {
            return Err(reader.error("at least one ordinal"));
        }
        shards.push(ShardMarks { shard, ordinals });
    }
    if shards.is_empty() {
        Err(reader.error("at least one shard"))
    } else {
        Ok(shards)
    }
}

fn decode_choices(reader: &mut Reader<'_>) -> Result<Vec<SealedChoices>, CborError> {
    let mut choices = Vec::new();
    let mut previous = None;
    for _ in 0..reader.map()? {
        let ballot = reader.u16()?;
        ascending(reader, &mut previous, ballot)?;
        reader.exactly(2, "a pair of count and sealed choices")?;
        let count = reader.u64()?;
        let sealed = reader.bytes()?.to_vec();
        choices.push(SealedChoices {
            ballot,
            count,
            sealed,
        });
    }
    Ok(choices)
}

fn decode_attempts(reader: &mut Reader<'_>) -> Result<Attempts, CborError> {
    if reader.map()? != 2 {
        return Err(reader.error("a map of 2 entries"));
    }
    reader.key("invalid")?;
    let invalid = decode_invalid(reader)?;
    reader.key("duplicates")?;
    let mut duplicates = Vec::new();
    let mut previous = None;
    for _ in 0..reader.array()? {
        reader.exactly(4, "ballot, shard, ordinal and count")?;
        let (ballot, shard, ordinal) = (reader.u16()?, reader.u32()?, reader.u32()?);
        ascending(reader, &mut previous, (ballot, shard, ordinal))?;
        let count = reader.u32()?;
        if count == 0 {
            return Err(reader.error("a count above zero"));
        }
        duplicates.push(DuplicateAttempts {
            ballot,
            shard,
            ordinal,
            count,
        });
    }
    Ok(Attempts {
        duplicates,
        invalid,
    })
}

fn decode_invalid(reader: &mut Reader<'_>) -> Result<Vec<InvalidAttempts>, CborError> {
    let mut invalid = Vec::new();
    let mut previous = None;
    for _ in 0..reader.array()? {
        reader.exactly(3, "reason, ballot and count")?;
        let unknown = reader.error("a known reason");
        let reason = InvalidReason::from_number(reader.u64()?).ok_or(unknown)?;
        let ballot = match reader.kind() {
            Some(minicbor::data::Type::Null) => reader.null().map(|()| None)?,
            _ => Some(reader.u16()?),
        };
        ascending(reader, &mut previous, (reason, ballot))?;
        let count = reader.u64()?;
        if count == 0 {
            return Err(reader.error("a count above zero"));
        }
        invalid.push(InvalidAttempts {
            reason,
            ballot,
            count,
        });
    }
    Ok(invalid)
}

fn decode_trackers(reader: &mut Reader<'_>) -> Result<Vec<Tracker>, CborError> {
    let (trackers, rest) = reader.bytes()?.as_chunks::<TRACKER_BYTES>();
    if !rest.is_empty() {
        return Err(reader.error("trackers of 16 bytes each"));
    }
    if !trackers.is_sorted_by(|a, b| a < b) {
        return Err(reader.error("ascending order, nothing twice"));
    }
    Ok(trackers.to_vec())
}
