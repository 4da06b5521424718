//! Where a roll comes from: a file or standard input, plain, gzip or zstd.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};

/// Bytes read from the system at once.
const BUFFER_LEN: usize = 64 * 1024;

/// Largest zstd window accepted, as a power of two: 8 MiB, what levels up to 19 use. A larger one
/// would break the bound on memory.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// The text of a roll, decompressed.
pub struct Source {
    /// How messages name it.
    pub name: String,
    /// Bytes in the file; `None` for standard input and pipes.
    pub len: Option<u64>,
    /// Bytes that decompression needs.
    pub window_bytes: u64,
    text: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
}

impl Source {
    /// Opens a file, or standard input where the path is `-`.
    pub fn open(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Self::from_reader("standard input".to_owned(), None, Box::new(io::stdin()));
        }
        let name = path.display().to_string();
        let file = File::open(path)
            .with_context(|| format!("cannot open {name}: check the path and its permissions"))?;
        let metadata = file
            .metadata()
            .with_context(|| format!("cannot examine {name}"))?;
        if metadata.is_dir() {
            anyhow::bail!("{name} is a directory: name the file that holds the roll");
        }
        let len = metadata.is_file().then_some(metadata.len());
        Self::from_reader(name, len, Box::new(file))
    }

    /// Takes bytes from anywhere; `name` stands in messages.
    pub fn from_reader(name: String, len: Option<u64>, raw: Box<dyn Read + Send>) -> Result<Self> {
        let consumed = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            raw,
            consumed: Arc::clone(&consumed),
        };
        let mut buffered = BufReader::with_capacity(BUFFER_LEN, counted);
        let head = buffered
            .fill_buf()
            .with_context(|| format!("cannot read {name}"))?;
        let (text, window_bytes): (Box<dyn Read + Send>, u64) = if head.starts_with(b"\x1f\x8b") {
            (
                Box::new(flate2::bufread::MultiGzDecoder::new(buffered)),
                64 << 10,
            )
        } else if head.starts_with(b"\x28\xb5\x2f\xfd") {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(buffered).context("cannot start zstd")?;
            decoder
                .window_log_max(ZSTD_WINDOW_LOG_MAX)
                .context("cannot bound zstd's window")?;
            (Box::new(decoder), 2 << ZSTD_WINDOW_LOG_MAX)
        } else {
            (Box::new(buffered), 0)
        };
        Ok(Self {
            name,
            len,
            window_bytes,
            text,
            consumed,
        })
    }

    /// Counts the bytes taken from the file so far, compressed as they are: for progress.
    pub fn consumed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.consumed)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text.read(buffer)
    }
}

struct Counted {
    raw: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.raw.read(buffer)?;
        self.consumed.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}
