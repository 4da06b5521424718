//! The public HTTP interface: routes, bodies, answers.

pub(crate) mod body;
pub(crate) mod calls;
pub(crate) mod cors;
mod handler;
pub(crate) mod health;
pub(crate) mod idempotency;
pub(crate) mod problem;
mod problem_definition;
pub(crate) mod problem_type;
pub(crate) mod receipts;
pub(crate) mod rejection;
pub(crate) mod reply;
pub(crate) mod results_address;
pub(crate) mod routes;
mod rule_text;
mod service;
pub(crate) mod words;

pub(crate) use handler::Public;
