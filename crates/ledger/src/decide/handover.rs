//! A vote on its way from the program that took it to the one that owns its partition, and the decision on its way
//! back. The bytes carry no version: whoever changes them raises that of the relay's greeting, which nodes compare; and
//! what cannot be read leaves a vote unknown. The connection between them is secret, because a place on a ballot paper is the
//! choice itself.
//!
//! ```text
//! vote      ballot u16, shard u32, ordinal u32, region u16, flags u8, [tracker 16],
//!           place u32 | witness u128, record
//!   flags   1 a tracker is given, 2 a repetition is recorded, 4 the vote is a ranking
//! decision  kind u8, then for
//!           1 accepted, 2 replayed   partition u16, sequence u64, tracker 16, time i64
//!           3 duplicate              attempts u32
//! ```
//! Integers are little-endian.

use zeroize::Zeroizing;

use crate::decide::submission::{Decision, Submission};
use crate::format::contents::{Enclosed, EnclosedChoice};
use crate::format::defect::Defect;
use crate::format::fields::Fields;
use crate::format::ranking::SealedRanking;
use crate::format::receipt::RequestId;

const TRACKER: u8 = 1;
const RECORDS_REPEAT: u8 = 2;
const RANKING: u8 = 4;

const ACCEPTED: u8 = 1;
const REPLAYED: u8 = 2;
const DUPLICATE: u8 = 3;
/// Decisions without a field, by their kind.
const PLAIN: [(u8, Decision); 6] = [
    (4, Decision::RepeatRefused),
    (5, Decision::NotOpen),
    (6, Decision::Closed),
    (7, Decision::Full),
    (8, Decision::ClockInDoubt),
    (9, Decision::Malformed),
];

impl<R> Submission<R> {
    /// The bytes of everything but the reply.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(256));
        bytes.extend_from_slice(&self.ballot.to_le_bytes());
        bytes.extend_from_slice(&self.shard.to_le_bytes());
        bytes.extend_from_slice(&self.ordinal.to_le_bytes());
        bytes.extend_from_slice(&self.region.to_le_bytes());
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let is_ranking = matches!(self.vote.0, EnclosedChoice::Ranking(_));
        bytes.push(
            flag(self.tracker.is_some(), TRACKER)
                | flag(self.records_repeat, RECORDS_REPEAT)
                | flag(is_ranking, RANKING),
        );
        bytes.extend_from_slice(self.tracker.as_ref().map_or(&[], |tracker| &tracker[..]));
        match &self.vote.0 {
            EnclosedChoice::Cell(place) => {
                let place = u32::try_from(*place).expect("a ballot paper is short");
                bytes.extend_from_slice(&place.to_le_bytes());
            }
            EnclosedChoice::Ranking(ranking) => {
                bytes.extend_from_slice(&ranking.witness.to_le_bytes());
                bytes.extend_from_slice(&ranking.record);
            }
        }
        bytes
    }

    /// The same submission, answered to somebody else.
    pub fn with_reply<S>(self, reply: S) -> Submission<S> {
        Submission {
            ballot: self.ballot,
            shard: self.shard,
            ordinal: self.ordinal,
            region: self.region,
            vote: self.vote,
            tracker: self.tracker,
            records_repeat: self.records_repeat,
            reply,
        }
    }
}

impl Submission<()> {
    /// Reads what [`Submission::encode`] wrote. Whether the ballot paper allows the vote is looked at by the owner of
    /// the partition, as for every submission.
    ///
    /// # Errors
    /// The bytes end too early, or go on too long.
    pub fn decode(bytes: &[u8]) -> Result<Submission<()>, Defect> {
        let mut fields = Fields(bytes);
        let (ballot, shard) = (fields.u16()?, fields.u32()?);
        let (ordinal, region) = (fields.u32()?, fields.u16()?);
        let [flags] = fields.array()?;
        let has = |flag: u8| flags & flag != 0;
        let tracker = has(TRACKER).then(|| fields.array()).transpose()?;
        let vote = if has(RANKING) {
            let witness = u128::from_le_bytes(fields.array()?);
            let record = std::mem::take(&mut fields.0).to_vec();
            EnclosedChoice::Ranking(SealedRanking { record, witness })
        } else {
            EnclosedChoice::Cell(fields.u32()? as usize)
        };
        at_end(&fields)?;
        Ok(Submission {
            ballot,
            shard,
            ordinal,
            region,
            vote: Enclosed(vote),
            tracker,
            records_repeat: has(RECORDS_REPEAT),
            reply: (),
        })
    }
}

