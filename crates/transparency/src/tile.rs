//! Tiles (c2sp.org/tlog-tiles): 256 hashes of one level of the tree in a file whose name tells which.
//!
//! ```text
//! tile/0/000             hashes of the leaves 0..256
//! tile/0/x001/234        hashes of the leaves 1234 * 256 ..
//! tile/1/000.p/17        of the first 17 full tiles of level 0: a tile that is not full yet
//! tile/entries/x001/234  the leaves themselves, each behind its length
//! ```
//! A full tile never changes. One that is not full is named by its width, so that it never changes either.

use std::fmt;
use std::str::FromStr;

use crate::hash::{HASH_BYTES, Hash};
use crate::text;
use crate::tree::size::SIZE_MAX;

/// Hashes of a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Levels of the tree between two levels of tiles.
pub(crate) const TILE_HEIGHT: u32 = 8;
/// The highest level that a tree of the largest size has.
const LEVEL_MAX: u8 = 7;
/// Longest path that is read; the longest there is has 38 characters.
const PATH_BYTES_MAX: usize = 64;

/// What a file of the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contents {
    /// Hashes of a level of tiles: 0 has the leaves' hashes, each further one the roots of full tiles below.
    Hashes {
        /// The level, at most 7.
        level: u8,
    },
    /// The leaves themselves, 256 a file.
    Entries,
}

/// The name of one tile or bundle of entries below the log's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    contents: Contents,
    index: u64,
    width: u16,
}

/// The name is not one that a log has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{path} is not the name of a tile: expected tile/LEVEL/INDEX or tile/entries/INDEX, INDEX in groups of three digits as x001/234, and .p/WIDTH behind it where the tile is not full"
)]
pub struct TilePathError {
    path: String,
}

/// Why bytes are not the tile that their name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// A tile has 32 bytes a hash.
    #[error(
        "{path} has {got} bytes and must have {expected}: fetch it again, or from another copy of the log"
    )]
    Length {
        /// Which tile it is.
        path: TilePath,
        /// Bytes that its width asks for.
        expected: usize,
        /// Bytes that there are.
        got: usize,
    },
    /// It is asked for what only a tile of hashes has.
    #[error("{path} is a bundle of entries and has no hashes")]
    NoHashes {
        /// Which file it is.
        path: TilePath,
    },
}

impl TilePath {
    /// A tile of the tree with `size` leaves. None where that tree has no such tile.
    #[must_use]
    pub fn in_tree(contents: Contents, index: u64, size: u64) -> Option<TilePath> {
        let level = match contents {
            Contents::Hashes { level } if level > LEVEL_MAX => return None,
            Contents::Hashes { level } => level,
            Contents::Entries => 0,
        };
        let hashes = size >> (TILE_HEIGHT * u32::from(level));
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let here = hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH));
        let width = u16::try_from(here).expect("256 at most");
        TilePath::new(contents, index, width)
    }

    /// A tile of `width` hashes or entries, 1 to 256. None where no log can have it.
    #[must_use]
    pub fn new(contents: Contents, index: u64, width: u16) -> Option<TilePath> {
        let level = match contents {
            Contents::Hashes { level } => level,
            Contents::Entries => 0,
        };
        if level > LEVEL_MAX || width == 0 || width > TILE_WIDTH {
            return None;
        }
        let hashes = index
            .checked_mul(u64::from(TILE_WIDTH))?
            .checked_add(u64::from(width))?;
        let in_bounds = hashes <= SIZE_MAX >> (TILE_HEIGHT * u32::from(level));
        in_bounds.then_some(TilePath {
            contents,
            index,
            width,
        })
    }

    /// What the file holds.
    #[must_use]
    pub fn contents(&self) -> Contents {
        self.contents
    }

    /// Number of the tile in its level, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Hashes or entries in it, 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// The full tile in the same place, which replaces this one as the log grows. None where it lies beyond
    /// the largest log.
    #[must_use]
    pub fn full(&self) -> Option<TilePath> {
        TilePath::new(self.contents, self.index, TILE_WIDTH)
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.contents {
            Contents::Hashes { level } => write!(f, "tile/{level}")?,
            Contents::Entries => f.write_str("tile/entries")?,
        }
        let digits = self.index.to_string();
        let groups = digits.len().div_ceil(3);
        let padded = format!("{digits:0>width$}", width = 3 * groups);
        for group in 0..groups {
            let mark = if group + 1 < groups { "x" } else { "" };
            write!(f, "/{mark}{}", &padded[3 * group..3 * group + 3])?;
        }
        if self.width < TILE_WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(path: &str) -> Result<TilePath, TilePathError> {
        parse(path).ok_or_else(|| TilePathError {
            path: text::quoted(path),
        })
    }
}

fn parse(path: &str) -> Option<TilePath> {
    if path.len() > PATH_BYTES_MAX {
        return None;
    }
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let contents = match level {
        "entries" => Contents::Entries,
        level => Contents::Hashes {
            level: text::decimal(level)?.try_into().ok()?,
        },
    };
    let (index, width) = match rest.split_once(".p/") {
        None => (rest, TILE_WIDTH),
        Some((index, width)) => {
            let width = u16::try_from(text::decimal(width)?).ok()?;
            (index, Some(width).filter(|width| *width < TILE_WIDTH)?)
        }
    };
    TilePath::new(contents, parse_index(index)?, width)
}

/// The groups before the last begin with an x, and the first is not 000 where there are several.
fn parse_index(text: &str) -> Option<u64> {
    let mut index = 0_u64;
    let mut groups = text.split('/').peekable();
    while let Some(group) = groups.next() {
        let is_last = groups.peek().is_none();
        let digits = if is_last {
            group
        } else {
            group.strip_prefix('x')?
        };
        let value = parse_group(digits)?;
        if index == 0 && value == 0 && !is_last {
            return None;
        }
        index = index.checked_mul(1_000)?.checked_add(value)?;
    }
    Some(index)
}

fn parse_group(text: &str) -> Option<u64> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A tile of hashes with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Where it is served.
    pub path: TilePath,
    /// As many as the path's width says.
    pub hashes: Vec<Hash>,
}

impl Tile {
    /// The file's bytes: hash behind hash.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| hash.0).collect()
    }

    /// Reads the file that has this name. Whether the hashes are the log's shows at a root that is made
    /// from them.
    ///
    /// # Errors
    /// The bytes are more or fewer than the name promises.
    pub fn from_bytes(path: TilePath, bytes: &[u8]) -> Result<Tile, TileError> {
        if path.contents == Contents::Entries {
            return Err(TileError::NoHashes { path });
        }
        let expected = usize::from(path.width) * HASH_BYTES;
        let (chunks, []) = bytes.as_chunks::<HASH_BYTES>() else {
            return Err(length(path, expected, bytes));
        };
        if bytes.len() != expected {
            return Err(length(path, expected, bytes));
        }
        let hashes = chunks.iter().copied().map(Hash).collect();
        Ok(Tile { path, hashes })
    }
}

fn length(path: TilePath, expected: usize, bytes: &[u8]) -> TileError {
    TileError::Length {
        path,
        expected,
        got: bytes.len(),
    }
}
