//! Frames: the bytes on the line, the same in both directions.
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | length of the content, little-endian, at most [`CONTENT_BYTES_MAX`] |
//! | 8 | id, little-endian: an answer has its question's |
//! | length | content |
//!
//! Frames with the id [`LINE_ID`] are about the line itself: first the hello of each side, then [`PING`] so that
//! the other side hears something, and [`GOODBYE`] from a server that stops: no question is to follow. Ids of
//! questions are chosen by who asks, and are never used again on the same connection.

use std::fmt;

/// Longest content of a frame in bytes, so also of a question and of an answer.
pub const CONTENT_BYTES_MAX: usize = 64 * 1024;

/// The id of frames that are neither questions nor answers.
pub const LINE_ID: u64 = 0;

/// Content of a frame that says only that its sender is there.
pub const PING: &[u8] = &[];

/// Content of a frame by which a server asks for no further questions. It answers those that are on their way.
pub const GOODBYE: &[u8] = &[1];

const LENGTH_BYTES: usize = 4;
const HEADER_BYTES: usize = LENGTH_BYTES + 8;

/// One frame as it was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Which question this is or answers, or [`LINE_ID`].
    pub id: u64,
    /// At most [`CONTENT_BYTES_MAX`] bytes.
    pub content: Vec<u8>,
}

/// Without the content, which may be somebody's vote.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.content.len();
        write!(f, "frame {} of {length} bytes", self.id)
    }
}

/// A content that is longer than frames may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {length} bytes, at most {CONTENT_BYTES_MAX} are taken")]
pub struct TooLong {
    /// Length in bytes, as claimed or as given.
    pub length: usize,
}

/// Appends a frame to `into`.
///
/// # Errors
/// The content is too long; then nothing is appended.
pub fn encode(id: u64, content: &[u8], into: &mut Vec<u8>) -> Result<(), TooLong> {
    let length = content.len();
    let claimed = u32::try_from(length).map_err(|_| TooLong { length })?;
    if length > CONTENT_BYTES_MAX {
        return Err(TooLong { length });
    }
    into.extend_from_slice(&claimed.to_le_bytes());
    into.extend_from_slice(&id.to_le_bytes());
    into.extend_from_slice(content);
    Ok(())
}

/// Finds frames in bytes that come in pieces of any size.
#[derive(Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    /// How many of `bytes` were given out as frames.
    read: usize,
}

impl Decoder {
    /// Takes the next bytes of the line.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes that are held and belong to no frame given out.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.bytes.len() - self.read
    }

    /// The next frame, where all of it is there.
    ///
    /// # Errors
    /// A frame claims to be too long: nothing behind its header can be understood. The length is looked at
    /// before the content has come.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, TooLong> {
        let rest = self.bytes.get(self.read..).unwrap_or_default();
        let Some((length, rest)) = rest.split_first_chunk::<LENGTH_BYTES>() else {
            self.drop_what_was_read();
            return Ok(None);
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length > CONTENT_BYTES_MAX {
            return Err(TooLong { length });
        }
        let whole = rest
            .split_first_chunk()
            .and_then(|(id, content)| Some((*id, content.get(..length)?)));
        let Some((id, content)) = whole else {
            self.drop_what_was_read();
            return Ok(None);
        };
        let frame = Frame {
            id: u64::from_le_bytes(id),
            content: content.to_vec(),
        };
        self.read += HEADER_BYTES + length;
        Ok(Some(frame))
    }

    /// Wipes what was given out: it may be what somebody voted. What was never used is not wiped, which would
    /// take longer than all the rest.
    fn drop_what_was_read(&mut self) {
        if self.read == self.bytes.len() {
            self.bytes.fill(0);
            self.bytes.clear();
        } else {
            self.bytes.drain(..self.read);
        }
        self.read = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(frames: &[Frame]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for frame in frames {
            encode(frame.id, &frame.content, &mut bytes).expect("short enough");
        }
        bytes
    }

    /// All frames found in `pieces`, and what ended the search.
    fn decoded<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<TooLong>) {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for piece in pieces {
            decoder.push(piece);
            loop {
                match decoder.next_frame() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => return (frames, Some(error)),
                }
            }
        }
        (frames, None)
    }

    #[test]
    fn the_bytes_are_those_of_the_table() {
        let mut bytes = Vec::new();
        encode(0x0102, b"yes", &mut bytes).expect("short enough");
        assert_eq!(bytes, b"\x03\0\0\0\x02\x01\0\0\0\0\0\0yes");
    }

    #[test]
    fn a_length_is_refused_before_its_content_has_come() {
        let longest = vec![7; CONTENT_BYTES_MAX];
        let mut bytes = Vec::new();
        encode(1, &longest, &mut bytes).expect("just short enough");
        let (frames, error) = decoded(std::iter::once(&*bytes));
        assert_eq!((frames.len(), error), (1, None));
        let length = CONTENT_BYTES_MAX + 1;
        let claimed = u32::try_from(length).expect("small").to_le_bytes();
        let (frames, error) = decoded(std::iter::once(&claimed[..]));
        assert_eq!((frames.len(), error), (0, Some(TooLong { length })));
        let mut bytes = Vec::new();
        encode(1, &vec![7; length], &mut bytes).expect_err("one byte too long");
        assert!(bytes.is_empty());
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_they_are_cut(
            contents in prop::collection::vec((any::<u64>(), prop::collection::vec(any::<u8>(), 0..300)), 0..20),
            cut in 1_usize..50,
        ) {
            let frames: Vec<Frame> = contents.into_iter().map(|(id, content)| Frame { id, content }).collect();
            let bytes = encoded(&frames);
            prop_assert_eq!(decoded(bytes.chunks(1)), (frames.clone(), None));
            prop_assert_eq!(decoded(bytes.chunks(cut)), (frames.clone(), None));
            prop_assert_eq!(decoded(std::iter::once(&*bytes)), (frames, None));
        }

        #[test]
        fn any_bytes_are_read_alike_however_they_are_cut(
            lengths in prop::collection::vec(0_u32..80_000, 1..6),
            noise in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let mut bytes = Vec::new();
            for length in lengths {
                bytes.extend_from_slice(&length.to_le_bytes());
                bytes.extend_from_slice(&noise);
            }
            prop_assert_eq!(decoded(bytes.chunks(1)), decoded(std::iter::once(&*bytes)));
        }

        #[test]
        fn half_a_frame_is_none(content in prop::collection::vec(any::<u8>(), 0..100), missing in 1_usize..112) {
            let bytes = encoded(&[Frame { id: 9, content }]);
            let there = bytes.len().saturating_sub(missing);
            prop_assert_eq!(decoded(bytes[..there].chunks(1)), (vec![], None));
        }
    }
}
