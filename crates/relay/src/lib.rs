//! What one node asks another and is answered, over one kept connection a pair.
//!
//! Questions and answers are bytes; this crate does not know what they say. A [`Peer`] keeps a connection to
//! another node and asks over it; [`serve`] answers what others ask. Each side proves by a certificate of the
//! nodes' own authority who it is ([`Identity`]), by TLS 1.3, and both must have the same hello: what nodes that
//! talk to each other have to agree on. [`frame`] has the bytes on the line.
//!
//! A caller whose question was not answered learns whether it may ask elsewhere: [`NoAnswer::NotSent`], or
//! whether its question may have been carried out: [`NoAnswer::Unknown`].

mod desk;
pub mod frame;
mod gate;
mod hello;
mod identity;
mod line;
mod outgoing;
mod peer;
mod serve;
mod session;

pub use desk::{NoAnswer, OPEN_QUESTIONS_MAX};
pub use hello::{HELLO_BYTES_MAX, VERSION};
pub use identity::{Identity, IdentityError, IdentityFiles};
pub use peer::{Greeted, Peer, greet};
pub use serve::serve;
pub use session::Answer;
