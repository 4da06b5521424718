//! Promises: what a log signs before it can prove, what is refused, and that nothing else is taken for one.

mod log;

use proptest::prelude::*;
use transparency::{
    Checkpoint, KeyError, KeyName, KeyUse, NotPromised, Note, Policy, PrivateKey, Promise,
    VerifierKey,
};

use log::{checkpoint, key, leaves, log_key, policy_lines, witness_key};

const TEXT: &str =
    "scrutin-promise/v1\nexample.com/log/7\n7-1234-0123456789abcdefghjkmnpqrs\n2026-10-04T15:04Z\n";

/// Made by another implementation of Ed25519 from the seed 0, 1, 2 ... 31.
const GOLDEN: &str = include_str!("../../../fuzz/corpus/promise/promise");
const GOLDEN_KEY: &str =
    "PRIVATE+KEY+example.com/scrutin/0+cea050fa+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n";

fn name(text: &str) -> KeyName {
    KeyName::new(text).expect("a name")
}

fn promise() -> Promise {
    Promise {
        origin: name("example.com/log/7"),
        request_id: "7-1234-0123456789abcdefghjkmnpqrs".to_owned(),
        minute: 29_852_104,
    }
}

/// The log of partition 7: the same key as that of the tests' log.
fn partition_key() -> PrivateKey {
    log_key().named(name("example.com/log/7"))
}

fn policy() -> Policy {
    let text = format!(
        "log {}\n{}quorum w1\n",
        partition_key().public(),
        policy_lines(&[1]).replacen("log ", "# ", 1)
    );
    Policy::parse(text.as_bytes()).expect("a policy")
}

#[test]
fn a_promise_is_these_lines_and_its_log_is_held_to_it() {
    assert_eq!(promise().to_string(), TEXT);
    assert_eq!(Promise::parse(TEXT), Ok(promise()));
    let note = promise().sign(&partition_key()).expect("the log's key");
    let read = Note::parse(note.to_string().as_bytes()).expect("a note");
    // No witness signs promises, so that the quorum has no part in it.
    assert_eq!(Promise::verify(&read, &policy()), Ok(promise()));
}

#[test]
fn what_is_signed_stays_what_it_was() {
    let private = PrivateKey::parse(GOLDEN_KEY.as_bytes(), KeyUse::Log).expect("a key");
    let golden = Note::parse(GOLDEN.as_bytes()).expect("a note");
    let promise = Promise::parse(golden.text()).expect("a promise");
    let signed = promise.sign(&private).expect("the log's key");
    assert_eq!(signed.to_string(), GOLDEN);
}

#[test]
fn what_is_no_promise_is_refused_in_words() {
    let with = |from: &str, to: &str| TEXT.replacen(from, to, 1);
    for (bad, expected) in [
        (String::new(), "four lines"),
        (TEXT.trim_end().to_owned(), "four lines"),
        (format!("{TEXT}more\n"), "four lines"),
        (format!("{TEXT}\n"), "four lines"),
        (
            with("/v1", "/v2"),
            "scrutin-promise/v1 and not \"scrutin-promise/v2\"",
        ),
        (with("example.com", "example com"), "no name of a log"),
        (with("/log/7", "/log/8"), "ends in /7"),
        (with("/log/7", "/log/07"), "ends in /7"),
        (with("/log/7", "/log/17"), "ends in /7"),
        (with("\n7-1234", "\n07-1234"), "third line"),
        (with("\n7-1234", "\n65543-1234"), "third line"),
        (with("-1234-", "-01234-"), "third line"),
        (with("-1234-", "-0-"), "third line"),
        (with("-1234-", "-18446744073709551616-"), "third line"),
        (with("mnpqrs", "mnpqr"), "third line"),
        (with("mnpqrs", "mnpqrS"), "third line"),
        (with("mnpqrs", "mnpqru"), "third line"),
        (with("mnpqrs", "mnpqrs-1"), "third line"),
        (with("-0123", "-8123"), "third line"),
        (with("15:04Z", "15:04:00Z"), "fourth line"),
        (with("15:04Z", "15:04+00:00"), "fourth line"),
        (with("15:04Z", "24:00Z"), "fourth line"),
        (with("T15", "t15"), "fourth line"),
        (with("10-04", "02-30"), "fourth line"),
        (with("2026", "1969"), "fourth line"),
        (with("2026", "+002026"), "fourth line"),
        (with("2026-10-04T15:04Z", ""), "fourth line"),
    ] {
        let error = Promise::parse(&bad).expect_err(&bad).to_string();
        assert!(error.contains(expected), "{bad:?}: {error}");
    }
}

#[test]
fn what_could_not_be_read_again_is_not_signed() {
    let good = promise();
    for bad in [
        Promise {
            request_id: good.request_id.to_uppercase(),
            ..good.clone()
        },
        Promise {
            request_id: format!("{}\nx", good.request_id),
            ..good.clone()
        },
        Promise {
            request_id: good.request_id.replacen('7', "8", 1),
            ..good.clone()
        },
        Promise {
            minute: u32::MAX,
            ..good.clone()
        },
    ] {
        assert!(bad.sign(&partition_key()).is_none(), "{bad:?}");
    }
    assert!(good.sign(&log_key()).is_none(), "another log");
    let witness = key("example.com/log/7", KeyUse::Witness, 1);
    assert!(good.sign(&witness).is_none(), "a witness");
}

