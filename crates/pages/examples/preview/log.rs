//! A log of made-up frames, and the proof and promise of a receipt in it.

use transparency::{
    Checkpoint, Hash, KeyName, KeyUse, Leaf, LogProof, PrivateKey, Promise, ReceiptExtra,
    list_path, list_root, tracker_path, trackers_root,
};

/// Who has cosigned and when, in seconds since 1970; the third witness has not.
pub(crate) const COSIGNED: [(&str, i64); 2] = [("paper", 1_763_771_411), ("party", 1_763_771_412)];
/// How many of the three must have cosigned.
pub(crate) const REQUIRED: u32 = 2;

const FRAMES: u64 = 1_300;
const VOTES: u8 = 5;
const POSITION: u8 = 3;
/// In minutes since 1970, UTC.
const MINUTE: u32 = 29_396_190;
const SYMBOLS: &str = "0123456789abcdefghjkmnpqrstvwxyz";

/// The texts for one receipt.
pub(crate) struct Made {
    pub(crate) proof: String,
    pub(crate) promise: String,
    pub(crate) log: String,
    pub(crate) witnesses: Vec<(String, String)>,
}

impl Made {
    /// Of a receipt's number whose frame is one of the made-up ones.
    pub(crate) fn of(request_id: &str) -> Made {
        let parts: Vec<&str> = request_id.split('-').collect();
        let [partition, sequence, tracker] = parts[..] else {
            panic!("{request_id} is no receipt's number");
        };
        let sequence: u64 = sequence.parse().expect("a number");
        let log = key(
            &format!("scrutin.example/example/{partition}"),
            KeyUse::Log,
            1,
        );
        let mut frame = proof(&log, sequence, tracker_of(tracker));
        for (number, (_, time_s)) in (11..).zip(COSIGNED) {
            let time_s = u64::try_from(time_s).expect("after 1970");
            let signature = witness(number).cosign_text(frame.checkpoint.text(), time_s);
            frame.checkpoint.add(signature.expect("a witness's key"));
        }
        let promise = Promise {
            origin: log.public().name().clone(),
            request_id: request_id.to_owned(),
            minute: MINUTE,
        };
        let names = ["paper", "party", "university"].into_iter().zip(11..);
        Made {
            proof: frame.to_string(),
            promise: promise.sign(&log).expect("the log's key").to_string(),
            log: log.public().to_string(),
            witnesses: names
                .map(|(name, number)| (name.to_owned(), witness(number).public().to_string()))
                .collect(),
        }
    }
}

fn key(name: &str, used: KeyUse, number: u8) -> PrivateKey {
    let name = KeyName::new(name).expect("a name");
    PrivateKey::from_seed(name, used, &[number; 32].into())
}

fn witness(number: u8) -> PrivateKey {
    key(
        &format!("witness.example/{number}"),
        KeyUse::Witness,
        number,
    )
}

/// The bytes of a tracker of which the receipt has the symbols.
fn tracker_of(symbols: &str) -> [u8; 16] {
    let values = symbols.chars().map(|c| SYMBOLS.find(c).expect("a symbol"));
    let bits = values.fold(0_u128, |bits, value| bits << 5 | value as u128);
    bits.to_be_bytes()
}

fn proof(log: &PrivateKey, sequence: u64, tracker: [u8; 16]) -> LogProof {
    let mut trackers: Vec<[u8; 16]> = (0..VOTES).map(|number| [number; 16]).collect();
    trackers[usize::from(POSITION)] = tracker;
    let leaf = Leaf {
        partition: 0,
        sequence,
        link: [3; 32],
        votes: VOTES.into(),
        trackers: trackers_root(&trackers),
    };
    let extra = ReceiptExtra {
        leaf,
        tracker,
        position: POSITION.into(),
        path: tracker_path(&trackers, POSITION.into()).expect("a vote"),
    };
    let at = usize::try_from(leaf.index()).expect("a small number");
    let mut leaves: Vec<Hash> = (0..FRAMES)
        .map(|number| Hash::of_leaf(&number.to_be_bytes()))
        .collect();
    leaves[at] = leaf.hash();
    let checkpoint = Checkpoint {
        origin: log.public().name().clone(),
        size: FRAMES,
        root: list_root(&leaves),
    };
    LogProof {
        extra: Some(extra.encode()),
        index: leaf.index(),
        path: list_path(&leaves, at).expect("a frame"),
        checkpoint: checkpoint.sign(log).expect("the log's key"),
    }
}
