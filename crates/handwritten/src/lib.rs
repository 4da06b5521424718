//! TOML that people write: read whole, and every fault named at once with its line, so that whoever
//! wrote it corrects all of it before the next attempt.
//!
//! ```
//! use handwritten::{Document, Reading};
//!
//! let mut all = Reading::new("id = 7\ncolor = \"red\"");
//! let document = Document::parse(&mut all, 10).expect("TOML");
//! let mut root = document.root();
//! let _ = root.text(&mut all, "id", "\"L-1\"");
//! let _ = root.text(&mut all, "title", "\"...\"");
//! root.finish(&mut all);
//! let faults: Vec<String> = all.faults.iter().map(ToString::to_string).collect();
//! assert_eq!(faults, [
//!     "line 1: id: expected a text in quotes, got integer",
//!     "title: is missing: write title = \"...\"",
//!     "line 2: color: unknown key; known here: id, title",
//! ]);
//! ```
//!
//! Election definitions and the configuration of the validator are read this way. This crate knows
//! neither.

mod document;
mod fault;
mod reading;
mod section;

pub use document::Document;
pub use fault::Fault;
pub use reading::Reading;
pub use section::Section;
