//! The rows of a chain: where it stands, and its links in order.

use ledger::LinkHash;
use tokio_postgres::Row;

use crate::connection::{Connection, NoAnswer};
use crate::store::Store;

/// Rows read at a time.
const ROWS_MAX: i64 = 256;
/// Links are read until there are so many bytes of them; one link may be longer.
const BYTES_MAX: i64 = 4 << 20;

/// Where the row of a lease says that its chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// How many links there are.
    pub(crate) number: u64,
    /// Segment of the last link.
    pub(crate) segment: u64,
    /// Hash of the last link; zeros where there is none.
    pub(crate) link: LinkHash,
}

impl Head {
    /// From columns `number`, `segment`, `head`, the first of which is the `at`th.
    pub(crate) fn of(row: &Row, at: usize) -> Result<Head, NoAnswer> {
        Ok(Head {
            number: unsigned(row.get(at))?,
            segment: unsigned(row.get(at + 1))?,
            link: hash(row.get(at + 2))?,
        })
    }

    /// Sequence of the last frame: every link but the headers is one.
    pub(crate) fn last_frame(&self) -> u64 {
        self.number.saturating_sub(self.segment)
    }

    /// Reads it without waiting for anybody; none where no chain was begun.
    pub(crate) fn read(connection: &Connection, partition: u16) -> Result<Option<Head>, NoAnswer> {
        let rows = connection.read(
            "SELECT number, segment, head FROM ledger_lease WHERE partition = $1",
            &[&i32::from(partition)],
        )?;
        rows.first().map(|row| Head::of(row, 0)).transpose()
    }
}

/// A lease as it stands in its row.
pub(crate) struct SeenLease {
    /// Name of the member that has it, or had it last; empty where it was given back.
    pub(crate) owner: String,
    /// Changes each time that its owner renews it.
    pub(crate) renewal: String,
    /// Seconds until it passes, by the database's clock; negative where it has passed.
    pub(crate) left_s: f64,
}

impl SeenLease {
    pub(crate) fn read(
        connection: &Connection,
        partition: u16,
    ) -> Result<Option<SeenLease>, NoAnswer> {
        let rows = connection.read(
            "SELECT owner, lease_until::text, CASE WHEN isfinite(lease_until) THEN extract(epoch FROM lease_until - clock_timestamp())::float8 ELSE -1 END FROM ledger_lease WHERE partition = $1",
            &[&i32::from(partition)],
        )?;
        Ok(rows.first().map(|row| SeenLease {
            owner: row.get(0),
            renewal: row.get(1),
            left_s: row.get(2),
        }))
    }

    /// Whether nobody has renewed it for longer than an owner that is alive lets pass. Whoever is wrong about that is
    /// fenced by the epoch.
    pub(crate) fn is_silent(&self, store: &Store, partition: u16) -> bool {
        store.is_silent(partition, &self.renewal, self.left_s)
    }
}

/// One link as it is stored.
pub(crate) struct StoredLink {
    pub(crate) number: u64,
    /// Sequence of a frame; none for the header of a segment.
    pub(crate) frame: Option<u64>,
    pub(crate) bytes: Vec<u8>,
}

/// Some of the links from `first` to `last`, in order and without a gap.
pub(crate) fn links(
    connection: &Connection,
    partition: u16,
    (first, last): (u64, u64),
) -> Result<Vec<StoredLink>, NoAnswer> {
    let rows = connection.read(
        "SELECT number, frame, body FROM (SELECT *, sum(octet_length(body)) OVER (ORDER BY number) AS bytes FROM (SELECT number, frame, body FROM ledger_links WHERE partition = $1 AND number BETWEEN $2 AND $3 ORDER BY number LIMIT $4) AS next) AS sized WHERE bytes - octet_length(body) < $5 ORDER BY number",
        &[&i32::from(partition), &signed(first)?, &signed(last)?, &ROWS_MAX, &BYTES_MAX],
    )?;
    let mut links = Vec::with_capacity(rows.len());
    for (expected, row) in (first..).zip(&rows) {
        let number = unsigned(row.get(0))?;
        if number != expected {
            return Err(NoAnswer(format!(
                "link {expected} of partition {partition} is missing: rows were deleted, restore the database from a copy"
            )));
        }
        let frame: Option<i64> = row.get(1);
        links.push(StoredLink {
            number,
            frame: frame.map(unsigned).transpose()?,
            bytes: row.get(2),
        });
    }
    Ok(links)
}

/// Whether there is a link of that number.
pub(crate) fn is_link(
    connection: &Connection,
    partition: u16,
    number: u64,
) -> Result<bool, NoAnswer> {
    let sql = "SELECT 1 FROM ledger_links WHERE partition = $1 AND number >= $2 LIMIT 1";
    let rows = connection.read(sql, &[&i32::from(partition), &signed(number)?])?;
    Ok(!rows.is_empty())
}

/// The place of a frame among all links; none where there is no such frame.
pub(crate) fn number_of_frame(
    connection: &Connection,
    partition: u16,
    sequence: u64,
    head: &Head,
) -> Result<Option<u64>, NoAnswer> {
    if sequence == 0 || sequence > head.last_frame() {
        return Ok(None);
    }
    // One header at least stands before it, and no more than there are.
    let (first, last) = (
        sequence.saturating_add(1),
        sequence.saturating_add(head.segment),
    );
    let rows = connection.read(
        "SELECT number FROM ledger_links WHERE partition = $1 AND number BETWEEN $2 AND $3 AND frame = $4",
        &[&i32::from(partition), &signed(first)?, &signed(last)?, &signed(sequence)?],
    )?;
    rows.first().map(|row| unsigned(row.get(0))).transpose()
}

/// The header with which a stream to the frame at `number` begins: that of its segment or, where segments without
/// a frame stand before it, of the first of those.
pub(crate) fn start_of(
    connection: &Connection,
    partition: u16,
    number: u64,
) -> Result<u64, NoAnswer> {
    let rows = connection.read(
        "SELECT number FROM ledger_links WHERE partition = $1 AND frame IS NULL AND number < $2 ORDER BY number DESC LIMIT $3",
        &[&i32::from(partition), &signed(number)?, &ROWS_MAX],
    )?;
    let headers: Result<Vec<u64>, NoAnswer> = rows.iter().map(|row| unsigned(row.get(0))).collect();
    let headers = headers?;
    let nearest = *headers
        .first()
        .ok_or_else(|| NoAnswer(format!("no header stands before link {number}")))?;
    if nearest + 1 != number {
        return Ok(nearest);
    }
    let in_a_row = headers.iter().zip((0..=nearest).rev());
    let first = in_a_row
        .take_while(|(header, expected)| *header == expected)
        .last();
    Ok(first.map_or(nearest, |(header, _)| *header))
}

/// A number that the tables keep with a sign.
pub(crate) fn signed(number: u64) -> Result<i64, NoAnswer> {
    i64::try_from(number).map_err(|_| NoAnswer(format!("{number} is no place in a ledger")))
}

pub(crate) fn unsigned(number: i64) -> Result<u64, NoAnswer> {
    u64::try_from(number).map_err(|_| NoAnswer(format!("a row holds {number}: it was edited")))
}

fn hash(bytes: Vec<u8>) -> Result<LinkHash, NoAnswer> {
    let bytes = bytes.try_into();
    let bytes =
        bytes.map_err(|_| NoAnswer("a row holds no hash of 32 bytes: it was edited".to_owned()));
    bytes.map(LinkHash)
}
