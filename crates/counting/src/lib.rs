//! Plurality, referendum, instant-runoff and single transferable vote: pure and exact.
