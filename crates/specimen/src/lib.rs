//! Small events on disk, for the tests and benches of the other crates: the definition of an event,
//! voters with credentials, digest sets, and a package that officers have signed.
//!
//! Everything but the officers' keys is the same in every run. Only development builds link this crate:
//! it stops with a panic where an event cannot be made, and its keys are no secrets.
//!
//! ```
//! use shards::Package;
//! use specimen::{Recipe, Specimen};
//!
//! let specimen = Specimen::new(&Recipe::default());
//! let trust = specimen.signed();
//! Package::open(&specimen.package(), &trust).expect("a sound package");
//! ```

mod definition;
mod digests;
mod documented;
mod judge;
mod package;
mod postgres;
mod promtool;
mod roll;
mod secret;

pub use definition::{Definition, EXAMPLE, Election, HAND_KEYS, Law, Method};
pub use digests::write_digests;
pub use documented::{DocumentedMetric, documented_metrics, metrics_are_documented};
pub use judge::{go, judge, minisign, python, schemathesis, systemd_analyze};
pub use package::{Recipe, Specimen};
pub use postgres::PostgresPrograms;
pub use promtool::promtool_accepts;
pub use roll::{Roll, Voter, stranger};
pub use secret::write_secret;
