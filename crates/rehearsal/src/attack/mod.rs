//! `rehearsal attack`: honest voters vote at a steady rate while the validator is attacked, in one way
//! after the other. Every limit is on: attackers and voters come from loopback addresses of their own,
//! and none is exempt. The attacks keep below the limits of an address, which would only make them
//! weaker: those limits have tests of their own in the validator.
//!
//! Attackers, voters and validator share this machine, so attacks are paced: what is judged is how the
//! validator fares, not who gets more of the processors.

mod bounds;
mod churn;
mod connection;
mod guess;
mod hoard;
mod lookups;
mod play;
mod report;
mod requests;
mod rubbish;
mod scale;
mod slowloris;
mod swarm;
mod watch;

pub use bounds::{AttackReport, Bound, Limit};
pub use hoard::Hoarded;
pub use play::run;
pub use report::{Attacked, Attacks, Measurement, Overload, TurnedAway};
pub use requests::{Ending, Requests};
pub use scale::Scale;
pub use slowloris::{Held, Slowloris};
