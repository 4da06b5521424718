//! Hashing against its floor.
fn main() {}
