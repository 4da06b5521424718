//! Storage and clock: every fsync, rename and append of Scrutin, in one place.
