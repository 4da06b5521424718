//! The results pages: an overview, a law, an election, one region of it, and views to embed.
//!
//! Routes that the program serves, all with `?lang=fr|en`: `/` ([`index`]), `/ballots/{id}`
//! ([`law`], [`election`]), `/ballots/{id}/regions/{number}` ([`region`]), the latter two also under
//! `/embed`, and `/ballots/{id}/results.csv` ([`law_csv`], [`election_csv`]). What the policy of a
//! ballot hides is not in the views, so no page can show it.
//!
//! The list of regions takes `?q=` and `?show=`, a ranked count `?round=` ([`Asked`]): everything that a
//! script offers, a form or a link offers without one.
//!
//! The same pages can be files ([`Snapshot`]), whose links lead to files, wherever they lie.
//!
//! Live pages stay one renderer's work: the page's script learns that something changed (from the
//! stream, or by asking again with the `ETag`), fetches the page and puts its live part in place.

mod asked;
mod atlas;
mod checked;
mod clock_hours;
mod contest;
mod csv;
mod decision;
mod earlier;
mod election_page;
mod gain;
mod headline;
mod hours;
mod law_page;
mod law_regions;
mod newsroom;
mod night;
mod overview;
mod parties;
mod region_list;
mod region_page;
mod rounds_view;
mod snapshot;
mod view;

pub use asked::{Asked, Show};
pub use csv::{election_csv, law_csv};
pub use election_page::election;
pub use law_page::law;
pub use night::Night;
pub use overview::index;
pub use region_page::region;
pub use snapshot::Snapshot;
pub use view::{
    AnswerCounts, CandidateVotes, CheckedBy, CheckingWitness, ElectionView, HourVotes, LawCounts,
    LawView, Progress, RegionAnswers, RegionView, Round, Rounds, Seen, Stage, Summary, Turnout,
};
