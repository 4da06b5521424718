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
/// Bits of a digest: no path is longer.
const DIGEST_BITS: u32 = 128;
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
        let word = |at| word(fst, at).expect("FST_LEAST_BYTES covers the words of the frame");
        expect("index version", FST_VERSION, word(0))?;
        expect("index type", 0, word(8))?;
        expect("index length", header.count, word(tail))?;
        let root = word(tail + 8);
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

    pub(crate) fn file(&self) -> &[u8] {
        self.file.as_ref()
    }

    /// The ordinal stored for the one prefix that `digest` begins with, if there is one. The digest
    /// itself need not be in the shard: the digest column confirms.
    pub(crate) fn candidate(&self, digest: &DigestBytes) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let fst = payload(self.file.as_ref());
        let mut at = self.root;
        let mut ordinal: u64 = 0;
        for &input in digest {
            let node = Node::read(fst, at)?;
            let step = node.step(fst, node.find(fst, input)?)?;
            ordinal = ordinal.checked_add(step.output)?;
            if step.next == 0 {
                return Some(ordinal);
            }
            at = step.next;
        }
        None
    }

    /// Walks the whole index in order and compares it with the column: it must hold, for each
    /// digest in order, exactly one path that the digest begins with, to the digest's ordinal. Then
    /// each digest is found, at its place, and nothing else is in the index.
    ///
    /// A path that is no digest's ends the walk, so the work is bounded by the column's length.
    pub(crate) fn check_against(&self, digests: &[DigestBytes]) -> Result<(), FormatError> {
        if self.count == 0 && digests.is_empty() {
            return Ok(());
        }
        let mut comparison = Comparison {
            fst: payload(self.file.as_ref()),
            digests: digests.iter(),
            ordinal: 0,
        };
        let walked = comparison.below(self.root, 0, 0, 0);
        match walked {
            Some(()) if comparison.digests.len() == 0 => Ok(()),
            _ => Err(FormatError::IndexDisagrees {
                ordinal: comparison.ordinal,
            }),
        }
    }
}

/// A walk over the index side by side with the digests it must hold.
struct Comparison<'a> {
    fst: &'a [u8],
    digests: std::slice::Iter<'a, DigestBytes>,
    /// Ordinal of the next digest.
    ordinal: u64,
}

impl Comparison<'_> {
    /// Compares everything below the node at `at`, which is reached by the `depth` bytes of `path`
    /// (a big-endian number) with the outputs' sum `collected`. `None` at the first disagreement.
    /// Recurses 16 deep at most.
    fn below(&mut self, at: usize, path: u128, depth: u32, collected: u64) -> Option<()> {
        let node = Node::read(self.fst, at)?;
        // A dead end or a path that goes on behind its end would make the work unbounded.
        if node.transitions == 0 || node.is_final {
            return None;
        }
        let depth = depth + 1;
        let bits_behind = DIGEST_BITS.checked_sub(8 * depth)?;
        for number in 0..node.transitions {
            let path = path << 8 | u128::from(node.input(self.fst, number)?);
            let step = node.step(self.fst, number)?;
            let collected = collected.checked_add(step.output)?;
            if step.next != 0 {
                self.below(step.next, path, depth, collected)?;
                continue;
            }
            let digest = u128::from_be_bytes(*self.digests.next()?);
            if collected != self.ordinal || digest >> bits_behind != path {
                return None;
            }
            self.ordinal += 1;
        }
        Some(())
    }
}

/// Where a transition leads: the address of the next node (0: final, without transitions) and the
/// output collected on the way.
#[derive(Clone, Copy)]
struct Step {
    next: usize,
    output: u64,
}

/// A node's layout, computed once; every offset lies below the node's own address.
#[derive(Clone, Copy)]
struct Node {
    /// Address of the node's first byte, from which deltas count back.
    first: usize,
    transitions: usize,
    sizes: Sizes,
    inputs: Inputs,
    deltas: usize,
    outputs: usize,
    is_final: bool,
}

#[derive(Clone, Copy)]
enum Inputs {
    /// One transition, to the node just before.
    Next(u8),
    /// One transition, by this input byte.
    One(u8),
    /// The input bytes, last first, from this offset.
    Listed(usize),
    /// The same, and a table of positions by input.
    Tabled { listed: usize, table: usize },
}

