//! What validators say to each other about votes, as bytes on the relay.
//!
//! ```text
//! question  1, partition u16, submission        record this vote
//!           2, then (ballot u16 or 0xffff, reason u8, count u64) for each   count these refused attempts
//!           3, partition u16      the checkpoint of this partition's log
//!           4, request id 26      the proof of this vote
//! answer    1, decision     2 not the owner     3 too many votes wait     4 nobody knows     5 counted
//!           6 the log is not witnessed     7, text  what was asked for     8, text  the promise of it
//! ```
//! Integers are little-endian; crate `ledger` has the bytes of submissions and decisions. Whoever changes any of these
//! bytes raises `relay::VERSION`, so that releases which do not understand each other never share a ledger.

use ledger::{Decision, InvalidReason, RequestId, Submission};

/// Refused attempts by ballot and reason.
pub(super) type Refused = Vec<((Option<u16>, InvalidReason), u64)>;

const NO_BALLOT: u16 = u16::MAX;
/// More attempts than this come from no validator in the time between two questions.
const COUNT_MAX: u64 = u32::MAX as u64;

/// What one validator asks another.
pub(super) enum Question {
    Record(u16, Submission<()>),
    Count(Refused),
    Log(LogQuestion),
}

/// What is asked of the owner of a partition about its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogQuestion {
    /// The newest checkpoint of this partition that counts.
    Checkpoint(u16),
    /// The proof that a vote is in the log, or the promise that it will be.
    Proof(RequestId),
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Decided(Decision),
    /// Nothing is recorded: another validator owns the partition.
    NotOwner,
    /// Nothing is recorded: too many votes wait already.
    Overloaded,
    Unknown,
    Counted,
    /// Nothing is recorded: too few witnesses have cosigned the log.
    Unwitnessed,
    /// What was asked of the log.
    Told(String),
    /// The promise of a proof that there is not yet.
    Promised(String),
}

pub(super) fn record(partition: u16, submission: &Submission<()>) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend_from_slice(&partition.to_le_bytes());
    bytes.extend_from_slice(&submission.encode());
    bytes
}

pub(super) fn count(refused: &Refused) -> Vec<u8> {
    let mut bytes = vec![2];
    for ((ballot, reason), count) in refused {
        bytes.extend_from_slice(&ballot.unwrap_or(NO_BALLOT).to_le_bytes());
        bytes.push(*reason as u8);
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    bytes
}

pub(super) fn of_log(question: &LogQuestion) -> Vec<u8> {
    match question {
        LogQuestion::Checkpoint(partition) => [&[3], &partition.to_le_bytes()[..]].concat(),
        LogQuestion::Proof(id) => [
            &[4],
            &id.partition.to_le_bytes()[..],
            &id.sequence.to_le_bytes(),
            &id.tracker,
        ]
        .concat(),
    }
}

/// The question about a log behind its first byte.
fn read_of_log(kind: u8, rest: &[u8]) -> Option<LogQuestion> {
    let (partition, rest) = rest.split_first_chunk()?;
    let partition = u16::from_le_bytes(*partition);
    if kind == 3 {
        return rest
            .is_empty()
            .then_some(LogQuestion::Checkpoint(partition));
    }
    let (sequence, tracker) = rest.split_first_chunk()?;
    Some(LogQuestion::Proof(RequestId {
        partition,
        sequence: u64::from_le_bytes(*sequence),
        tracker: tracker.try_into().ok()?,
    }))
}

impl Question {
    /// None where the bytes are no question of this release.
    pub(super) fn read(bytes: &[u8]) -> Option<Question> {
        let (kind, rest) = bytes.split_first()?;
        match kind {
            1 => {
                let (partition, submission) = rest.split_first_chunk()?;
                let submission = Submission::decode(submission).ok()?;
                Some(Question::Record(u16::from_le_bytes(*partition), submission))
            }
            2 => {
                let (entries, []) = rest.as_chunks::<11>() else {
                    return None;
                };
                let refused: Option<Refused> = entries.iter().map(refused).collect();
                refused.map(Question::Count)
            }
            3 | 4 => read_of_log(*kind, rest).map(Question::Log),
            _ => None,
        }
    }
}

fn refused(entry: &[u8; 11]) -> Option<((Option<u16>, InvalidReason), u64)> {
    let [low, high, reason, count @ ..] = entry;
    let ballot = Some(u16::from_le_bytes([*low, *high])).filter(|ballot| *ballot != NO_BALLOT);
    let reason = InvalidReason::from_number(u64::from(*reason))?;
    let count = u64::from_le_bytes(*count);
    (count <= COUNT_MAX).then_some(((ballot, reason), count))
}

impl Answer {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Answer::Decided(decision) => [&[1], &decision.encode()[..]].concat(),
            Answer::NotOwner => vec![2],
            Answer::Overloaded => vec![3],
            Answer::Unknown => vec![4],
            Answer::Counted => vec![5],
            Answer::Unwitnessed => vec![6],
            Answer::Told(text) => [&[7], text.as_bytes()].concat(),
            Answer::Promised(text) => [&[8], text.as_bytes()].concat(),
        }
    }

    /// Bytes that are no answer of this release tell nothing.
    pub(super) fn read(bytes: &[u8]) -> Answer {
        match bytes {
            [1, decision @ ..] => {
                Decision::decode(decision).map_or(Answer::Unknown, Answer::Decided)
            }
            [2] => Answer::NotOwner,
            [3] => Answer::Overloaded,
            [5] => Answer::Counted,
            [6] => Answer::Unwitnessed,
            [7, text @ ..] => text_of(text).map_or(Answer::Unknown, Answer::Told),
            [8, text @ ..] => text_of(text).map_or(Answer::Unknown, Answer::Promised),
            _ => Answer::Unknown,
        }
    }
}

