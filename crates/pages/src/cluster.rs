//! The picture of validators that share a ledger: who is alive, who records which partition, what happened, and the
//! last decisions. As tables, which the page shows and its script keeps up to date.

use election::Language;

use crate::frame::PageContext;
use crate::messages::Messages;
use crate::wording::{to_the_second, zone_at};

/// What is seen of a ledger and its validators at one moment.
#[derive(Clone, Debug, Default)]
pub struct ClusterPicture {
    /// By name; none where the ledger is in files.
    pub members: Vec<MemberSeen>,
    /// In the order of their numbers.
    pub partitions: Vec<PartitionSeen>,
    /// The last first, with the time in ms since 1970 UTC.
    pub events: Vec<(i64, ClusterEvent)>,
    /// The last first, with the time in ms since 1970 UTC.
    pub decisions: Vec<(i64, DecisionSeen)>,
}

/// A validator as the others see it.
#[derive(Clone, Debug)]
pub struct MemberSeen {
    /// Name that no other has.
    pub name: String,
    /// Where the others reach it.
    pub address: String,
    /// Version of its program.
    pub version: String,
    /// Whether it shows itself, and has read every partition to its end.
    pub state: MemberState,
    /// By how many milliseconds its clock is ahead of the database's, and how exactly that is known.
    pub clock_ms: (f64, f64),
    /// Seconds since it last showed itself.
    pub silent_s: f64,
}

/// How a validator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// It may record votes.
    Level,
    /// It still reads, or its clock is apart: it hands votes to the others.
    Behind,
    /// It does not show itself any more.
    Silent,
}

/// A partition and whoever records it.
#[derive(Clone, Debug)]
pub struct PartitionSeen {
    /// Its number, from 0 on.
    pub partition: u16,
    /// Who records it; none where the ledger is in files, and this validator does.
    pub lease: Option<LeaseSeen>,
    /// Its last frame, as the ledger has it.
    pub last_frame: u64,
    /// How many of its frames this validator has not read yet.
    pub lag: u64,
}

/// The right to record a partition.
#[derive(Clone, Debug)]
pub struct LeaseSeen {
    /// Name of its owner; none where nobody records the partition at the moment.
    pub owner: Option<String>,
    /// One higher with each owner.
    pub epoch: u64,
    /// Seconds until the owner's lease passes.
    pub left_s: f64,
}

/// What happened among validators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterEvent {
    /// This validator records a partition from now on.
    Taken {
        /// Number of the partition taken.
        partition: u16,
        /// Of the new owner.
        epoch: u32,
    },
    /// This validator has given a partition back.
    GivenBack(u16),
    /// Another one has taken a partition from this validator.
    Lost(u16),
    /// A validator shows itself.
    Here(String),
    /// A validator shows itself no more.
    Silent(String),
    /// The clock of this validator is apart from the database's, by so many milliseconds.
    ClockApart(i64),
    /// The clocks agree again.
    ClockAgrees,
}

/// What became of one vote, without voter and choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionSeen {
    /// Where it was decided.
    pub partition: u16,
    /// Id of the ballot.
    pub ballot: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The vote is recorded.
    Accepted,
    /// It was recorded before, and the same receipt is given again.
    Replayed,
    /// The voter had voted before.
    Duplicate,
    /// The ballot was not open.
    OutsideWindow,
    /// No vote can be taken at the moment.
    NotTaken,
    /// Package and ledger disagree.
    Disagrees,
    /// It was turned away, and nothing is recorded.
    Overloaded,
    /// Nobody knows what became of it.
    Unknown,
}

impl Outcome {
    /// Id of its message.
    fn message(self) -> &'static str {
        match self {
            Outcome::Accepted => "cluster-outcome-accepted",
            Outcome::Replayed => "cluster-outcome-replayed",
            Outcome::Duplicate => "cluster-outcome-duplicate",
            Outcome::OutsideWindow => "cluster-outcome-outside-window",
            Outcome::NotTaken => "cluster-outcome-not-taken",
            Outcome::Disagrees => "cluster-outcome-disagrees",
            Outcome::Overloaded => "cluster-outcome-overloaded",
            Outcome::Unknown => "cluster-outcome-unknown",
        }
    }
}

/// A table of the picture, in one language.
#[derive(Clone, Debug)]
pub struct ClusterTable {
    /// Names it for the page's script.
    pub id: &'static str,
    /// What stands over it.
    pub title: String,
    /// What stands over each column.
    pub columns: Vec<String>,
    /// The cells, row by row.
    pub rows: Vec<Vec<String>>,
}

