//! Leaves, receipts, proofs and policies: what is proved, and what is not.

mod log;

use proptest::prelude::*;
use transparency::{
    Contents, Hash, Leaf, LogProof, NotAttested, Policy, ReceiptExtra, ReceiptUnproven, TilePath,
    bundle_bytes, list_path, read_bundle, tracker_path, trackers_root,
};

use log::{checkpoint, leaves, log_key, policy_lines, witness_key};

fn trackers(votes: u8) -> Vec<[u8; 16]> {
    (0..votes).map(|number| [number; 16]).collect()
}

fn frame(sequence: u64, votes: u8) -> Leaf {
    Leaf {
        partition: 7,
        sequence,
        link: [3; 32],
        votes: votes.into(),
        trackers: trackers_root(&trackers(votes)),
    }
}

#[test]
fn a_leaf_is_these_bytes() {
    let leaf = Leaf {
        partition: 0x0102,
        sequence: 0x0304_0506_0708_090a,
        link: [0xbb; 32],
        votes: 0x0c0d_0e0f,
        trackers: Hash([0xcc; 32]),
    };
    let expected = [
        vec![1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        vec![0xbb; 32],
        vec![0x0c, 0x0d, 0x0e, 0x0f],
        vec![0xcc; 32],
    ];
    assert_eq!(leaf.encode().to_vec(), expected.concat());
    assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
    let mut other = leaf.encode();
    other[0] = 2;
    assert!(Leaf::decode(&other).is_err());
    other = frame(0, 0).encode();
    assert!(Leaf::decode(&other).is_err());
    assert!(Leaf::decode(&leaf.encode()[1..]).is_err());
    assert_eq!(frame(5, 0).index(), 4);
}

/// The receipt of a vote in a log of five frames, with cosignatures of two witnesses.
fn receipt(position: u32, votes: u8) -> LogProof {
    let mut all = leaves(5);
    let leaf = frame(3, votes);
    all[2] = leaf.hash();
    let extra = ReceiptExtra {
        leaf,
        tracker: trackers(votes)[position as usize],
        position,
        path: tracker_path(&trackers(votes), position).expect("a vote"),
    };
    LogProof {
        extra: Some(extra.encode()),
        index: 2,
        path: list_path(&all, 2).expect("a leaf"),
        checkpoint: checkpoint(&all, &[1, 3]),
    }
}

fn policy(quorum: &str) -> Policy {
    let text = policy_lines(&[1, 2, 3]) + quorum;
    Policy::parse(text.as_bytes()).expect("a policy")
}

#[test]
fn a_receipt_proves_its_vote_to_whoever_has_the_policy() {
    let policy = policy("group all-three 2 w1 w2 w3\nquorum all-three\n");
    for (position, votes) in [(0, 1), (0, 2), (4, 9), (199, 200)] {
        let text = receipt(position, votes).to_string();
        let proof = LogProof::parse(text.as_bytes()).expect("a proof");
        assert_eq!(proof.to_string(), text);
        let proven = ReceiptExtra::verify(&proof, &policy).expect("proven");
        assert_eq!(proven.receipt.position, position);
        assert_eq!(proven.receipt.leaf.sequence, 3);
        let times: Vec<(&str, u64)> = proven
            .attested
            .cosigned
            .iter()
            .map(|seen| (seen.witness.as_str(), seen.time_s))
            .collect();
        assert_eq!(times, [("w1", 1_001), ("w3", 1_003)]);
        assert_eq!(proven.attested.checkpoint.size, 5);
    }
}

#[test]
fn every_flipped_bit_of_a_receipt_is_noticed() {
    let policy = policy("group both all w1 w3\nquorum both\n");
    let text = receipt(4, 9).to_string();
    assert!(ReceiptExtra::verify(&receipt(4, 9), &policy).is_ok());
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(proof) = LogProof::parse(&bytes) else {
                continue;
            };
            let verified = ReceiptExtra::verify(&proof, &policy);
            assert!(verified.is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_receipt_of_another_frame_or_vote_is_refused() {
    let policy = policy("quorum none\n");
    let good = receipt(4, 9);
    let extra = ReceiptExtra::decode(good.extra.as_deref().expect("extra")).expect("a receipt");
    let with = |extra: ReceiptExtra, index| LogProof {
        extra: Some(extra.encode()),
        index,
        ..good.clone()
    };
    let check = |proof: &LogProof| ReceiptExtra::verify(proof, &policy).map(|_| ());
    assert_eq!(check(&good), Ok(()));
    let other = ReceiptExtra {
        tracker: [5; 16],
        ..extra.clone()
    };
    assert!(matches!(
        check(&with(other, 2)),
        Err(ReceiptUnproven::Tracker(_))
    ));
    let other = ReceiptExtra {
        position: 5,
        ..extra.clone()
    };
    assert!(matches!(
        check(&with(other, 2)),
        Err(ReceiptUnproven::Tracker(_))
    ));
    let other = ReceiptExtra {
        leaf: frame(4, 9),
        ..extra.clone()
    };
    assert!(matches!(
        check(&with(other.clone(), 2)),
        Err(ReceiptUnproven::Index { .. })
    ));
    assert!(matches!(
        check(&with(other, 3)),
        Err(ReceiptUnproven::Frame(_))
    ));
    let none = LogProof {
        extra: None,
        ..good.clone()
    };
    assert_eq!(check(&none), Err(ReceiptUnproven::NoExtra));
    let short = LogProof {
        extra: Some(extra.encode()[..98].to_vec()),
        ..good.clone()
    };
    assert!(matches!(check(&short), Err(ReceiptUnproven::Extra(_))));
}

#[test]
fn what_is_no_proof_is_refused() {
    let text = receipt(0, 1).to_string();
    let long = text.replacen("extra ", &format!("extra {}", "AAAA".repeat(1_400)), 1);
    for (bad, expected) in [
        (String::new(), "begins with"),
        (text.replace("@v1", "@v2"), "begins with"),
        (text.replace("\n\n", "\n"), "blank line"),
        (text.replace("index 2", "index 02"), "index"),
        (text.replace("index 2\n", ""), "index"),
        (
            text.replace("index 2", "index 4611686018427387904"),
            "index",
        ),
        (text.replacen("extra ", "extra  ", 1), "extra data"),
        (long, "extra data"),
        (text.replace("index 2\n", "index 2\nx\n"), "hash 1"),
        (text.replace('—', "-"), "signature line 1"),
    ] {
        let error = LogProof::parse(bad.as_bytes()).expect_err(&bad).to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

/// Whether a policy accepts a checkpoint that these witnesses cosigned.
fn accepts(quorum: &str, witnesses: &[u8]) -> bool {
    let policy = Policy::parse((policy_lines(&[1, 2, 3, 4]) + quorum).as_bytes());
    let note = checkpoint(&leaves(4), witnesses);
    policy.expect(quorum).check(&note).is_ok()
}

#[test]
fn a_quorum_is_met_by_enough_of_the_right_witnesses() {
    let nested = "group a 2 w1 w2\ngroup b any w3 w4\ngroup ab all a b\nquorum ab\n";
    let cases: [(&str, &[u8], bool); 12] = [
        ("quorum none\n", &[], true),
        ("quorum w1\n", &[1], true),
        ("quorum w1", &[1], true),
        ("quorum w1\n", &[2, 3, 4], false),
        ("group g any w1 w2\nquorum g\n", &[2], true),
        ("group g all w1 w2\nquorum g\n", &[2], false),
        ("group g 2 w1 w2 w3\nquorum g\n", &[1, 3], true),
        ("group g 2 w1 w2 w3\nquorum g\n", &[4, 3], false),
        (nested, &[1, 2, 3], true),
        (nested, &[1, 3, 4], false),
        (nested, &[1, 2], false),
        (
            "# all\n \t\ngroup g 1 w1\n\tgroup\th  1 g \nquorum w1\n",
            &[1],
            true,
        ),
    ];
    for (quorum, witnesses, expected) in cases {
        assert_eq!(
            accepts(quorum, witnesses),
            expected,
            "{quorum} {witnesses:?}"
        );
    }
}

#[test]
fn a_policy_names_the_line_that_is_wrong() {
    let lines = policy_lines(&[1, 2]);
    let log = log_key().public().to_string();
    let witness = witness_key(1).public().to_string();
    let many = "group g 1 w1\n".repeat(1_000);
    let cases = [
        ("quorum none\nquorum none\n", "line 5", "one quorum line"),
        ("", "line 4", "one quorum line"),
        ("quorum w3\n", "line 4", "not defined"),
        ("group g 3 w1 w2\n", "line 4", "from 1 to 2"),
        ("group g 0 w1 w2\n", "line 4", "from 1 to 2"),
        ("group g 01 w1 w2\n", "line 4", "from 1 to 2"),
        ("group g most w1 w2\n", "line 4", "from 1 to 2"),
        ("group g 1\n", "line 4", "write group"),
        ("group none 1 w1\n", "line 4", "taken"),
        ("group w1 1 w2\n", "line 4", "taken"),
        ("group g all w1 w1\n", "line 4", "member of a group already"),
        (
            "group g all w1\ngroup h all w1 w2\n",
            "line 5",
            "member of a group already",
        ),
        ("group g all h\ngroup h all w1\n", "line 4", "not defined"),
        ("group g all none\n", "line 4", "not defined"),
        ("trust w1\n", "line 4", "begin it with"),
        ("quorum w1 w2\n", "line 4", "write quorum"),
        ("log\n", "line 4", "write log"),
        ("witness w3\n", "line 4", "write witness"),
        ("quorum none\r\n", "line 4", "control character"),
        (many.as_str(), "line 5", "member of a group already"),
    ];
    for (text, line, expected) in cases {
        let error = Policy::parse((lines.clone() + text).as_bytes()).expect_err(text);
        let error = error.to_string();
        assert!(
            error.contains(line) && error.contains(expected),
            "{text}: {error}"
        );
    }
    for (text, expected) in [
        (format!("witness w1 {witness}\nquorum w1\n"), "no log"),
        (
            format!("log {log}\nlog {log} https://example.com/\nquorum none\n"),
            "count twice",
        ),
        (
            format!("{lines}witness w9 {witness}\nquorum none\n"),
            "count twice",
        ),
        (format!("log {witness}\n"), "type 0x04"),
        (format!("witness w1 {log}\n"), "type 0x01"),
        ("log x\n".to_owned(), "line 1"),
        ("#".repeat(70_000), "65536 bytes"),
    ] {
        let error = Policy::parse(text.as_bytes()).expect_err(&text).to_string();
        assert!(error.contains(expected), "{text:.60}: {error}");
    }
}

#[test]
fn a_checkpoint_of_another_log_or_key_is_refused() {
    let note = checkpoint(&leaves(4), &[1]);
    let log = log_key().public().to_string();
    let other = log::key("other.example/log", transparency::KeyUse::Log, 9);
    let text = format!("log {}\nquorum none\n", other.public());
    let refused = Policy::parse(text.as_bytes())
        .expect("a policy")
        .check(&note);
    assert!(
        matches!(refused, Err(NotAttested::UnknownLog { .. })),
        "{refused:?}"
    );
    let same_name = log::key("example.com/log", transparency::KeyUse::Log, 9);
    let text = format!("log {}\nquorum none\n", same_name.public());
    let refused = Policy::parse(text.as_bytes())
        .expect("a policy")
        .check(&note);
    assert!(
        matches!(refused, Err(NotAttested::Unsigned { .. })),
        "{refused:?}"
    );
    // Two keys of one log, as when it changes its key: either will do.
    let text = format!("log {}\nlog {log}\nquorum none\n", same_name.public());
    let both = Policy::parse(text.as_bytes()).expect("a policy");
    assert!(both.check(&note).is_ok());
    let few = policy("group two 2 w1 w2\nquorum two\n").check(&note);
    let error = few.expect_err("too few").to_string();
    assert!(
        error.contains("2 of (w1, w2)") && error.contains("those of w1"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn bundles_are_read_as_they_are_written(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..90), 1..256), cut in any::<prop::sample::Index>()) {
        let width = u16::try_from(entries.len()).expect("256 at most");
        let path = TilePath::new(Contents::Entries, 4, width).expect("a name");
        let bytes = bundle_bytes(entries.iter().map(Vec::as_slice)).expect("short entries");
        let read = read_bundle(path, &bytes).expect("a bundle");
        prop_assert_eq!(read, entries.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert!(read_bundle(path, &bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(read_bundle(path, &[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn any_bytes_are_a_policy_a_proof_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Policy::parse(&bytes);
        let _ = LogProof::parse(&bytes);
        let _ = ReceiptExtra::decode(&bytes);
        let _ = Leaf::decode(&bytes);
    }
}
