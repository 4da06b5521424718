//! Frames on their way out: which of them the connection has not seen a byte of.

use std::collections::VecDeque;

use crate::frame::{self, TooLong};

/// Bytes already handed over that are kept until something else is to be done anyway.
const HANDED_BYTES_KEPT_MAX: usize = 64 * 1024;

/// Encoded frames, of which the connection takes as much as it can.
///
/// Positions count bytes since the connection began.
#[derive(Default)]
pub(crate) struct Outgoing {
    bytes: Vec<u8>,
    /// Position of the first of `bytes`.
    base: u64,
    /// Position up to which the connection has taken everything.
    handed: u64,
    /// Position and id of each frame of which no byte was handed over, in order.
    unhanded: VecDeque<(u64, u64)>,
}

impl Outgoing {
    /// Puts a frame behind the others.
    pub(crate) fn push(&mut self, id: u64, content: &[u8]) -> Result<(), TooLong> {
        let at = self.base + self.bytes.len() as u64;
        frame::encode(id, content, &mut self.bytes)?;
        self.unhanded.push_back((at, id));
        Ok(())
    }

    /// What the connection has not taken yet.
    pub(crate) fn rest(&self) -> &[u8] {
        let handed = usize::try_from(self.handed - self.base).unwrap_or(usize::MAX);
        self.bytes.get(handed..).unwrap_or_default()
    }

    /// Bytes that the connection has not taken yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// Notes that the connection took `count` bytes of [`Outgoing::rest`].
    pub(crate) fn advance(&mut self, count: usize) {
        self.handed += count as u64;
        while (self.unhanded.front()).is_some_and(|(at, _)| *at < self.handed) {
            self.unhanded.pop_front();
        }
        let handed = self.bytes.len() - self.rest().len();
        if handed == self.bytes.len() {
            self.bytes.fill(0);
            self.bytes.clear();
        } else if handed > HANDED_BYTES_KEPT_MAX {
            self.bytes.drain(..handed);
        } else {
            return;
        }
        self.base = self.handed;
    }

    /// Notes that the connection failed while it was given all of [`Outgoing::rest`]: nobody knows how much
    /// it took.
    pub(crate) fn fail(&mut self) {
        self.advance(self.rest().len());
    }

    /// How many frames the connection has not seen a byte of.
    pub(crate) fn unhanded_len(&self) -> usize {
        self.unhanded.len()
    }

    /// Ids of the frames that the connection has not seen a byte of.
    pub(crate) fn unhanded(&self) -> impl Iterator<Item = u64> {
        self.unhanded.iter().map(|(_, id)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a frame of 4 bytes.
    const FRAME: usize = 12 + 4;

    #[test]
    fn a_frame_is_unhanded_until_its_first_byte_goes() {
        let cases: [(&[usize], &[u64]); 6] = [
            (&[0], &[1, 2, 3]),
            (&[1], &[2, 3]),
            (&[FRAME], &[2, 3]),
            (&[FRAME - 1, 2], &[3]),
            (&[2 * FRAME + 1], &[]),
            (&[FRAME, FRAME, FRAME], &[]),
        ];
        for (taken, expected) in cases {
            let mut outgoing = Outgoing::default();
            for id in 1..=3 {
                outgoing.push(id, b"four").expect("short");
            }
            for count in taken {
                outgoing.advance(*count);
            }
            assert!(
                outgoing.unhanded().eq(expected.iter().copied()),
                "{taken:?}"
            );
            let rest = 3 * FRAME - taken.iter().sum::<usize>();
            assert_eq!(outgoing.rest().len(), rest, "{taken:?}");
        }
    }

    #[test]
    fn after_a_failure_nothing_counts_as_unhanded() {
        let mut outgoing = Outgoing::default();
        outgoing.push(1, b"four").expect("short");
        outgoing.fail();
        assert_eq!(outgoing.unhanded_len(), 0);
        assert!(outgoing.is_empty());
    }

    /// A connection that always has something to take never empties the buffer.
    #[test]
    fn what_was_handed_over_is_not_kept_for_ever() {
        let mut outgoing = Outgoing::default();
        let mut bytes_max = 0;
        outgoing.push(1, &[0; 1_000]).expect("short");
        for id in 2..1_000 {
            outgoing.push(id, &[0; 1_000]).expect("short");
            outgoing.advance(1_012);
            bytes_max = bytes_max.max(outgoing.bytes.len());
            assert_eq!(outgoing.unhanded().collect::<Vec<u64>>(), [id]);
        }
        assert!(bytes_max < 2 * HANDED_BYTES_KEPT_MAX, "{bytes_max} bytes");
    }
}