fn text_of(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_back_as_they_were() {
        let decided = Answer::Decided(Decision::Duplicate { attempt_count: 3 });
        for answer in [
            decided,
            Answer::NotOwner,
            Answer::Overloaded,
            Answer::Unknown,
            Answer::Counted,
            Answer::Unwitnessed,
            Answer::Told("text".to_owned()),
            Answer::Promised(String::new()),
        ] {
            assert_eq!(Answer::read(&answer.bytes()), answer);
        }
        for garbage in [
            &[][..],
            &[0],
            &[1],
            &[1, 99],
            &[2, 0],
            &[6, 0],
            &[7, 0xff],
            &[9],
        ] {
            assert_eq!(Answer::read(garbage), Answer::Unknown, "{garbage:?}");
        }
    }

    /// Validators of two releases exchange these bytes: where they change, so must the version.
    #[test]
    fn the_words_of_version_1_of_the_relay() {
        assert_eq!(relay::VERSION, 1);
        let id = RequestId {
            partition: 0x0102,
            sequence: 0x0304,
            tracker: [7; 16],
        };
        let of_id = [&[2, 1, 4, 3, 0, 0, 0, 0, 0, 0][..], &[7; 16]].concat();
        let refused = vec![((Some(3), InvalidReason::NotOnRoll), 9)];
        let reason = InvalidReason::NotOnRoll as u8;
        let accepted = Answer::Decided(Decision::Accepted {
            receipt: id,
            time_ms: 5,
        });
        let time = [5, 0, 0, 0, 0, 0, 0, 0];
        for (words, expected) in [
            (of_log(&LogQuestion::Checkpoint(513)), vec![3, 1, 2]),
            (of_log(&LogQuestion::Proof(id)), [&[4], &of_id[..]].concat()),
            (
                count(&refused),
                vec![2, 3, 0, reason, 9, 0, 0, 0, 0, 0, 0, 0],
            ),
            (accepted.bytes(), [&[1, 1], &of_id[..], &time].concat()),
            (Answer::NotOwner.bytes(), vec![2]),
            (Answer::Unknown.bytes(), vec![4]),
            (Answer::Told("a".to_owned()).bytes(), vec![7, b'a']),
        ] {
            assert_eq!(words, expected);
        }
    }

    #[test]
    fn questions_about_a_log_come_back_as_they_were() {
        let id = RequestId {
            partition: 3,
            sequence: 1 << 40,
            tracker: [7; 16],
        };
        for question in [LogQuestion::Checkpoint(513), LogQuestion::Proof(id)] {
            let bytes = of_log(&question);
            let Some(Question::Log(got)) = Question::read(&bytes) else {
                panic!("a question")
            };
            assert_eq!(got, question);
            assert!(Question::read(&bytes[..bytes.len() - 1]).is_none());
            assert!(Question::read(&[&bytes[..], &[0]].concat()).is_none());
        }
    }

    #[test]
    fn refused_attempts_come_back_as_they_were() {
        let refused = vec![
            ((None, InvalidReason::NoSuchBallot), 7),
            ((Some(3), InvalidReason::NotOnRoll), COUNT_MAX),
        ];
        let Some(Question::Count(got)) = Question::read(&count(&refused)) else {
            panic!("a question")
        };
        assert_eq!(got, refused);
        assert!(Question::read(&[2, 0]).is_none());
        assert!(Question::read(&[2, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0]).is_none());
        assert!(Question::read(&[]).is_none());
        assert!(Question::read(&[1, 0, 0, 1]).is_none());
    }
}
