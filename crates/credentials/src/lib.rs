//! Normalised NAS and code, hashing schemes and digest sets: what a voter is, once hashed.
