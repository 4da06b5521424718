//! Where links stand among the rows of a chain.

use crate::server::{Head, NoAnswer, Session, StoredLink};

/// Some of the links from `first` to `last`, in order and without a gap.
pub(crate) fn links(
    session: &dyn Session,
    partition: u16,
    (first, last): (u64, u64),
) -> Result<Vec<StoredLink>, NoAnswer> {
    let links = session.links(partition, (first, last))?;
    let gap = (first..)
        .zip(&links)
        .find(|(expected, link)| link.number != *expected);
    match gap {
        None => Ok(links),
        Some((expected, _)) => Err(NoAnswer(format!(
            "link {expected} of partition {partition} is missing: rows were deleted, restore the database from a copy"
        ))),
    }
}

/// The place of a frame among all links; none where there is no such frame.
pub(crate) fn number_of_frame(
    session: &dyn Session,
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
    session.number_of_frame(partition, sequence, (first, last))
}

/// The header with which a stream to the frame at `number` begins: that of its segment or, where segments without
/// a frame stand before it, of the first of those.
pub(crate) fn start_of(
    session: &dyn Session,
    partition: u16,
    number: u64,
) -> Result<u64, NoAnswer> {
    let headers = session.headers_before(partition, number)?;
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
