//! The public HTTP interface: routes, bodies, answers.

pub(crate) mod body;
pub(crate) mod cors;
pub(crate) mod face;
mod handler;
pub(crate) mod health;
pub(crate) mod language;
pub(crate) mod problem;
pub(crate) mod receipts;
pub(crate) mod reply;
pub(crate) mod routes;
mod service;

pub(crate) use handler::Public;
