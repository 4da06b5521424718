//! The public HTTP interface: routes, bodies, answers.

pub(crate) mod body;
pub(crate) mod face;
mod handler;
pub(crate) mod health;
pub(crate) mod language;
pub(crate) mod problem;
mod receipts;
pub(crate) mod reply;
pub(crate) mod routes;
mod service;

pub(crate) use handler::Public;
