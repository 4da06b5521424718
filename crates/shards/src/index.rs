//! The prefix index `.fst`: shortest distinguishing digest prefix to ordinal.
//!
//! The file is written by crate `fst` (version 3 of its format). It is *read* by the walk below and
//! not by that crate, because the crate trusts its bytes: a node address or a pack size that lies
//! makes it panic. Here every byte is fetched with a bounds check, every sum is checked, and a walk
//! ends after 16 steps, so that any bytes give an answer or `None`.
//!
//! A node is written before the nodes that point to it and is addressed by its **last** byte, its
//! state; the fields lie before it:
//! - `11cccccc` one transition, to the node written just before, no output: `[input?] state`
//! - `10cccccc` one transition: `output delta [sizes] [input?] state`
//! - `0fnnnnnn` any number: `[final output] outputs deltas inputs [256-byte table] [sizes] [n?] state`
//!
//! `c` is a common input's number or 0 where the input byte stands beside the state; `f` marks a
//! final node; `n` is the number of transitions or 0 where it stands beside the state (there, 1
//! means 256); the table is there from 33 transitions on. `sizes` holds the widths of deltas (high
//! four bits) and outputs (low four). Lists lie in reverse order of input. A delta counts back from
//! the node's first byte; 0 is the final node without transitions.

use crate::digest::DigestBytes;
use crate::error::FormatError;
use crate::header::{Header, Kind, expect, payload};

/// The crate's own bytes begin with version and type, and end with length, root and checksum.
const FST_VERSION: u64 = 3;
const FST_TAIL_BYTES: usize = 20;
const FST_LEAST_BYTES: usize = 36;
const TABLE_BYTES: usize = 256;
const TABLE_FROM_TRANSITIONS: usize = 33;
/// Inputs that the format's author found common in text, by number from 1: part of the format.
const COMMON_INPUTS: &[u8; 63] = b"te/oasripcnw.hlm-du012g=:bf3y5&_4v9678k%?xCDASFIBEjPTzRNM+LOqHG";

/// A prefix index over bytes that need not be trusted.
#[derive(Debug)]
pub(crate) struct PrefixIndex<B> {
    file: B,
    root: usize,
    count: u64,
}

impl<B: AsRef<[u8]>> PrefixIndex<B> {
    /// Checks header and frame of the index; the nodes are checked as they are walked.
    pub(crate) fn read(file: B) -> Result<(PrefixIndex<B>, Header), FormatError> {
        let header = Header::read(file.as_ref(), Kind::Index)?;
        expect("element width", 0, header.width.into())?;
        let fst = payload(file.as_ref());
        if fst.len() < FST_LEAST_BYTES {
            return Err(FormatError::TooShort {
                expected: FST_LEAST_BYTES as u64,
                got: fst.len() as u64,
            });
        }
        let tail = fst.len() - FST_TAIL_BYTES;
        expect("index version", FST_VERSION, word(fst, 0).unwrap_or(0))?;
        expect("index type", 0, word(fst, 8).unwrap_or(0))?;
        expect("index length", header.count, word(fst, tail).unwrap_or(0))?;
        let root = word(fst, tail + 8).unwrap_or(0);
        // The root is the last node written.
        if header.count > 0 {
            expect("index root", (tail - 1) as u64, root)?;
        }
        Ok((
            PrefixIndex {
                root: tail - 1,
                count: header.count,
                file,
            },
            header,
        ))
    }

    /// The ordinal stored for the one prefix that `digest` begins with, if there is one. The digest
    /// itself need not be in the shard: the digest column confirms.
    pub(crate) fn candidate(&self, digest: &DigestBytes) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let fst = payload(self.file.as_ref());
        let mut node = self.root;
        let mut ordinal: u64 = 0;
        for &input in digest {
            let step = follow(fst, node, input)?;
            ordinal = ordinal.checked_add(step.output)?;
            if step.next == 0 {
                return Some(ordinal);
            }
            node = step.next;
        }
        None
    }

    /// The index as crate `fst` wrote it.
    #[cfg(feature = "builder")]
    pub(crate) fn fst_bytes(&self) -> &[u8] {
        payload(self.file.as_ref())
    }
}

/// One transition: the address of the next node (0: final, no transitions) and the output on the way.
struct Step {
    next: usize,
    output: u64,
}

