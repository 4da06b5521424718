//! Variable parts of a path.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

/// An error where they are no UTF-8, which names nothing that exists.
pub(super) type PathPart<T> = Result<Path<T>, PathRejection>;

/// What a path names, where it is text.
pub(super) fn named<T>(part: PathPart<T>) -> Option<T> {
    part.ok().map(|Path(named)| named)
}
