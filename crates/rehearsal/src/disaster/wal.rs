//! What the archive must have: the ledger's frames beside where the write-ahead log stood when they could be seen.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::servers::Servers;
use crate::child::Server;
use crate::prepare::Stage;

/// The write-ahead log's end in bytes, and the last frame of the only partition: what can be seen was written before.
const SAMPLE: &str = "\
SELECT pg_current_wal_insert_lsn() - '0/0', coalesce((SELECT frame FROM ledger_links
  WHERE partition = 0 AND frame IS NOT NULL ORDER BY number DESC LIMIT 1), 0)";

/// Looks at the primary twenty times a second, until it is lost.
#[derive(Debug)]
pub(super) struct Samples {
    file: PathBuf,
    /// Ends with the primary, and with this.
    _looking: Server,
}

/// One look at the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sample {
    end: u64,
    frame: u64,
}

impl Samples {
    /// Starts to look.
    ///
    /// # Errors
    /// psql cannot be started.
    pub(super) fn start(stage: &Stage, servers: &Servers) -> Result<Samples> {
        let file = stage.machines.logs().join("samples.txt");
        Ok(Samples {
            _looking: servers.sample(SAMPLE, &file)?,
            file,
        })
    }

    /// The last frame that anybody saw, and the least and the greatest that a restore to `end` can come to.
    ///
    /// # Errors
    /// Nothing was seen.
    pub(super) fn foretell(&self, end: u64) -> Result<(u64, u64, u64)> {
        let text = fs::read_to_string(&self.file);
        let text = text.with_context(|| format!("cannot read {}", self.file.display()))?;
        let samples: Vec<Sample> = text.lines().filter_map(sample).collect();
        ensure!(!samples.is_empty(), "nobody looked at the primary");
        Ok(foretold(&samples, end))
    }
}

fn foretold(samples: &[Sample], end: u64) -> (u64, u64, u64) {
    let inside = samples.iter().take_while(|sample| sample.end <= end);
    let (number, least) = inside.fold((0, 0), |(n, _), sample| (n + 1, sample.frame));
    let last = samples.last().map_or(0, |sample| sample.frame);
    // What was committed before `end` can be seen a look after it at the latest, but for one link that waits for its standby.
    let greatest = samples.get(number + 1).map_or(last, |sample| sample.frame);
    (last, least, greatest + 1)
}

/// A line of psql; none where the server died in the middle of it.
fn sample(line: &str) -> Option<Sample> {
    let (end, frame) = line.split_once('|')?;
    Some(Sample {
        end: end.trim().parse().ok()?,
        frame: frame.trim().parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_has_what_was_seen_before_the_archive_ended() {
        let seen = [(10, 1), (20, 4), (30, 9), (40, 12)];
        let samples: Vec<Sample> = seen
            .iter()
            .map(|&(end, frame)| Sample { end, frame })
            .collect();
        for (end, least, greatest) in [(9, 0, 5), (20, 4, 13), (29, 4, 13), (99, 12, 13)] {
            assert_eq!(foretold(&samples, end), (12, least, greatest), "{end}");
        }
        assert_eq!(sample("20|4"), Some(samples[1]));
        for not in ["", "20", "20|", "ERROR: x"] {
            assert_eq!(sample(not), None);
        }
    }
}
