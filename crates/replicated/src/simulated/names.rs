//! Whom commits of a primary wait for.

/// What `synchronous_standby_names` is set to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Empty,
    One(usize),
    Star,
    Any(usize, usize),
}

impl Names {
    pub(super) fn text(self) -> String {
        match self {
            Names::Empty => String::new(),
            Names::One(node) => node_name(node),
            Names::Star => "*".to_owned(),
            Names::Any(a, b) => format!("ANY 1 ({}, {})", node_name(a), node_name(b)),
        }
    }

    /// What `pg_stat_replication` says of a standby that is in step.
    pub(super) fn sync_state(self, node: usize) -> &'static str {
        match self {
            Names::One(named) if named == node => "sync",
            Names::Star => "sync",
            Names::Any(a, b) if a == node || b == node => "quorum",
            _ => "async",
        }
    }

    pub(super) fn waits_for(self, node: usize) -> bool {
        match self {
            Names::Empty => false,
            Names::One(named) => named == node,
            Names::Star => true,
            Names::Any(a, b) => a == node || b == node,
        }
    }
}

pub(super) fn node_name(node: usize) -> String {
    format!("n{node}")
}
