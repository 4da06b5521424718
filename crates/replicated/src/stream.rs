//! Links as a stream that follows the tail, and never shows what was not acknowledged.

use std::collections::VecDeque;
use std::time::Duration;

use ledger::LedgerError;
use ledger::log::LinkStream;

use crate::acknowledged::Failure;
use crate::replication::settle;
use crate::rows::{links, number_of_frame, start_of};
use crate::server::{Head, NoAnswer, Session, StoredLink};
use crate::store::Store;

/// A chain that stood still for so long is at rest: a barrier then tells of its last link.
const AT_REST: Duration = Duration::from_millis(100);

pub(crate) struct RowStream {
    store: Store,
    partition: u16,
    /// None after a question that had no answer: the next call connects again.
    session: Option<Box<dyn Session>>,
    /// The last frame that the reader has.
    after: u64,
    /// The next link to read; none before the first call that finds a new frame.
    next: Option<u64>,
    /// How many links there were when this was last looked at, and since when; none before the first look.
    rests: Option<(u64, Duration)>,
    /// Read, and not handed out yet.
    read: VecDeque<StoredLink>,
}

impl RowStream {
    pub(crate) fn new(
        store: Store,
        session: Box<dyn Session>,
        partition: u16,
        after: u64,
    ) -> RowStream {
        RowStream {
            store,
            partition,
            session: Some(session),
            after,
            next: None,
            rests: None,
            read: VecDeque::new(),
        }
    }

    /// Reads further links, as far as they were acknowledged.
    fn fill(&mut self) -> Result<(), Failure> {
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                let session = self.store.connect()?;
                self.store.check_known(&*session, self.partition)?;
                session
            }
        };
        let Some(head) = session.head(self.partition)? else {
            return Err(NoAnswer("the row of the chain is gone".to_owned()).into());
        };
        if self.next.is_some_and(|next| next > head.number + 1) {
            self.store.check_known(&*session, self.partition)?;
        }
        let last = self.acknowledged(&*session, &head)?;
        let first = match self.next {
            Some(next) => next,
            None => {
                let frame = self.after.saturating_add(1);
                let number = number_of_frame(&*session, self.partition, frame, &head)?;
                match number.filter(|number| *number <= last) {
                    Some(number) => start_of(&*session, self.partition, number)?,
                    None => {
                        self.session = Some(session);
                        return Ok(());
                    }
                }
            }
        };
        if first <= last {
            self.read = links(&*session, self.partition, (first, last))?.into();
        }
        if let Some(newest) = self.read.back() {
            let known = self.store.acknowledged(self.partition);
            known.note(newest.number, newest.hash);
        }
        self.next = Some(first + self.read.len() as u64);
        self.session = Some(session);
        Ok(())
    }

    /// The last link that was acknowledged, of those up to `head`: an owner sends a link only when the one before
    /// was, and what is there before a barrier was, too. A row by itself proves nothing.
    fn acknowledged(&mut self, session: &dyn Session, head: &Head) -> Result<u64, NoAnswer> {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::ShowAnyRow) {
            return Ok(head.number);
        }
        let known = self.store.acknowledged(self.partition);
        if known.holds(head.number, head.link) {
            return Ok(head.number);
        }
        let before = head.number.saturating_sub(1);
        if self.next.is_some_and(|next| next < before) {
            return Ok(before); // there is enough to read without a barrier
        }
        let now = self.store.time().now();
        // Whoever looks for the first time wants to know; later the next link says the same without a barrier.
        if let Some((links, since)) = self.rests {
            if links != head.number {
                self.rests = Some((head.number, now));
                return Ok(before);
            }
            if now.saturating_sub(since) < AT_REST {
                return Ok(before);
            }
        }
        self.rests = Some((head.number, now));
        settle(session, self.store.time())?;
        self.store.note_head(session, self.partition, head)?;
        Ok(head.number)
    }
}

impl LinkStream for RowStream {
    fn next_bytes(&mut self, bytes_max: usize) -> Result<Vec<u8>, LedgerError> {
        let mut out = Vec::new();
        while out.len() < bytes_max {
            if self.read.is_empty() {
                match self.fill() {
                    Ok(()) if self.read.is_empty() => break,
                    Ok(()) => {}
                    // What was read is whole: the next call says what is wrong, if it still is.
                    Err(_) if !out.is_empty() => break,
                    Err(why) => return Err(self.store.failed_on(self.partition, &why)),
                }
            }
            let Some(link) = self.read.pop_front() else {
                break;
            };
            match link.frame {
                Some(sequence) if sequence <= self.after => {}
                Some(sequence) => {
                    self.after = sequence;
                    out.extend_from_slice(&link.bytes);
                }
                None => out.extend_from_slice(&link.bytes),
            }
        }
        Ok(out)
    }
}