/// `None` where the node has no such transition or does not lie within the bytes.
#[inline]
fn follow(fst: &[u8], node: usize, input: u8) -> Option<Step> {
    let state = *fst.get(node)?;
    match state >> 6 {
        0b11 => {
            let first = match_single_input(fst, node, state, input)?;
            Some(Step {
                next: first.checked_sub(1)?,
                output: 0,
            })
        }
        0b10 => {
            let sizes_at = match_single_input(fst, node, state, input)?.checked_sub(1)?;
            let sizes = Sizes::read(fst, sizes_at)?;
            let delta_at = sizes_at.checked_sub(sizes.delta)?;
            let first = delta_at.checked_sub(sizes.output)?;
            step(fst, first, sizes, delta_at, first)
        }
        _ => follow_many(fst, node, state, input),
    }
}

/// Where the fields before state and input end, if the node's only input is `input`.
#[inline]
fn match_single_input(fst: &[u8], node: usize, state: u8, input: u8) -> Option<usize> {
    let (stands_at, byte) = match usize::from(state & 0b0011_1111) {
        0 => (node.checked_sub(1)?, *fst.get(node.checked_sub(1)?)?),
        common => (node, *COMMON_INPUTS.get(common - 1)?),
    };
    (byte == input).then_some(stands_at)
}

#[inline]
fn follow_many(fst: &[u8], node: usize, state: u8, input: u8) -> Option<Step> {
    let (count, sizes_at) = match usize::from(state & 0b0011_1111) {
        0 => match *fst.get(node.checked_sub(1)?)? {
            1 => (256, node.checked_sub(2)?),
            count => (usize::from(count), node.checked_sub(2)?),
        },
        count => (count, node.checked_sub(1)?),
    };
    let last = count.checked_sub(1)?;
    let sizes = Sizes::read(fst, sizes_at)?;
    let (inputs, position) = if count >= TABLE_FROM_TRANSITIONS {
        let table = sizes_at.checked_sub(TABLE_BYTES)?;
        let position = usize::from(*fst.get(table + usize::from(input))?);
        (table.checked_sub(count)?, position)
    } else {
        let inputs = sizes_at.checked_sub(count)?;
        let listed = fst.get(inputs..sizes_at)?;
        (
            inputs,
            last - listed.iter().position(|&byte| byte == input)?,
        )
    };
    if position >= count {
        return None;
    }
    // At most 256 transitions of at most 8 + 8 bytes: the products are small.
    let deltas = inputs.checked_sub(count * sizes.delta)?;
    let outputs = deltas.checked_sub(count * sizes.output)?;
    let is_final = state & 0b0100_0000 != 0;
    let first = outputs.checked_sub(if is_final { sizes.output } else { 0 })?;
    let from_last = last - position;
    step(
        fst,
        first,
        sizes,
        deltas + from_last * sizes.delta,
        outputs + from_last * sizes.output,
    )
}

#[inline]
fn step(fst: &[u8], first: usize, sizes: Sizes, delta_at: usize, output_at: usize) -> Option<Step> {
    let output = packed(fst, output_at, sizes.output)?;
    let delta = usize::try_from(packed(fst, delta_at, sizes.delta)?).ok()?;
    let next = if delta == 0 {
        0
    } else {
        first.checked_sub(delta)?
    };
    Some(Step { next, output })
}

/// Widths in bytes, 0 to 8.
#[derive(Clone, Copy)]
struct Sizes {
    delta: usize,
    output: usize,
}

impl Sizes {
    #[inline]
    fn read(fst: &[u8], at: usize) -> Option<Sizes> {
        let byte = *fst.get(at)?;
        let sizes = Sizes {
            delta: usize::from(byte >> 4),
            output: usize::from(byte & 0b1111),
        };
        (sizes.delta <= 8 && sizes.output <= 8).then_some(sizes)
    }
}

/// An integer of `width` bytes, 0 to 8. Reads eight and masks: the tail after the root makes sure
/// that a sound index has them.
#[inline]
fn packed(fst: &[u8], at: usize, width: usize) -> Option<u64> {
    match width {
        0 => Some(0),
        8 => word(fst, at),
        _ => Some(word(fst, at)? & ((1 << (8 * width)) - 1)),
    }
}

#[inline]
fn word(fst: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*fst.get(at..)?.first_chunk()?))
}
