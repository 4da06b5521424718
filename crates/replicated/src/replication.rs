//! Whether what this server commits is on a second machine when it says so.
//!
//! The message that a statement is complete is no promise: the names of synchronous standbys can be emptied, be
//! `*` (then an old primary that came back with another history satisfies the wait), or ask for any one of
//! several (which fences nobody). So an owner looks: one named standby, streaming, synchronous, and past a
//! barrier of the owner's own.

use std::time::Duration;

#[cfg(test)]
use crate::sabotage::{Sabotage, is};
use crate::server::{ANSWER_WITHIN, Changed, NoAnswer, Replication, Session, Standby};
use crate::time::Time;

/// How often a standby that is behind the barrier is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

impl<T> Changed<T> {
    /// What was told, where it may be believed: the server was ready for the next statement, and no notice came,
    /// such as that the wait for the standby was given up.
    pub(crate) fn believed(self) -> Result<T, NoAnswer> {
        #[cfg(test)]
        if (!self.is_ready && is(Sabotage::CountCompleteStatements))
            || (!self.notices.is_empty() && is(Sabotage::BelieveNotices))
        {
            return Ok(self.told);
        }
        if !self.is_ready {
            return Err(NoAnswer(
                "the connection ended behind the answer".to_owned(),
            ));
        }
        match self.notices.first() {
            None => Ok(self.told),
            Some(notice) => Err(NoAnswer(format!(
                "the server's answer came with a notice: {notice}"
            ))),
        }
    }
}

/// Why an append here would prove nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsafe {
    #[error(
        "commits do not wait for the standby's disk (synchronous_commit = {0}): set it to on, and let no role change it"
    )]
    CommitDoesNotWait(String),
    #[error(
        "no synchronous standby is named: start the standby, and leave its choice to the cluster's manager (synchronous_mode_strict)"
    )]
    NoStandby,
    #[error(
        "synchronous_standby_names = {0}: it must name one standby; ANY, * and several names let a commit pass that the next primary lacks"
    )]
    NotOneName(String),
    #[error("standby {0} is not streaming in step yet")]
    NotInStep(String),
    #[error("standby {0} is behind the barrier")]
    Behind(String),
    #[error("another primary was promoted while this connection was open")]
    Promoted,
}

impl Replication {
    /// Whether commits are on the disk of one named standby when they are answered.
    pub(crate) fn check(&self, timeline: &str) -> Result<&Standby, Unsafe> {
        if self.timeline != timeline {
            return Err(Unsafe::Promoted);
        }
        if !matches!(self.commit.as_str(), "on" | "remote_apply") {
            return Err(Unsafe::CommitDoesNotWait(self.commit.clone()));
        }
        #[cfg(test)]
        if is(Sabotage::TakeAnyNames) {
            return self.standbys.first().ok_or(Unsafe::NoStandby);
        }
        let name = one_name(&self.names)?;
        let standby = self.standbys.iter().find(|standby| standby.name == name);
        match standby {
            Some(standby) if standby.is_in_step() => Ok(standby),
            _ => Err(Unsafe::NotInStep(name)),
        }
    }
}

impl Standby {
    fn is_in_step(&self) -> bool {
        #[cfg(test)]
        if is(Sabotage::TakeAnyState) {
            return true;
        }
        self.state == "streaming" && self.sync_state == "sync"
    }
}

/// The standby that a setting names, where it names exactly one.
fn one_name(names: &str) -> Result<String, Unsafe> {
    let text = names.trim();
    if text.is_empty() {
        return Err(Unsafe::NoStandby);
    }
    let not_one = || Unsafe::NotOneName(names.to_owned());
    // `FIRST 1 (name)` and its older form `1 (name)` say the same as `name`.
    let inner = match text.split_once('(') {
        None => text,
        Some((before, rest)) => {
            let words: Vec<String> = before
                .split_whitespace()
                .map(str::to_ascii_uppercase)
                .collect();
            let is_first = matches!(
                words.iter().map(String::as_str).collect::<Vec<_>>()[..],
                ["FIRST", "1"] | ["1"]
            );
            let inner = rest.strip_suffix(')').filter(|_| is_first);
            inner.ok_or_else(not_one)?.trim()
        }
    };
    let quoted = inner
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let name = quoted.unwrap_or(inner);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(not_one());
    }
    Ok(name.to_owned())
}

