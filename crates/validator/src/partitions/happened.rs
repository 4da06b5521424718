//! What happens among validators that share a ledger.

use std::fmt;

/// An event that people who watch are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happened {
    /// This validator records a partition from now on.
    Taken {
        partition: u16,
        epoch: u32,
    },
    GivenBack(u16),
    /// Another validator has taken it.
    Lost(u16),
    /// A validator shows itself.
    Here(String),
    /// A validator shows itself no more.
    Silent(String),
    /// The clock is apart from the database's, by so many milliseconds.
    ClockApart(i64),
    ClockAgrees,
}

/// As the log tells it.
impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Happened::Taken { partition, epoch } => {
                write!(f, "partition {partition}: taken, epoch {epoch}")
            }
            Happened::GivenBack(partition) => write!(f, "partition {partition}: given back"),
            Happened::Lost(partition) => write!(f, "partition {partition}: lost"),
            Happened::Here(name) => write!(f, "{name} is here"),
            Happened::Silent(name) => write!(f, "{name} is silent"),
            Happened::ClockApart(ms) => {
                write!(f, "clock {ms} ms ahead of the database's: owns nothing")
            }
            Happened::ClockAgrees => f.write_str("clock agrees with the database's again"),
        }
    }
}
