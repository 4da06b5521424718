//! Connections to PostgreSQL: which server, and how it proves who it is. What is said over them is the business
//! of others: the tally writes results there, and a replicated ledger keeps its links there.

mod target;
mod tls;

pub use target::{Access, Target, TargetError};
pub use tls::AuthorityError;

/// The innermost message of an error, which says more than `error communicating with the server`.
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    innermost.to_string()
}
