//! Reads all segments of a partition in order and says where and how they end. Recovery, offline
//! reading and repair all go through here, so that they agree on what is damage and what a tear.
//!
//! A frame is written only after the one before it was synced. So invalid bytes at the end of the
//! last segment are a torn write if no valid frame follows them, and damage if one does.

use std::path::{Path, PathBuf};

use durable::{Storage, StorageFile};

use crate::error::LedgerError;
use crate::format::chain::{Cursor, LinkHash};
use crate::format::decoder::{Decoder, Item};
use crate::format::defect::Defect;
use crate::format::frame::{FRAME_HEADER_BYTES, Frame, FrameHeader};
use crate::log::TornTail;
use crate::log::files::layout::{parse_segment_file_name, segment_file_name};

const CHUNK_BYTES: usize = 1 << 20;

/// Where an item stands.
pub(crate) struct Origin<'a> {
    pub(crate) path: &'a Path,
    pub(crate) segment: u32,
    pub(crate) offset: u64,
}

impl Origin<'_> {
    /// The error that this item is damaged.
    pub(crate) fn damaged(&self, defect: Defect) -> LedgerError {
        LedgerError::damaged(self.path, self.offset, defect)
    }

    /// The error that whoever looked at this item refused it.
    pub(crate) fn refused(&self, defect: Defect) -> LedgerError {
        match defect {
            Defect::Another { .. } | Defect::Partition { .. } => LedgerError::AnotherLedger {
                path: self.path.to_path_buf(),
                defect,
            },
            damage => self.damaged(damage),
        }
    }
}

/// The last segment, as it was found.
#[derive(Debug, Clone)]
pub(crate) struct LastSegment {
    pub(crate) path: PathBuf,
    pub(crate) number: u32,
    pub(crate) epoch: u32,
    /// Where its valid frames end.
    pub(crate) valid_bytes: u64,
    /// Length of the file.
    pub(crate) file_bytes: u64,
    /// Where its last frame starts, if it has one.
    pub(crate) last_frame: Option<u64>,
}

/// What a scan found.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    pub(crate) segments: u64,
    pub(crate) frames: u64,
    pub(crate) cursor: Cursor,
    /// What the next item must name as previous.
    pub(crate) link: LinkHash,
    /// Commit time of the last frame.
    pub(crate) time_ms: Option<i64>,
    pub(crate) last: Option<LastSegment>,
    pub(crate) torn: Option<TornTail>,
}

