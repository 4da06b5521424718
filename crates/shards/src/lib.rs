//! The package: signed, memory-mapped files that answer membership.