impl Node {
    /// `None` where the node does not lie within the bytes.
    #[inline]
    fn read(fst: &[u8], at: usize) -> Option<Node> {
        let state = *fst.get(at)?;
        match state >> 6 {
            0b11 => {
                let (input, first) = single_input(fst, at, state)?;
                let sizes = Sizes {
                    delta: 0,
                    output: 0,
                };
                let inputs = Inputs::Next(input);
                Some(Node {
                    first,
                    transitions: 1,
                    sizes,
                    inputs,
                    deltas: 0,
                    outputs: 0,
                    is_final: false,
                })
            }
            0b10 => {
                let (input, end) = single_input(fst, at, state)?;
                let sizes_at = end.checked_sub(1)?;
                let sizes = Sizes::read(fst, sizes_at)?;
                let deltas = sizes_at.checked_sub(sizes.delta)?;
                let first = deltas.checked_sub(sizes.output)?;
                let inputs = Inputs::One(input);
                Some(Node {
                    first,
                    transitions: 1,
                    sizes,
                    inputs,
                    deltas,
                    outputs: first,
                    is_final: false,
                })
            }
            _ => Node::read_many(fst, at, state),
        }
    }

    #[inline]
    fn read_many(fst: &[u8], at: usize, state: u8) -> Option<Node> {
        let (transitions, sizes_at) = match usize::from(state & 0b0011_1111) {
            0 => match *fst.get(at.checked_sub(1)?)? {
                1 => (256, at.checked_sub(2)?),
                count => (usize::from(count), at.checked_sub(2)?),
            },
            count => (count, at.checked_sub(1)?),
        };
        let sizes = Sizes::read(fst, sizes_at)?;
        let (inputs, listed) = if transitions >= TABLE_FROM_TRANSITIONS {
            let table = sizes_at.checked_sub(TABLE_BYTES)?;
            let listed = table.checked_sub(transitions)?;
            (Inputs::Tabled { listed, table }, listed)
        } else {
            let listed = sizes_at.checked_sub(transitions)?;
            (Inputs::Listed(listed), listed)
        };
        // At most 256 transitions of at most 8 + 8 bytes: the products are small.
        let deltas = listed.checked_sub(transitions * sizes.delta)?;
        let outputs = deltas.checked_sub(transitions * sizes.output)?;
        let is_final = state & 0b0100_0000 != 0;
        let first = outputs.checked_sub(if is_final { sizes.output } else { 0 })?;
        Some(Node {
            first,
            transitions,
            sizes,
            inputs,
            deltas,
            outputs,
            is_final,
        })
    }

    /// The number of the transition for `input`, in order of input.
    #[inline]
    fn find(&self, fst: &[u8], input: u8) -> Option<usize> {
        match self.inputs {
            Inputs::Next(only) | Inputs::One(only) => (only == input).then_some(0),
            Inputs::Listed(listed) => {
                let inputs = fst.get(listed..listed + self.transitions)?;
                let from_first = inputs.iter().rev().position(|&byte| byte == input)?;
                Some(from_first)
            }
            Inputs::Tabled { table, .. } => {
                let position = usize::from(*fst.get(table + usize::from(input))?);
                (position < self.transitions).then_some(position)
            }
        }
    }

    /// The input byte of a transition.
    #[inline]
    fn input(&self, fst: &[u8], number: usize) -> Option<u8> {
        match self.inputs {
            Inputs::Next(only) | Inputs::One(only) => Some(only),
            Inputs::Listed(listed) | Inputs::Tabled { listed, .. } => {
                fst.get(listed + self.place_from_end(number)?).copied()
            }
        }
    }

    #[inline]
    fn step(&self, fst: &[u8], number: usize) -> Option<Step> {
        if let Inputs::Next(_) = self.inputs {
            return Some(Step {
                next: self.first.checked_sub(1)?,
                output: 0,
            });
        }
        let place = self.place_from_end(number)?;
        let output = packed(
            fst,
            self.outputs + place * self.sizes.output,
            self.sizes.output,
        )?;
        let delta = packed(
            fst,
            self.deltas + place * self.sizes.delta,
            self.sizes.delta,
        )?;
        let next = match usize::try_from(delta).ok()? {
            0 => 0,
            delta => self.first.checked_sub(delta)?,
        };
        Some(Step { next, output })
    }

    /// Lists lie in reverse order of input.
    #[inline]
    fn place_from_end(&self, number: usize) -> Option<usize> {
        self.transitions.checked_sub(number + 1)
    }
}

/// The input of a node that has one transition, and where the fields before it end.
#[inline]
fn single_input(fst: &[u8], at: usize, state: u8) -> Option<(u8, usize)> {
    match usize::from(state & 0b0011_1111) {
        0 => {
            let input_at = at.checked_sub(1)?;
            Some((*fst.get(input_at)?, input_at))
        }
        common => Some((*COMMON_INPUTS.get(common - 1)?, at)),
    }
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

#[cfg(all(test, feature = "builder"))]
mod tests;
