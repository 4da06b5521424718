//! The program as voters, operators and attackers meet it: the real binary, a real package, real
//! sockets.

mod fixture;
mod limits;
mod operation;
mod refusals;
mod server;
mod startup;
mod votes;
