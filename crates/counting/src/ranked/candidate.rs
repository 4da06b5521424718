//! A candidate of a ranked contest, and the number by which results name one.

/// A candidate of a ranked contest. The order of the list is the order of the ballot paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Identifier, unique in the contest; results and lots in files use it.
    pub id: String,
    /// Name as printed on the ballot paper.
    pub name: String,
    /// Printed on the ballot paper but not counted, for example after a withdrawal.
    pub excluded: bool,
    /// Stands for all undeclared write-ins together: cannot be elected.
    pub undeclared_write_in: bool,
}

/// Most candidates of one contest; ballots keep the high bit of a number for themselves.
pub(crate) const CANDIDATES_MAX: usize = 1 << 15;

impl Candidate {
    /// A candidate who stands, and is a person.
    #[must_use]
    pub fn new(id: &str, name: &str) -> Candidate {
        Candidate {
            id: id.to_owned(),
            name: name.to_owned(),
            excluded: false,
            undeclared_write_in: false,
        }
    }
}

/// The number of a candidate in ballots and results: the index in the contest's list, from 0.
pub(crate) fn position(candidate: usize) -> u16 {
    u16::try_from(candidate).expect("a contest refuses more than CANDIDATES_MAX candidates")
}
