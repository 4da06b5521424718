//! What a database is asked, and what it tells: facts, as typed rows. What of them may be believed is decided by
//! those who ask, so that a simulated server can tell them everything that PostgreSQL has been seen to tell.

use std::time::Duration;

use ledger::LinkHash;

/// A question without an answer after this long has none: the connection is given up.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Why there is no answer. For people: what was asked may be done all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(pub(crate) String);

/// A database that keeps chains, wherever its primary is.
pub(crate) trait Server: Send + Sync {
    /// Names it to people.
    fn name(&self) -> String;

    /// Connects to its primary, as a role that can append and do no harm, to tables that this program knows.
    fn connect(&self) -> Result<Box<dyn Session>, NoAnswer>;
}

/// One connection, used by one thread, one question after the other. After [`NoAnswer`] it is good for nothing.
pub(crate) trait Session: Send {
    /// What the server says of its standbys. One that is a standby itself refuses.
    fn replication(&self) -> Result<Replication, NoAnswer>;

    /// Byte of its log up to which the server has everything on its own disk.
    fn flushed(&self) -> Result<u64, NoAnswer>;

    /// Commits something that says nothing.
    fn commit_nothing(&self) -> Result<Changed<()>, NoAnswer>;

    /// Makes the row of a partition; `false` where there is one.
    fn begin(&self, partition: u16) -> Result<Changed<bool>, NoAnswer>;

    /// The lease of a partition; none where no chain was begun.
    fn lease(&self, partition: u16) -> Result<Option<SeenLease>, NoAnswer>;

    /// Takes a lease that has passed by the database's clock, or whose last renewal is `silent`, and tells the new
    /// epoch; none where it is held.
    fn take(
        &self,
        partition: u16,
        owner: &str,
        lasts: Duration,
        silent: Option<&str>,
    ) -> Result<Changed<Option<i64>>, NoAnswer>;

    /// Makes every statement that names an earlier attempt impossible, waiting for one that still runs; renews the
    /// lease, and tells the attempt and where the chain stands. None where the epoch is another.
    fn raise_attempt(
        &self,
        partition: u16,
        epoch: u32,
        lasts: Duration,
    ) -> Result<Changed<Option<(i64, Head)>>, NoAnswer>;

    /// Renews a lease; `false` where epoch or attempt are others.
    fn renew(&self, holder: &Holder, lasts: Duration) -> Result<Changed<bool>, NoAnswer>;

    /// Gives a lease back; `false` where epoch or attempt are others.
    fn give_back(&self, holder: &Holder) -> Result<Changed<bool>, NoAnswer>;

    /// Moves the row of the lease on by one link, renews it and inserts the link, or does neither: tells how many
    /// rows were written, and asks for `synchronous_standby_names` right behind.
    fn append(
        &self,
        holder: &Holder,
        link: &NewLink<'_>,
        lasts: Duration,
    ) -> Result<Changed<(u64, String)>, NoAnswer>;

    /// Whether epoch and attempt in the row are those of a holder; none where there is no row.
    fn is_held_by(&self, holder: &Holder) -> Result<Option<(bool, bool)>, NoAnswer>;

    /// Where a chain stands, without waiting for anybody; none where no chain was begun.
    fn head(&self, partition: u16) -> Result<Option<Head>, NoAnswer>;

    /// Some of the links from `first` to `last`, in order; a gap where rows are missing.
    fn links(
        &self,
        partition: u16,
        first_and_last: (u64, u64),
    ) -> Result<Vec<StoredLink>, NoAnswer>;

    /// Whether there is a link of that number or a higher one.
    fn is_link_from(&self, partition: u16, number: u64) -> Result<bool, NoAnswer>;

    /// The number of the link that is this frame, where it is from `first` to `last`.
    fn number_of_frame(
        &self,
        partition: u16,
        sequence: u64,
        first_and_last: (u64, u64),
    ) -> Result<Option<u64>, NoAnswer>;

    /// Numbers of the last headers before a link, the nearest first.
    fn headers_before(&self, partition: u16, number: u64) -> Result<Vec<u64>, NoAnswer>;
}

/// What a change told, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed<T> {
    pub(crate) told: T,
    /// What came with it, such as that the wait for the standby was given up.
    pub(crate) notices: Vec<String>,
    /// Whether the server was ready for the next statement. That a statement is complete is told before the wait for
    /// the standby ends, where somebody ends the connection.
    pub(crate) is_ready: bool,
}

impl<T> Changed<T> {
    /// The same of something else that was told.
    pub(crate) fn map<U>(self, tell: impl FnOnce(T) -> U) -> Changed<U> {
        Changed {
            told: tell(self.told),
            notices: self.notices,
            is_ready: self.is_ready,
        }
    }

    /// The same of something that may not be what a row should hold.
    pub(crate) fn try_map<U>(
        self,
        tell: impl FnOnce(T) -> Result<U, NoAnswer>,
    ) -> Result<Changed<U>, NoAnswer> {
        Ok(Changed {
            told: tell(self.told)?,
            notices: self.notices,
            is_ready: self.is_ready,
        })
    }
}

/// Who writes, as every statement of an owner names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) partition: u16,
    pub(crate) epoch: u32,
    pub(crate) attempt: i64,
}

/// A link on its way into the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewLink<'a> {
    /// Place among all links, from 1.
    pub(crate) number: u64,
    pub(crate) segment: u64,
    /// Sequence of a frame; none for the header of a segment.
    pub(crate) frame: Option<u64>,
    pub(crate) previous: LinkHash,
    pub(crate) hash: LinkHash,
    pub(crate) bytes: &'a [u8],
}

/// One link as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredLink {
    pub(crate) number: u64,
    /// Sequence of a frame; none for the header of a segment.
    pub(crate) frame: Option<u64>,
    /// As the row names it: whoever must not believe it computes it from the bytes.
    pub(crate) hash: LinkHash,
    pub(crate) bytes: Vec<u8>,
}

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
    /// Sequence of the last frame: every link but the headers is one.
    pub(crate) fn last_frame(&self) -> u64 {
        self.number.saturating_sub(self.segment)
    }
}

/// A lease as it stands in its row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeenLease {
    /// Name of the member that has it, or had it last; empty where it was given back.
    pub(crate) owner: String,
    /// Changes each time that its owner renews it.
    pub(crate) renewal: String,
    /// Seconds until it passes, by the database's clock; negative where it has passed.
    pub(crate) left_s: f64,
}

/// What a server says of its standbys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replication {
    /// Setting `synchronous_commit` of this connection.
    pub(crate) commit: String,
    /// Setting `synchronous_standby_names` of the server.
    pub(crate) names: String,
    /// One higher after each change of the primary.
    pub(crate) timeline: String,
    pub(crate) standbys: Vec<Standby>,
}

/// One receiver of this server's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standby {
    pub(crate) name: String,
    /// `streaming` once it has caught up.
    pub(crate) state: String,
    /// `sync` where commits wait for it.
    pub(crate) sync_state: String,
    /// Byte of the log up to which it has everything on its disk.
    pub(crate) flushed: u64,
}
