//! The voter's page, the results page and the operator's monitor, as HTML.
//!
//! Views go in as plain structs, documents come out ([`Page`]), with their style sheets, scripts and
//! icons ([`asset()`]) and the headers that they need ([`CSP`], [`SECURITY_HEADERS`]). The crate knows
//! the event definition and nothing of storage, HTTP servers or runtimes, so every state of every
//! page can be rendered, looked at and tested without any of them: `cargo run -p pages --example
//! preview`.
//!
//! **NAS and code.** The crate reads them in one place, a posted [`Form`], and cannot write them: no
//! view has a field for them. A voter first marks the choice, and then types NAS and code on the last
//! form, which posts all three together, once. Between the forms only the choice travels, in a hidden
//! field of a page that is not stored ([`NO_STORE`]) and does not say who is voting. So no document,
//! and no copy of one in a browser's cache, history or back-forward cache, holds NAS or code. After an
//! error both fields come back empty (WCAG 2.2, success criterion 3.3.7 makes an exception for
//! security). Scripts also wipe the fields when the page is hidden. NAS, code and choice never appear
//! in a URL.
//!
//! **No ambient authority.** There is no cookie, session or stored token: the right to vote is in
//! the NAS and code of the very form that is posted. A forged request from another site would need
//! both, and with both it needs no victim, so there is nothing for a CSRF token to protect. But it
//! could post a choice to the review, where a visitor might take it for their own; so programs
//! refuse forms that a browser says another site has sent. Framing is refused all the same.
//!
//! **Sending again is safe.** Each review has a key of its own ([`voter::KEY_FIELD`]), which goes with
//! the vote. The same form sent again gets the same receipt, whatever became of the first answer.
//!
//! **One renderer.** The server renders every page. Scripts only replace parts of a page with parts
//! that the server has rendered. A page is therefore complete without scripts, and the texts of a
//! language stand in one place.

mod address;
mod asset;
mod astray;
mod chart;
mod cluster;
mod delta;
mod encoding;
mod form;
mod frame;
mod headers;
mod help;
mod messages;
mod monitor;
mod qr;
pub mod results;
pub mod voter;
mod wording;

#[cfg(test)]
mod tests;

pub use asset::{
    ASSET_CACHE_CONTROL, ASSET_PREFIX, Asset, EMBED_SCRIPT, EMBED_SCRIPT_CACHE_CONTROL, asset,
    assets, embed_script,
};
pub use astray::{Astray, astray};
pub use cluster::{
    ClusterEvent, ClusterPicture, ClusterTable, DecisionSeen, LeaseSeen, MemberSeen, MemberState,
    Outcome, PartitionSeen, cluster_tables,
};
pub use delta::delta;
pub use encoding::Encoding;
pub use form::{Form, FormError};
pub use frame::{Page, PageContext};
pub use headers::{
    CSP, EMBED_CSP, LOGO_HEADERS, NO_STORE, REVALIDATE, SECURITY_HEADERS, SNAPSHOT_CSP,
};
pub use monitor::{MonitorHistory, Program, SAMPLE_EVERY, Watched, monitor};
