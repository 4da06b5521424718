//! Both languages have every message, with the same variables, and every message is used.
