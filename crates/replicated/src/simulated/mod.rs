//! The log on simulated servers that answer late, never, with notices, and lie in each way in which PostgreSQL was
//! seen to: the real committer and the real discipline over them, under the checker of every log.

mod cluster;
mod faults;
mod former_primary;
mod ground;
mod manager;
mod names;
mod network;
mod session;
mod statement;
mod tests;
