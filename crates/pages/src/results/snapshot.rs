//! Pages as files, for a web server that has nothing else: what they say of themselves, and where they lie.

use election::Language;

use crate::address::{data_file_of, file_of};

/// What a page says when it is a file and no program answers for it.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The address that the running program has this page at, such as `/ballots/L2025-001`.
    pub path: &'a str,
    /// The last frame of the ledger that was read, such as `17`, or `0/17 1/33`; empty where there is none.
    pub position: &'a str,
    /// Its commit time, in milliseconds UTC; none where the ledger has no frame.
    pub time_ms: Option<i64>,
}

impl Snapshot<'_> {
    /// The file of a page or of its CSV, below the directory of the snapshot.
    #[must_use]
    pub fn file_of(path: &str, lang: Language) -> String {
        file_of(path, lang)
    }

    /// The file of an asset, or of a JSON document of the API.
    #[must_use]
    pub fn data_file_of(path: &str) -> String {
        data_file_of(path)
    }
}
