//! A draft: a batch that is decided and not yet written, and the answers that wait for its frame.

use std::collections::{BTreeMap, HashSet};
use std::io;

use crate::decide::submission::{Decision, Reply};
use crate::format::body::{
    Attempts, BallotMarks, Body, DuplicateAttempts, InvalidAttempts, SealedChoices, ShardMarks,
    TRACKER_BYTES, Tracker,
};
use crate::format::contents::Contents;
use crate::format::entropy::Entropy;
use crate::format::receipt::RequestId;

/// Index of the ballot, number of the shard, ordinal in the shard.
pub(crate) type Credential = (u16, u32, u32);

/// A batch that is decided and not yet written. It becomes true by its frame, or is taken back.
pub(crate) struct Draft<R> {
    pub(crate) marks: Vec<Credential>,
    pub(crate) contents: BTreeMap<u16, Contents>,
    pub(crate) duplicates: BTreeMap<Credential, u32>,
    pub(crate) invalid: Vec<InvalidAttempts>,
    /// With the tracker that the submitter derived, where it did.
    pub(crate) accepted: Vec<(R, Option<Tracker>)>,
    /// Derived trackers of accepted submissions.
    pub(crate) derived: HashSet<Tracker>,
    /// Sent again under a tracker of this very draft: they get the receipt of the first one.
    pub(crate) joined: Vec<(R, Tracker)>,
    /// Answers that need the frame too, but no tracker.
    pub(crate) repeated: Vec<(R, u32)>,
    /// Answers that need no frame.
    pub(crate) turned_away: Vec<(R, Decision)>,
    pub(crate) choice_bytes: u64,
}

impl<R> Default for Draft<R> {
    fn default() -> Draft<R> {
        Draft {
            marks: Vec::new(),
            contents: BTreeMap::new(),
            duplicates: BTreeMap::new(),
            invalid: Vec::new(),
            accepted: Vec::new(),
            derived: HashSet::new(),
            joined: Vec::new(),
            repeated: Vec::new(),
            turned_away: Vec::new(),
            choice_bytes: 0,
        }
    }
}

impl<R> Draft<R> {
    /// Whether somebody waits for its frame.
    pub(crate) fn needs_frame(&self) -> bool {
        !self.accepted.is_empty() || !self.repeated.is_empty()
    }

    pub(crate) fn votes(&self) -> u64 {
        self.accepted.len() as u64
    }

    pub(crate) fn repeats(&self) -> u64 {
        self.repeated.len() as u64
    }

    /// All submissions of the batch.
    pub(crate) fn submissions(&self) -> u64 {
        self.votes() + self.repeats() + (self.joined.len() + self.turned_away.len()) as u64
    }

    pub(crate) fn accept(&mut self, reply: R, tracker: Option<Tracker>) {
        self.accepted.push((reply, tracker));
        self.derived.extend(tracker);
    }

    pub(crate) fn votes_by_ballot(&self) -> impl Iterator<Item = (u16, u64)> + '_ {
        self.contents
            .iter()
            .map(|(ballot, contents)| (*ballot, contents.total()))
    }

    /// No frame of this draft is longer: marks, trackers and duplicates at their longest.
    pub(crate) fn frame_bytes_max(&self) -> u64 {
        let votes = self.marks.len() * (3 + 5 + 3 + 5 + TRACKER_BYTES);
        let ballots = self.contents.len() * 64;
        let attempts = self.duplicates.len() * 20 + self.invalid.len() * 16;
        (512 + votes + ballots + attempts) as u64 + self.choice_bytes
    }

    /// The tracker of each vote, in order of arrival: the derived one, or a random one.
    pub(crate) fn draw_trackers(&self, entropy: &mut dyn Entropy) -> io::Result<Vec<Tracker>> {
        let mut random = vec![[0; TRACKER_BYTES]; self.accepted.len() - self.derived.len()];
        entropy.fill(random.as_flattened_mut())?;
        let mut random = random.into_iter();
        let trackers = self.accepted.iter().map(|(_, derived)| {
            derived.unwrap_or_else(|| random.next().expect("one for each vote without its own"))
        });
        Ok(trackers.collect())
    }

    /// The body of the draft's frame, everything in ascending order.
    pub(crate) fn body(&mut self, choices: Vec<SealedChoices>, mut trackers: Vec<Tracker>) -> Body {
        self.marks.sort_unstable();
        trackers.sort_unstable();
        let duplicates = self
            .duplicates
            .iter()
            .map(|((ballot, shard, ordinal), count)| DuplicateAttempts {
                ballot: *ballot,
                shard: *shard,
                ordinal: *ordinal,
                count: *count,
            });
        Body {
            marks: group(&self.marks),
            choices,
            attempts: Attempts {
                duplicates: duplicates.collect(),
                invalid: self.invalid.clone(),
            },
            trackers,
        }
    }
}

impl<R: Reply> Draft<R> {
    /// Answers everybody after the draft's frame was synced.
    pub(crate) fn answer(self, trackers: &[Tracker], partition: u16, sequence: u64, time_ms: i64) {
        let receipt = |tracker| RequestId {
            partition,
            sequence,
            tracker,
        };
        for ((reply, _), tracker) in self.accepted.into_iter().zip(trackers) {
            let receipt = receipt(*tracker);
            reply.reply(Decision::Accepted { receipt, time_ms });
        }
        for (reply, tracker) in self.joined {
            let receipt = receipt(tracker);
            reply.reply(Decision::Replayed { receipt, time_ms });
        }
        for (reply, attempt_count) in self.repeated {
            reply.reply(Decision::Duplicate { attempt_count });
        }
        turn_away(self.turned_away);
    }

    /// Tells those who need the frame that there is no room for it, and everybody else what was
    /// decided.
    pub(crate) fn answer_full(self) {
        let accepted = self.accepted.into_iter().map(|(reply, _)| reply);
        let joined = self.joined.into_iter().map(|(reply, _)| reply);
        let repeated = self.repeated.into_iter().map(|(reply, _)| reply);
        for reply in accepted.chain(joined).chain(repeated) {
            reply.reply(Decision::Full);
        }
        turn_away(self.turned_away);
    }

    /// Answers a batch of which nobody needs a frame.
    pub(crate) fn answer_turned_away(self) {
        assert!(!self.needs_frame(), "somebody waits for a frame");
        turn_away(self.turned_away);
    }
}

fn turn_away<R: Reply>(turned_away: Vec<(R, Decision)>) {
    for (reply, decision) in turned_away {
        reply.reply(decision);
    }
}

/// Sorted credentials, grouped by ballot and shard.
fn group(marks: &[Credential]) -> Vec<BallotMarks> {
    const FILLED: &str = "chunk_by yields no empty chunk";
    let of_shard = |chunk: &[Credential]| ShardMarks {
        shard: chunk.first().expect(FILLED).1,
        ordinals: chunk.iter().map(|(_, _, ordinal)| *ordinal).collect(),
    };
    let of_ballot = |chunk: &[Credential]| BallotMarks {
        ballot: chunk.first().expect(FILLED).0,
        shards: chunk.chunk_by(|a, b| a.1 == b.1).map(of_shard).collect(),
    };
    marks.chunk_by(|a, b| a.0 == b.0).map(of_ballot).collect()
}