/// Commits something that says nothing, and waits for the standby: whatever was there before is on both disks then.
pub(crate) fn settle(session: &dyn Session, time: &dyn Time) -> Result<(), NoAnswer> {
    // A commit that waits for a standby which is gone keeps its server process, long after this has given it up.
    let told = session.replication()?;
    let checked = told.check(&told.timeline).map(drop);
    checked.map_err(|found| NoAnswer(found.to_string()))?;
    session.commit_nothing()?.believed()?;
    wait_for_standby(session, time).map(drop)
}

/// Waits until the standby has everything on its disk that this server has committed by now, and tells the
/// timeline and the names on which that holds.
pub(crate) fn wait_for_standby(
    session: &dyn Session,
    time: &dyn Time,
) -> Result<(String, String), NoAnswer> {
    #[cfg(test)]
    if is(Sabotage::SkipBarrier) {
        let told = session.replication()?;
        return Ok((told.timeline, told.names));
    }
    let barrier = session.flushed()?;
    let began = time.now();
    let timeline = session.replication()?.timeline;
    loop {
        let told = session.replication()?;
        let unsafe_now = match told.check(&timeline) {
            Ok(standby) if standby.flushed >= barrier => return Ok((timeline, told.names)),
            Ok(standby) => Unsafe::Behind(standby.name.clone()),
            Err(unsafe_now @ Unsafe::NotInStep(_)) => unsafe_now,
            Err(unsafe_now) => return Err(NoAnswer(unsafe_now.to_string())),
        };
        if time.since(began) >= ANSWER_WITHIN {
            return Err(NoAnswer(unsafe_now.to_string()));
        }
        time.pause(LOOK_AGAIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Replication {
        Replication {
            commit: "on".to_owned(),
            names: "n2".to_owned(),
            timeline: "00000003".to_owned(),
            standbys: vec![Standby {
                name: "n2".to_owned(),
                state: "streaming".to_owned(),
                sync_state: "sync".to_owned(),
                flushed: 7,
            }],
        }
    }

    fn refused(change: impl Fn(&mut Replication)) -> Unsafe {
        let mut told = sound();
        change(&mut told);
        told.check("00000003").map(drop).expect_err("unsafe")
    }

    #[test]
    fn one_named_standby_in_step_is_safe_in_every_spelling() {
        for names in [
            "n2",
            "\"n2\"",
            " FIRST 1 (n2)",
            "1 (\"n2\")",
            "first 1 ( n2 )",
        ] {
            let mut told = sound();
            told.names = names.to_owned();
            assert!(told.check("00000003").is_ok(), "{names}");
        }
    }

    #[test]
    fn every_way_in_which_a_success_is_none_is_refused() {
        let names = |text: &'static str| move |told: &mut Replication| told.names = text.to_owned();
        for text in [
            "*",
            "ANY 1 (n2, n3)",
            "any 1 (n2)",
            "n2, n3",
            "FIRST 2 (n2, n3)",
            "FIRST 1 (n2, n3)",
            "1 (*)",
        ] {
            assert_eq!(refused(names(text)), Unsafe::NotOneName(text.to_owned()));
        }
        assert_eq!(refused(names(" ")), Unsafe::NoStandby);
        for commit in ["off", "local", "remote_write"] {
            let expected = Unsafe::CommitDoesNotWait(commit.to_owned());
            assert_eq!(refused(|told| told.commit = commit.to_owned()), expected);
        }
        let not_in_step = Unsafe::NotInStep("n2".to_owned());
        // An old primary that came back with another history reports `startup` and `potential`.
        for state in ["startup", "catchup", "backup"] {
            assert_eq!(
                refused(|told| told.standbys[0].state = state.to_owned()),
                not_in_step
            );
        }
        for sync in ["async", "potential", "quorum"] {
            assert_eq!(
                refused(|told| told.standbys[0].sync_state = sync.to_owned()),
                not_in_step
            );
        }
        assert_eq!(refused(|told| told.standbys.clear()), not_in_step);
        assert_eq!(
            refused(|told| told.timeline = "00000004".to_owned()),
            Unsafe::Promoted
        );
    }
}
