//! The results pages: an overview, a law, an election, one region of it, and views to embed.
//!
//! Routes that the program serves, all with `?lang=fr|en`: `/` ([`index`]), `/ballots/{id}`
//! ([`law`], [`election`]), `/ballots/{id}/regions/{number}` ([`region`]), the latter two also under
//! `/embed`, and `/ballots/{id}/results.csv` ([`law_csv`], [`election_csv`]). What the policy of a
//! ballot hides is not in the views, so no page can show it.
//!
//! Live pages stay one renderer's work: the page's script learns that something changed (from the
//! stream, or by asking again with the `ETag`), fetches the page and puts its live part in place.

mod checked;
mod csv;
mod election_page;
mod law_page;
mod night;
mod overview;
mod view;

pub use csv::{election_csv, law_csv};
pub use election_page::{election, region};
pub use law_page::law;
pub use night::Night;
pub use overview::index;
pub use view::{
    AnswerCounts, CandidateVotes, CheckedBy, CheckingWitness, ElectionView, LawCounts, LawView,
    Progress, RegionAnswers, RegionView, Round, Rounds, Seen, Stage, Summary, Turnout,
};