impl Decision {
    /// The bytes of a decision.
    pub fn encode(&self) -> Vec<u8> {
        let recorded = |kind: u8, receipt: &RequestId, time_ms: i64| {
            let mut bytes = vec![kind];
            bytes.extend_from_slice(&receipt.partition.to_le_bytes());
            bytes.extend_from_slice(&receipt.sequence.to_le_bytes());
            bytes.extend_from_slice(&receipt.tracker);
            bytes.extend_from_slice(&time_ms.to_le_bytes());
            bytes
        };
        match self {
            Decision::Accepted { receipt, time_ms } => recorded(ACCEPTED, receipt, *time_ms),
            Decision::Replayed { receipt, time_ms } => recorded(REPLAYED, receipt, *time_ms),
            Decision::Duplicate { attempt_count } => {
                let mut bytes = vec![DUPLICATE];
                bytes.extend_from_slice(&attempt_count.to_le_bytes());
                bytes
            }
            plain => {
                let known = PLAIN.iter().find(|(_, decision)| decision == plain);
                let (kind, _) = known.expect("every decision without a field is listed");
                vec![*kind]
            }
        }
    }

    /// Reads what [`Decision::encode`] wrote.
    ///
    /// # Errors
    /// No such decision, or bytes that end too early or go on too long.
    pub fn decode(bytes: &[u8]) -> Result<Decision, Defect> {
        let mut fields = Fields(bytes);
        let [kind] = fields.array()?;
        let decision = match kind {
            ACCEPTED | REPLAYED => {
                let receipt = RequestId {
                    partition: fields.u16()?,
                    sequence: fields.u64()?,
                    tracker: fields.array()?,
                };
                let time_ms = i64::from_le_bytes(fields.array()?);
                match kind {
                    ACCEPTED => Decision::Accepted { receipt, time_ms },
                    _ => Decision::Replayed { receipt, time_ms },
                }
            }
            DUPLICATE => Decision::Duplicate {
                attempt_count: fields.u32()?,
            },
            _ => {
                let known = PLAIN.iter().find(|(number, _)| *number == kind);
                let field = "kind of decision";
                known.ok_or(Defect::HeaderField { field })?.1
            }
        };
        at_end(&fields)?;
        Ok(decision)
    }
}

fn at_end(fields: &Fields<'_>) -> Result<(), Defect> {
    match fields.0.len() as u64 {
        0 => Ok(()),
        got => Err(Defect::Truncated { expected: 0, got }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn receipts() -> impl Strategy<Value = RequestId> {
        let fields = (any::<u16>(), any::<u64>(), any::<[u8; 16]>());
        fields.prop_map(|(partition, sequence, tracker)| RequestId {
            partition,
            sequence,
            tracker,
        })
    }

    fn decisions() -> impl Strategy<Value = Decision> {
        prop_oneof![
            (receipts(), any::<i64>())
                .prop_map(|(receipt, time_ms)| Decision::Accepted { receipt, time_ms }),
            (receipts(), any::<i64>())
                .prop_map(|(receipt, time_ms)| Decision::Replayed { receipt, time_ms }),
            any::<u32>().prop_map(|attempt_count| Decision::Duplicate { attempt_count }),
            (0..PLAIN.len()).prop_map(|at| PLAIN[at].1),
        ]
    }

    /// A place on a paper, or the witness and the record of a ranking.
    fn vote((place, ranking): (usize, Option<(u128, Vec<u8>)>)) -> EnclosedChoice {
        ranking.map_or(EnclosedChoice::Cell(place), |(witness, record)| {
            EnclosedChoice::Ranking(SealedRanking { record, witness })
        })
    }

    proptest! {
        #[test]
        fn decisions_come_back_as_they_were(decision in decisions()) {
            let bytes = decision.encode();
            prop_assert_eq!(Decision::decode(&bytes), Ok(decision));
            prop_assert!(Decision::decode(&bytes[..bytes.len() - 1]).is_err());
            prop_assert!(Decision::decode(&[&bytes[..], &[0]].concat()).is_err());
        }

        #[test]
        fn submissions_come_back_as_they_were(
            (ballot, shard, ordinal, region) in any::<(u16, u32, u32, u16)>(),
            (tracker, records_repeat) in any::<(Option<[u8; 16]>, bool)>(),
            choice in (0usize..1_000, prop::option::of((any::<u128>(), prop::collection::vec(any::<u8>(), 0..100)))),
        ) {
            let vote = Enclosed(vote(choice));
            let sent = Submission { ballot, shard, ordinal, region, vote, tracker, records_repeat, reply: () };
            let bytes = sent.encode();
            let got = Submission::decode(&bytes);
            prop_assert_eq!(got.ok().map(|got| got.encode()), Some(bytes));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Submission::decode(&bytes);
            let _ = Decision::decode(&bytes);
        }
    }
}
