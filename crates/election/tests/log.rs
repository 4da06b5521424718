//! What an event may get wrong about the ledger's log and its witnesses.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use election::{Event, Fault};

const EVENT: &str = r#"[event]
id = "T-1"
title_fr = "Essai"
title_en = "Trial"
time_zone = "America/Toronto"
count_key = "e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33"
mask_key = "e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26"

[[law]]
id = "L-1"
title_fr = "Loi"
title_en = "Act"
question_fr = "Oui ?"
question_en = "Yes?"
opens = 2026-10-05T09:00:00
closes = "2026-10-05T20:00:00"
"#;

const LOG: &str = r#"
[log]
origin = "scrutin.example/T-1"
key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

[witnesses]
required = 1

[[witness]]
name = "paper"
key = "witness.example/w1+66042a94+BDpl1QybJPmqCK1KK/48WMQ3JdMwPb1QJaS0O6K14PQR"
url = "https://witness.example/"
"#;

/// A log that nobody could write or witness would stop the event on its morning.
#[test]
fn each_fault_of_the_log_is_told() {
    let good = format!("{EVENT}{LOG}");
    let read = Event::from_toml(&good).unwrap_or_else(|faults| panic!("{faults:?}"));
    let policy = read.policy(2).expect("the event has a log");
    assert_eq!(policy.logs().len(), 2);
    assert_eq!(policy.quorum_text(), "1 of (paper)");
    let again = Event::from_json(&read.to_canonical_json()).expect("it reads back");
    assert_eq!(again, read);
    assert!(!EVENT.contains("log") && Event::from_toml(EVENT).unwrap().policy(1).is_none());

    let witness = LOG.split_once("[[witness]]").unwrap().1;
    let second = format!("required = 1\n\n[[witness]]{witness}");
    for (from, to, path, says) in [
        (
            "scrutin.example/T-1",
            "scrutin example",
            "log.origin",
            "name",
        ),
        ("d75a", "D75A", "log.key", "64 hexadecimal digits"),
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            &format!("01{}", "0".repeat(62)),
            "log.key",
            "anybody could sign",
        ),
        (
            "required = 1",
            "required = 2",
            "witnesses.required",
            "nobody could ever vote",
        ),
        ("\"paper\"", "\"the paper\"", "witness[0].name", "letters"),
        ("\"paper\"", "\"none\"", "witness", "taken already"),
        (
            "66042a94",
            "0eb68af5",
            "witness[0].key",
            "altered or mistyped",
        ),
        ("https://", "ftp://", "witness[0].url", "http"),
        (
            "scrutin.example/T-1",
            &"o".repeat(253),
            "log.origin",
            "255 bytes",
        ),
        (
            "scrutin.example/T-1",
            &"o".repeat(255),
            "log.origin",
            "255 bytes",
        ),
        ("required = 1\n", &second, "witness", "already"),
        (
            "[log]\norigin = \"scrutin.example/T-1\"\nkey = \"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\"\n",
            "",
            "log",
            "is missing",
        ),
    ] {
        assert!(LOG.contains(from), "{from}");
        let text = format!("{EVENT}{}", LOG.replace(from, to));
        let found: Vec<Fault> = Event::from_toml(&text).err().unwrap_or_default();
        assert_eq!(found.len(), 1, "{to}: {found:#?}");
        assert_eq!(found[0].path, path, "{to}: {found:?}");
        assert!(found[0].message.contains(says), "{to}: {found:?}");
    }
}

/// Whoever asks the witness must be able to read its address: no more than that is taken.
#[test]
fn an_address_is_a_host_with_port_and_path_and_nothing_else() {
    let is_taken = |url: &str| {
        let text = format!("{EVENT}{}", LOG.replace("https://witness.example/", url));
        match Event::from_toml(&text) {
            Ok(_) => true,
            Err(faults) => {
                let paths: Vec<&str> = faults.iter().map(|fault| &*fault.path).collect();
                assert_eq!(paths, ["witness[0].url"], "{url}");
                false
            }
        }
    };
    for url in [
        "http://w",
        "https://w.example/",
        "http://127.0.0.1:8300",
        "https://w-1.example:65535/a/b_c~d.e-f/",
        "http://[::1]",
        "http://[2001:db8::1]:1/w",
    ] {
        assert!(is_taken(url), "{url}");
    }
    for url in [
        "https://",
        "https:///w",
        "https://w.example/?k=1",
        "https://w.example?k=1",
        "https://w.example/#k",
        "https://me@w.example/",
        "https://w.example:99999",
        "https://w.example:0/",
        "https://w.example:/",
        "https://w.example:+1/",
        "https://w.example:8300:1/",
        "https://w_1.example/",
        "https://w.example/%20",
        "http://[",
        "http://[]",
        "http://[::1",
        "http://[::1]x",
        "http://[::g]/",
        "http://::1/",
    ] {
        assert!(!is_taken(url), "{url}");
    }
    let long = |bytes: usize| format!("http://w/{}", "a".repeat(bytes - 9));
    assert!(is_taken(&long(200)) && !is_taken(&long(201)));
}

/// The log of the last partition that there may be still has a name, and so has every one before it.
#[test]
fn every_partition_of_an_event_that_is_taken_has_a_policy() {
    let origin = "o".repeat(252);
    let text = format!("{EVENT}{}", LOG.replace("scrutin.example/T-1", &origin));
    let event = Event::from_toml(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert_eq!(event.policy(64).unwrap().logs().len(), 64);
}
