//! One simulated file: what programs see (the page cache) and what would survive a power loss.

use super::rng::Rng;

/// Writes tear at this size.
pub(crate) const SECTOR_BYTES: usize = 512;

/// A change that no sync has made stable yet.
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(self, image: &mut Vec<u8>) {
        match self {
            Change::Length(length) => image.resize(length, 0),
            Change::Write { offset, bytes } => put(image, offset, &bytes),
        }
    }
}

#[derive(Default)]
pub(crate) struct Inode {
    pub(crate) cached: Vec<u8>,
    stable: Vec<u8>,
    pending: Vec<Change>,
}

impl Inode {
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        put(&mut self.cached, offset, bytes);
        self.pending.push(Change::Write {
            offset,
            bytes: bytes.to_vec(),
        });
    }

    pub(crate) fn set_length(&mut self, length: usize) {
        self.cached.resize(length, 0);
        self.pending.push(Change::Length(length));
    }

    /// Writes what is dirty. Pages that a failed sync left marked clean are not: programs go on
    /// reading them, and a power loss takes them.
    pub(crate) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.stable);
        }
    }

    /// A failed sync: the kernel marks the pages clean, some of them unwritten, and will not try
    /// again. Lengths are metadata, which its journal still holds.
    pub(crate) fn fail_sync(&mut self, rng: &mut Rng) {
        let kept = self.survivors(rng);
        self.pending
            .retain(|change| matches!(change, Change::Length(_)));
        self.stable = kept;
    }

    pub(crate) fn lose_power(&mut self, rng: &mut Rng) {
        self.stable = self.survivors(rng);
        self.cached = self.stable.clone();
        self.pending.clear();
    }

    /// What the medium may hold: of each sector written since the last sync, the old bytes or the
    /// new ones, whatever the order of the writes.
    fn survivors(&self, rng: &mut Rng) -> Vec<u8> {
        let keep_percent = [0, 100, 50, 90, 10][rng.index(5)];
        let mut image = self.stable.clone();
        let mut pieces = Vec::new();
        for change in &self.pending {
            match change {
                Change::Length(length) => pieces.push(Change::Length(*length)),
                Change::Write { offset, bytes } => split(*offset, bytes, &mut pieces),
            }
        }
        if rng.chance(30) {
            shuffle(&mut pieces, rng);
        }
        for piece in pieces {
            if rng.chance(keep_percent) {
                piece.apply(&mut image);
            }
        }
        image
    }

    /// Bit rot: in the cache too, as if read after the medium went bad.
    pub(crate) fn flip(&mut self, at: usize, mask: u8) {
        for bytes in [&mut self.cached, &mut self.stable] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= mask;
            }
        }
    }
}

fn put(image: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(bytes);
}

fn split(mut offset: usize, mut bytes: &[u8], pieces: &mut Vec<Change>) {
    while !bytes.is_empty() {
        let room = SECTOR_BYTES - offset % SECTOR_BYTES;
        let (piece, rest) = bytes.split_at(room.min(bytes.len()));
        pieces.push(Change::Write {
            offset,
            bytes: piece.to_vec(),
        });
        offset += piece.len();
        bytes = rest;
    }
}

fn shuffle(pieces: &mut [Change], rng: &mut Rng) {
    for at in (1..pieces.len()).rev() {
        pieces.swap(at, rng.index(at + 1));
    }
}
