//! What `tally export` and the API's exports can write, and in which form.

use clap::ValueEnum;

/// Rows of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Votes per ballot, region and choice.
    Results,
    /// Every credential that voted or tried again, by digest, and invalid attempts by reason.
    Audit,
    /// Credentials that were submitted more than once.
    Duplicates,
    /// Votes per ballot, region and hour.
    Turnout,
}

/// What `tally export` writes: rows, the log that the ledger is kept as, or the site of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExportKind {
    /// Rows of a kind.
    Rows(What),
    /// A directory with policy, checkpoints and tiles, which `witness audit` reads.
    Log,
    /// A directory with every page and document of the results, which any web server serves.
    Site,
}

impl ValueEnum for ExportKind {
    fn value_variants<'a>() -> &'a [ExportKind] {
        &[
            ExportKind::Rows(What::Results),
            ExportKind::Rows(What::Audit),
            ExportKind::Rows(What::Duplicates),
            ExportKind::Rows(What::Turnout),
            ExportKind::Log,
            ExportKind::Site,
        ]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        match self {
            ExportKind::Rows(what) => what.to_possible_value(),
            ExportKind::Log => Some(clap::builder::PossibleValue::new("log").help(
                "The ledger's log: policy, checkpoints and tiles, a directory that `witness audit` reads",
            )),
            ExportKind::Site => Some(clap::builder::PossibleValue::new("site").help(
                "The results as everybody may see them now: pages and JSON, a directory that any web server serves",
            )),
        }
    }
}

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// One JSON array of objects.
    Json,
}
