//! How far a chain was read and verified, link by link.

use crate::format::chain::{Cursor, LinkHash};
use crate::format::decoder::{Decoder, Item};
use crate::format::defect::Defect;

/// Looks at one link during [`Lease::recover`](super::Lease::recover) and says what is wrong with it, if anything.
pub type Visit<'a> = dyn FnMut(&Item) -> Result<(), Defect> + 'a;

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Number of the last segment; 0 where there is none.
    pub segment: u32,
    /// The last frame and its hash.
    pub cursor: Cursor,
    /// Hash of the last link, header or frame; zeros where there is none.
    pub link: LinkHash,
}

impl Position {
    /// How many links there are: as many as segments and frames, because both are numbered from 1
    /// without gaps.
    pub fn links(&self) -> u64 {
        u64::from(self.segment) + self.cursor.sequence
    }
}

/// What one reader has verified of a partition's chain, from its first link on. Clones go on by themselves.
#[derive(Debug, Clone, Default)]
pub struct Followed {
    decoder: Decoder,
    segment: u32,
    time_ms: Option<i64>,
}

impl Followed {
    /// Reads the next links and hands each to `visit`. The bytes may end anywhere.
    ///
    /// # Errors
    /// Damage, another history, or what `visit` refuses. Nothing behind it can be read.
    pub fn take(&mut self, bytes: &[u8], visit: &mut Visit<'_>) -> Result<(), Defect> {
        self.decoder.push(bytes);
        while let Some(item) = self.decoder.next_item().map_err(|error| error.defect)? {
            match &item {
                Item::Segment(header) => self.segment = header.number,
                Item::Frame(frame) => self.time_ms = Some(frame.header.time_ms),
            }
            visit(&item)?;
        }
        Ok(())
    }

    /// Where the chain stands behind the last whole link that was read.
    pub fn position(&self) -> Position {
        Position {
            segment: self.segment,
            cursor: self.decoder.cursor(),
            link: self.decoder.link(),
        }
    }

    /// Commit time of the last frame, ms since 1970 UTC; none where there is no frame.
    pub fn time_ms(&self) -> Option<i64> {
        self.time_ms
    }

    /// For a log that can only be read from its start: hands to `visit` what stands behind the last link that was
    /// read here, and refuses a chain that has another frame there.
    pub(crate) fn skip(&self, visit: &mut Visit<'_>) -> impl FnMut(&Item) -> Result<(), Defect> {
        let (known, mut links) = (self.position(), 0);
        move |item| {
            links += 1;
            if links > known.links() {
                return visit(item);
            }
            match item {
                Item::Frame(frame) if frame.header.sequence == known.cursor.sequence => {
                    check_link(known.cursor.link, frame.link)
                }
                _ => Ok(()),
            }
        }
    }

    /// Whether a chain that stands at `end` has everything that was read here.
    ///
    /// # Errors
    /// The frames that it lacks.
    pub fn check_within(&self, end: Position) -> Result<(), Defect> {
        if end.links() >= self.position().links() {
            return Ok(());
        }
        Err(Defect::Sequence {
            expected: self.position().cursor.sequence,
            got: end.cursor.sequence,
        })
    }
}

fn check_link(expected: LinkHash, got: LinkHash) -> Result<(), Defect> {
    if expected == got {
        Ok(())
    } else {
        Err(Defect::Chain { expected, got })
    }
}