#[test]
fn a_promise_of_another_log_or_key_is_refused() {
    let signed = promise().sign(&partition_key()).expect("the log's key");
    let other_key = key("example.com/log/7", KeyUse::Log, 9);
    let other_name = log_key().named(name("elsewhere.example/7"));
    let elsewhere = Promise {
        origin: name("elsewhere.example/7"),
        ..promise()
    };
    let unsigned = promise().sign(&other_key).expect("a log's key");
    let elsewhere = elsewhere.sign(&other_name).expect("a log's key");
    assert!(matches!(
        Promise::verify(&unsigned, &policy()),
        Err(NotPromised::Unsigned { .. })
    ));
    assert!(matches!(
        Promise::verify(&elsewhere, &policy()),
        Err(NotPromised::UnknownLog { .. })
    ));
    let altered = signed.to_string().replace("15:04Z", "15:05Z");
    let altered = Note::parse(altered.as_bytes()).expect("a note");
    assert!(matches!(
        Promise::verify(&altered, &policy()),
        Err(NotPromised::Bad(_))
    ));
    // Two keys of one log, as when it changes its key: either will do, wherever its line stands.
    let [old, new] = [partition_key(), other_key].map(|key| format!("log {}\n", key.public()));
    for lines in [format!("{old}{new}"), format!("{new}{old}")] {
        let both = Policy::parse(format!("{lines}quorum none\n").as_bytes()).expect("a policy");
        assert_eq!(Promise::verify(&signed, &both), Ok(promise()));
    }
}

/// A log signs both kinds with one key. Who could pass one off as the other could prove what is not so.
#[test]
fn no_promise_is_a_checkpoint_and_no_checkpoint_a_promise() {
    let policy = policy();
    let promised = promise().sign(&partition_key()).expect("the log's key");
    assert!(Promise::verify(&promised, &policy).is_ok());
    assert!(policy.check(&promised).is_err());
    assert!(Checkpoint::parse(promised.text()).is_err());

    let plain = Policy::parse((policy_lines(&[]) + "quorum none\n").as_bytes()).expect("a policy");
    let note = checkpoint(&leaves(3), &[]);
    assert!(plain.check(&note).is_ok());
    assert!(Promise::verify(&note, &plain).is_err());

    // Nor where the log's name is the first line of promises, or the log's name is a number.
    let named = log_key().named(name("scrutin-promise/v1"));
    let checkpoint = Checkpoint {
        origin: name("scrutin-promise/v1"),
        ..Checkpoint::parse(note.text()).expect("a checkpoint")
    };
    let note = checkpoint.sign(&named).expect("the log's key");
    assert!(Promise::parse(note.text()).is_err());
    // Readers elsewhere take more lines than three, and still want a size and a root.
    let lines: Vec<&str> = promised.text().lines().collect();
    assert!(
        lines[1].contains('/') && lines[2].contains('-'),
        "{lines:?}"
    );
    assert!(data_encoding::BASE64.decode(lines[2].as_bytes()).is_err());
}

#[test]
fn a_key_under_another_name_is_the_same_key() {
    for (from, used) in [(log_key(), KeyUse::Log), (witness_key(1), KeyUse::Witness)] {
        let named = from.named(name("example.com/log/7"));
        assert_eq!(named.public().name().as_str(), "example.com/log/7");
        assert_eq!(named.public().key_bytes(), from.public().key_bytes());
        assert_eq!(named.public().key_use(), used);
        assert_ne!(named.public().id(), from.public().id());
        let written = named.public().to_string();
        assert_eq!(
            VerifierKey::parse(&written, used).as_ref(),
            Ok(named.public())
        );
        let bytes =
            VerifierKey::of_bytes(name("example.com/log/7"), used, from.public().key_bytes());
        assert_eq!(bytes.as_ref(), Ok(named.public()));
    }
    let mut weak = [0; 32];
    weak[0] = 1;
    let refused = VerifierKey::of_bytes(name("x"), KeyUse::Log, &weak);
    assert!(matches!(refused, Err(KeyError::Point { .. })));
}

proptest! {
    #[test]
    fn promises_are_read_as_they_are_written(partition: u16, sequence in 1u64.., tracker in "[0-7][0-9a-hjkmnp-tv-z]{25}", minute in 0u32..4_000_000_000) {
        let origin = name(&format!("example.com/log/{partition}"));
        let request_id = format!("{partition}-{sequence}-{tracker}");
        let promise = Promise { origin: origin.clone(), request_id, minute };
        prop_assert_eq!(Promise::parse(&promise.to_string()), Ok(promise.clone()));
        let note = promise.sign(&log_key().named(origin)).expect("a promise");
        prop_assert_eq!(note.text(), promise.to_string());
    }

    #[test]
    fn any_text_is_a_promise_with_one_spelling_or_an_error(text in "scrutin-promise/v1\n[a-z./]{1,6}/[01]\n[01]-[0-2]{1,2}-[0-9a-z]{26}\n[12][019]{3}-(0[1-9]|1[0-3])-(3[0-2]|[12][0-9])T[0-2][0-9]:[0-6][0-9]Z?\n") {
        if let Ok(promise) = Promise::parse(&text) {
            prop_assert_eq!(promise.to_string(), text.clone());
        }
        prop_assert!(Checkpoint::parse(&text).is_err());
    }

    #[test]
    fn no_flipped_bit_of_a_promise_is_taken(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let note = promise().sign(&partition_key()).expect("the log's key").to_string();
        let mut bytes = note.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert!(Promise::verify(&note, &policy()).is_err());
        }
    }
}
