//! Tests of the house rules: arrows between crates, module docs, invariants and their tests.
