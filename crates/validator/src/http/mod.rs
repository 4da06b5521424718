//! The public HTTP interface: routes, bodies, answers.

pub(crate) mod body;
pub(crate) mod calls;
pub(crate) mod cors;
mod handler;
pub(crate) mod health;
pub(crate) mod problem;
pub(crate) mod problem_type;
pub(crate) mod receipts;
pub(crate) mod rejection;
pub(crate) mod reply;
pub(crate) mod routes;
mod rule_text;
mod service;
pub(crate) mod words;

pub(crate) use handler::Public;
