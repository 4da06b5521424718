//! What certifies the results of a ballot: a signed statement that was shown to this tally.

/// A statement of results whose signature was checked, and whose numbers are those counted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// SHA-256 of the statement's JSON, in hexadecimal.
    pub(crate) statement_sha256: String,
    /// Key id of the officer who signed it, in hexadecimal.
    pub(crate) signed_by: String,
}
