//! Variable parts of a path.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::Uri;

/// An error where they are no UTF-8, which names nothing that exists.
pub(super) type PathPart<T> = Result<Path<T>, PathRejection>;

/// What a path names, where it is text.
pub(super) fn named<T>(part: PathPart<T>) -> Option<T> {
    part.ok().map(|Path(named)| named)
}

/// Whether nothing of a path is written in another way. What is kept of answers is kept by path: each resource has
/// one, and whoever writes it otherwise finds nothing, so that nobody fills the memory with copies.
pub(super) fn is_plain(uri: &Uri) -> bool {
    !uri.path().contains('%')
}

/// The number, where it is written as links write it: `7`, never `07` or `+7`.
pub(super) fn plain_number<T: FromStr + Display>(text: &str) -> Option<T> {
    let number: T = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