/// The picture in words. A ledger in files has no validators beside this one, and no table of them.
#[must_use]
pub fn cluster_tables(context: &PageContext<'_>, picture: &ClusterPicture) -> Vec<ClusterTable> {
    let words = Words {
        t: Messages::of(context.lang),
        context,
    };
    let mut tables = Vec::new();
    if !picture.members.is_empty() {
        let members = picture.members.iter();
        tables.push(words.table(
            ("members", "cluster-members"),
            &[
                "cluster-column-member",
                "cluster-column-state",
                "cluster-column-address",
                "cluster-column-version",
                "cluster-column-clock",
                "cluster-column-seen",
            ],
            members.map(|member| words.member(member)).collect(),
        ));
    }
    let partitions = picture.partitions.iter();
    tables.push(words.table(
        ("partitions", "cluster-partitions"),
        &[
            "cluster-column-partition",
            "cluster-column-owner",
            "cluster-column-epoch",
            "cluster-column-lease",
            "cluster-column-frame",
            "cluster-column-behind",
        ],
        partitions.map(|seen| words.partition(seen)).collect(),
    ));
    if !picture.members.is_empty() {
        let events = picture.events.iter();
        tables.push(
            words.table(
                ("events", "cluster-events"),
                &["cluster-column-time", "cluster-column-event"],
                events
                    .map(|(time_ms, event)| vec![words.time(*time_ms), words.event(event)])
                    .collect(),
            ),
        );
    }
    let decisions = picture.decisions.iter();
    tables.push(
        words.table(
            ("decisions", "cluster-decisions"),
            &[
                "cluster-column-time",
                "cluster-column-partition",
                "cluster-column-ballot",
                "cluster-column-decision",
            ],
            decisions
                .map(|(time_ms, seen)| words.decision(*time_ms, seen))
                .collect(),
        ),
    );
    tables
}

/// The texts of one language, and the times of one zone.
struct Words<'a> {
    t: &'static Messages,
    context: &'a PageContext<'a>,
}

impl Words<'_> {
    fn time(&self, ms: i64) -> String {
        to_the_second(&self.context.event.time_zone, ms)
    }

    /// With one decimal, in the language's own way.
    fn seconds(&self, seconds: f64) -> String {
        let number = format!("{seconds:.1}");
        let number = match self.context.lang {
            Language::French => number.replace('.', ","),
            Language::English => number,
        };
        self.t.fill("unit-seconds", [("n", number.into())])
    }

    /// What stands over a column.
    fn column(&self, id: &str) -> String {
        if id != "cluster-column-time" {
            return self.text(id);
        }
        let PageContext {
            event,
            lang,
            now_ms,
            ..
        } = *self.context;
        let zone = zone_at(lang, &event.time_zone, now_ms);
        self.t.fill(id, [("zone", zone.into())])
    }

    fn text(&self, id: &str) -> String {
        self.t.get(id).into_owned()
    }

    fn table(
        &self,
        (id, title): (&'static str, &str),
        columns: &[&str],
        rows: Vec<Vec<String>>,
    ) -> ClusterTable {
        let column = |id: &&str| self.column(id);
        ClusterTable {
            id,
            title: self.text(title),
            columns: columns.iter().map(column).collect(),
            rows,
        }
    }

    fn member(&self, member: &MemberSeen) -> Vec<String> {
        let state = match member.state {
            MemberState::Level => "cluster-level",
            MemberState::Behind => "cluster-behind",
            MemberState::Silent => "cluster-silent",
        };
        let (ahead, error) = member.clock_ms;
        vec![
            member.name.clone(),
            self.text(state),
            member.address.clone(),
            member.version.clone(),
            format!("{ahead:+.0} ± {error:.0} ms"),
            self.seconds(member.silent_s),
        ]
    }

    fn partition(&self, seen: &PartitionSeen) -> Vec<String> {
        let (owner, epoch, left) = match &seen.lease {
            None => (self.text("cluster-here"), String::new(), String::new()),
            Some(lease) => match &lease.owner {
                None => (
                    self.text("cluster-nobody"),
                    lease.epoch.to_string(),
                    String::new(),
                ),
                Some(owner) => (
                    owner.clone(),
                    lease.epoch.to_string(),
                    self.seconds(lease.left_s),
                ),
            },
        };
        vec![
            seen.partition.to_string(),
            owner,
            epoch,
            left,
            seen.last_frame.to_string(),
            seen.lag.to_string(),
        ]
    }

    fn event(&self, event: &ClusterEvent) -> String {
        let of = |id: &str, partition: &u16| {
            let partition = partition.to_string();
            self.t.fill(id, [("partition", partition.as_str().into())])
        };
        let named = |id: &str, name: &String| self.t.fill(id, [("name", name.as_str().into())]);
        match event {
            ClusterEvent::Taken { partition, epoch } => {
                let (partition, epoch) = (partition.to_string(), epoch.to_string());
                let values = [
                    ("partition", partition.as_str().into()),
                    ("epoch", epoch.as_str().into()),
                ];
                self.t.fill("cluster-event-taken", values)
            }
            ClusterEvent::GivenBack(partition) => of("cluster-event-given-back", partition),
            ClusterEvent::Lost(partition) => of("cluster-event-lost", partition),
            ClusterEvent::Here(name) => named("cluster-event-here", name),
            ClusterEvent::Silent(name) => named("cluster-event-silent", name),
            ClusterEvent::ClockApart(ms) => {
                let ms = ms.to_string();
                self.t
                    .fill("cluster-event-clock-apart", [("ms", ms.as_str().into())])
            }
            ClusterEvent::ClockAgrees => self.text("cluster-event-clock-agrees"),
        }
    }

    fn decision(&self, time_ms: i64, seen: &DecisionSeen) -> Vec<String> {
        vec![
            self.time(time_ms),
            seen.partition.to_string(),
            seen.ballot.clone(),
            self.text(seen.outcome.message()),
        ]
    }
}
