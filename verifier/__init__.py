"""An independent verifier of elections: docs/verification.md is all that it was written from."""