/// Numbers of the segments in a directory, ascending; empty where there is no directory.
pub(crate) fn segment_numbers(storage: &dyn Storage, dir: &Path) -> Result<Vec<u32>, LedgerError> {
    let names = match storage.list(dir) {
        Ok(names) => names,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LedgerError::io("list", dir)(error)),
    };
    let mut numbers = Vec::new();
    for name in names.iter().filter(|name| name.ends_with(".segment")) {
        let stray = || LedgerError::Stray {
            path: dir.join(name),
        };
        numbers.push(parse_segment_file_name(name).ok_or_else(stray)?);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reads everything, handing each item to `visit`.
pub(crate) fn scan<E: From<LedgerError>>(
    storage: &dyn Storage,
    dir: &Path,
    mut visit: impl FnMut(&Item, &Origin<'_>) -> Result<(), E>,
) -> Result<Scanned, E> {
    let numbers = segment_numbers(storage, dir)?;
    let mut found = Scanned::default();
    let mut decoder = Decoder::new();
    for (at, number) in numbers.iter().enumerate() {
        let mut file = SegmentFile::open(storage, dir, *number)?;
        let end = file.read(&mut decoder, &mut found, &mut visit)?;
        let is_last = at + 1 == numbers.len();
        if let Some(defect) = end {
            found.torn = Some(file.judge(decoder.offset(), defect, is_last)?);
        }
        found.segments += 1;
        found.last = Some(LastSegment {
            path: file.path,
            number: *number,
            epoch: file.epoch,
            valid_bytes: decoder.offset(),
            file_bytes: file.bytes,
            last_frame: file.last_frame,
        });
    }
    found.cursor = decoder.cursor();
    found.link = decoder.link();
    Ok(found)
}

struct SegmentFile {
    file: Box<dyn StorageFile>,
    path: PathBuf,
    number: u32,
    bytes: u64,
    epoch: u32,
    last_frame: Option<u64>,
}

impl SegmentFile {
    fn open(storage: &dyn Storage, dir: &Path, number: u32) -> Result<SegmentFile, LedgerError> {
        let path = dir.join(segment_file_name(number));
        let file = storage
            .open_read(&path)
            .map_err(LedgerError::io("open", &path))?;
        let bytes = file.len().map_err(LedgerError::io("measure", &path))?;
        Ok(SegmentFile {
            file,
            path,
            number,
            bytes,
            epoch: 0,
            last_frame: None,
        })
    }

    /// Decodes to the end of the frames. `Some` = what stands there is neither a frame nor zeros.
    fn read<E: From<LedgerError>>(
        &mut self,
        decoder: &mut Decoder,
        found: &mut Scanned,
        visit: &mut impl FnMut(&Item, &Origin<'_>) -> Result<(), E>,
    ) -> Result<Option<Defect>, E> {
        decoder.start_file();
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut position = 0;
        loop {
            while !decoder.at_reserved_space() {
                let offset = decoder.offset();
                let item = match decoder.next_item() {
                    Ok(Some(item)) => item,
                    Ok(None) => break,
                    Err(error) => return Ok(Some(error.defect)),
                };
                self.note(&item, offset, found);
                visit(
                    &item,
                    &Origin {
                        path: &self.path,
                        segment: self.number,
                        offset,
                    },
                )?;
            }
            if decoder.at_reserved_space() || position >= self.bytes {
                return self.end_defect(decoder).map_err(E::from);
            }
            let len = self.read_chunk(position, &mut chunk)?;
            decoder.push(filled(&chunk, len));
            position += len as u64;
        }
    }

    fn note(&mut self, item: &Item, offset: u64, found: &mut Scanned) {
        match item {
            Item::Segment(header) => self.epoch = header.epoch,
            Item::Frame(frame) => {
                self.last_frame = Some(offset);
                found.frames += 1;
                found.time_ms = Some(frame.header.time_ms);
            }
        }
    }

    fn read_chunk(&self, position: u64, chunk: &mut [u8]) -> Result<usize, LedgerError> {
        let len = self
            .file
            .read_at(position, chunk)
            .map_err(LedgerError::io("read", &self.path))?;
        if len == 0 {
            let defect = Defect::Truncated {
                expected: self.bytes - position,
                got: 0,
            };
            return Err(LedgerError::Damaged {
                path: self.path.clone(),
                offset: position,
                defect,
            });
        }
        Ok(len)
    }

    /// What is wrong with the bytes behind the last frame, if anything.
    fn end_defect(&self, decoder: &Decoder) -> Result<Option<Defect>, LedgerError> {
        let from = decoder.offset();
        if decoder.at_reserved_space() {
            let clean = self.last_non_zero(from)?.is_none();
            return Ok((!clean).then_some(Defect::NotZero));
        }
        let got = decoder.pending() as u64;
        // The header of a segment is whole, or the file would not carry its name.
        let torn = got > 0 || from == 0;
        Ok(torn.then_some(Defect::Truncated {
            expected: got + 1,
            got,
        }))
    }

    /// Damage, or the torn write of the last frame?
    fn judge(&self, valid: u64, defect: Defect, is_last: bool) -> Result<TornTail, LedgerError> {
        let damaged = |defect| LedgerError::damaged(&self.path, valid, defect);
        // Segments get their name after their header was synced: it cannot be torn.
        if !is_last || valid == 0 || self.valid_frame_from(valid)?.is_some() {
            return Err(damaged(defect));
        }
        let last = self.last_non_zero(valid)?;
        let bytes = last.map_or(0, |last| last + 1 - valid);
        Ok(TornTail {
            path: self.path.clone(),
            offset: valid,
            bytes,
        })
    }

    fn last_non_zero(&self, from: u64) -> Result<Option<u64>, LedgerError> {
        let mut last = None;
        self.windows(from, 0, |start, window| {
            let at = window.iter().rposition(|byte| *byte != 0);
            last = at.map(|at| start + at as u64).or(last);
            Ok(())
        })?;
        Ok(last)
    }

    /// The first offset at or behind `from` where a whole frame stands whose checksums fit.
    fn valid_frame_from(&self, from: u64) -> Result<Option<u64>, LedgerError> {
        let mut found = None;
        self.windows(from, FRAME_HEADER_BYTES - 1, |start, window| {
            for (at, header) in window.windows(FRAME_HEADER_BYTES).enumerate() {
                let offset = start + at as u64;
                if found.is_none() && self.is_frame(offset, header)? {
                    found = Some(offset);
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn is_frame(&self, offset: u64, header: &[u8]) -> Result<bool, LedgerError> {
        let header = header.first_chunk::<FRAME_HEADER_BYTES>();
        let header = header.expect("windows of a header's size");
        // The length is looked at first: it rules out almost everything without a checksum.
        let [a, b, c, d, ..] = *header;
        if crate::format::frame::check_length(u32::from_le_bytes([a, b, c, d])).is_err() {
            return Ok(false);
        }
        let Ok(header) = FrameHeader::decode(header) else {
            return Ok(false);
        };
        let mut bytes = vec![0; header.length as usize];
        let len = self
            .file
            .read_at(offset, &mut bytes)
            .map_err(LedgerError::io("read", &self.path))?;
        Ok(len == bytes.len() && Frame::decode(&bytes).is_ok())
    }

    /// Hands the file from `from` to its end to `look`, in windows that overlap by `overlap` bytes.
    fn windows(
        &self,
        from: u64,
        overlap: usize,
        mut look: impl FnMut(u64, &[u8]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut window = vec![0; CHUNK_BYTES];
        let mut start = from;
        while start < self.bytes {
            let len = self.read_chunk(start, &mut window)?;
            look(start, filled(&window, len))?;
            if len <= overlap || start + len as u64 >= self.bytes {
                break;
            }
            start += (len - overlap) as u64;
        }
        Ok(())
    }
}

/// The bytes that a read put into `buffer`.
fn filled(buffer: &[u8], len: usize) -> &[u8] {
    buffer
        .get(..len)
        .expect("a read fills no more than its buffer")
}
