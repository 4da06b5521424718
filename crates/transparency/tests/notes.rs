//! Notes, keys, checkpoints, submissions: what is read, what is refused, and the words of a stock
//! implementation.

mod log;

use proptest::prelude::*;
use transparency::{
    Checkpoint, KeyError, KeyName, KeyUse, Note, NoteError, PrivateKey, SIGNATURES_MAX, Statement,
    Submission, VerifierKey, parse_signatures,
};

use log::{checkpoint, key, leaves, log_key, witness_key};

/// Made by golang.org/x/mod/sumdb/note from the seed 0, 1, 2 ... 31; the cosignature by crypto/ed25519.
const PRIVATE: &str =
    "PRIVATE+KEY+example.com/scrutin/0+cea050fa+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n";
const PUBLIC: &str = "example.com/scrutin/0+cea050fa+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
const WITNESS: &str = "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
const GOLDEN: &str = "example.com/scrutin/0\n3\nNmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=\n\n\
    — example.com/scrutin/0 zqBQ+qoKmVmjhA+qGv+ue78PFbZnUO9VnS+hI/yzt1HwRz7Wbfb6jSX2zn98F+MBFxVFTssD+DwI+fzBLttBRZTPhAs=\n\
    — witness.example/w1 519lMgAAAABpIXPA4d9C2Bj5C9iAwftxRgySTKbnl32Hnj50N/+LImSo/gKCIpKrcfqsZN2acowPUwbVzhUQGne3VZwAHw4NZDsBDw==\n";

#[test]
fn what_a_stock_implementation_signs_is_what_we_sign() {
    let private = PrivateKey::parse(PRIVATE.as_bytes(), KeyUse::Log).expect("a key");
    assert_eq!(*private.file_text(), PRIVATE);
    assert_eq!(private.public().to_string(), PUBLIC);
    let public = VerifierKey::parse(PUBLIC, KeyUse::Log).expect("a key");
    let witness = VerifierKey::parse(WITNESS, KeyUse::Witness).expect("a key");
    assert_eq!(witness.to_string(), WITNESS);

    let golden = Note::parse(GOLDEN.as_bytes()).expect("a note");
    assert_eq!(golden.to_string(), GOLDEN);
    assert_eq!(golden.statement_of(&public), Ok(Some(Statement::Signed)));
    let time_s = 1_763_800_000;
    let cosigned = Statement::Cosigned { time_s };
    assert_eq!(golden.statement_of(&witness), Ok(Some(cosigned)));

    let text = Checkpoint::parse(golden.text()).expect("a checkpoint");
    assert_eq!(
        (text.origin.as_str(), text.size),
        ("example.com/scrutin/0", 3)
    );
    let mut ours = text.sign(&private).expect("the log's key");
    let seed: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).expect("32 at most"));
    let cosigner = PrivateKey::from_seed(witness.name().clone(), KeyUse::Witness, &seed.into());
    ours.add(cosigner.cosign_text(ours.text(), time_s).expect("its key"));
    assert_eq!(ours.to_string(), GOLDEN);
}

#[test]
fn keys_sign_what_they_are_for_and_nothing_else() {
    let (log, witness) = (log_key(), witness_key(1));
    assert!(witness.sign_text("x\n").is_none());
    assert!(log.cosign_text("x\n", 1).is_err());
    assert!(witness.cosign_text("x\n", u64::MAX).is_err());
    let note = checkpoint(&leaves(2), &[1]);
    let checkpoint = Checkpoint::parse(note.text()).expect("a checkpoint");
    assert!(checkpoint.sign(&witness).is_none());
    assert!(
        checkpoint
            .sign(&key("other.example", KeyUse::Log, 1))
            .is_none()
    );
}

#[test]
fn what_is_no_key_is_refused_with_a_remedy() {
    let with = |from: &str, to: &str| PUBLIC.replace(from, to);
    let weak = {
        // The neutral element: every signature of a certain form would fit it.
        let mut point = [0; 32];
        point[0] = 1;
        point
    };
    let log = KeyUse::Log;
    let cases = [
        (String::new(), log, "expected name+id+key"),
        (with("+cea050fa", ""), log, "expected name+id+key"),
        (with("cea050fa", "cea050fb"), log, "must be cea050fa"),
        (with("cea050fa", "CEA050FA"), log, "expected name+id+key"),
        (with("example", "exampl"), log, "must be"),
        (with("example.com", "example com"), log, "without spaces"),
        (with("example.com/scrutin/0", ""), log, "without spaces"),
        (with("VTG4", "VTG5"), log, "id of key"),
        (with("VTG4", ""), log, "expected name+id+key"),
        (with("+AQ", "+Aq"), log, "type 0x02"),
        (
            PUBLIC.to_owned(),
            KeyUse::Witness,
            "type 0x01, and a witness's type 0x04",
        ),
        (WITNESS.to_owned(), log, "type 0x04, and a log's type 0x01"),
        ("x".repeat(600), log, "expected name+id+key"),
    ];
    for (text, used, expected) in cases {
        let error = VerifierKey::parse(&text, used)
            .expect_err(&text)
            .to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let text = vkey("example.com/scrutin/0", 1, &weak);
    let error = VerifierKey::parse(&text, log).expect_err("weak");
    assert!(matches!(error, KeyError::Point { .. }), "{error}");
}

/// The text of a public key that is none.
fn vkey(name: &str, signature_type: u8, key: &[u8; 32]) -> String {
    let bytes = [&[signature_type], key.as_slice()].concat();
    format!("{name}+00000000+{}", data_encoding::BASE64.encode(&bytes))
}

#[test]
fn what_is_no_private_key_is_refused_without_a_word_of_it() {
    for text in [
        "",
        PUBLIC,
        PRIVATE.trim_end_matches("HR4f\n"),
        &PRIVATE.replace("cea050fa", "cea050fb"),
        &PRIVATE.replace("AQAB", "BAAB"),
        &PRIVATE.replace("example.com/scrutin/0", "secretname with+space"),
        "PRIVATE+KEY+",
    ] {
        let Err(error) = PrivateKey::parse(text.as_bytes(), KeyUse::Log) else {
            panic!("{text} was taken");
        };
        let error = error.to_string();
        for secret in ["AQAB", "HR4f", "secretname"] {
            assert!(!error.contains(secret), "{error}");
        }
    }
    // Without its newline it is the same key.
    assert!(PrivateKey::parse(PRIVATE.trim_end().as_bytes(), KeyUse::Log).is_ok());
}

#[test]
fn what_is_no_note_is_refused_with_the_line() {
    let line = GOLDEN.lines().last().expect("a line");
    let with = |lines: &str| format!("text\n\n{lines}");
    let many = format!("{line}\n").repeat(SIGNATURES_MAX + 1);
    let cases = [
        (String::new(), "cut short"),
        ("text\n".to_owned(), "cut short"),
        (with(""), "cut short"),
        (with(line), "cut short"),
        (with(&line.replace('—', "-")), "cut short"),
        (with(&format!("{}\n", line.replace('—', "-"))), "line 1"),
        (with(&format!("{line}\nx\n")), "line 2"),
        (with(&format!("{line}\r\n")), "no text"),
        (with("— name AAAAAA==\n"), "line 1"),
        (with("— name AAAAAAA\n"), "line 1"),
        (with("— name AAAAAAB=\n"), "line 1"),
        (with("— na+me AAAAAAA=\n"), "line 1"),
        (with("—  AAAAAAA=\n"), "line 1"),
        (with("— name  AAAAAAA=\n"), "line 1"),
        (with(&many), "more than 100"),
        ("x".repeat(200_000), "131072"),
    ];
    for (text, expected) in cases {
        let error = Note::parse(text.as_bytes()).expect_err(&text).to_string();
        assert!(error.contains(expected), "{text:.80}: {error}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::NoText));
    let most = format!("{line}\n").repeat(SIGNATURES_MAX);
    assert!(Note::parse(with(&most).as_bytes()).is_ok());
    // The text may have empty lines of its own.
    let note = Note::parse(with(&format!("more\n\n{line}\n")).as_bytes());
    assert_eq!(note.expect("a note").text(), "text\n\nmore\n");
}

#[test]
fn signatures_of_others_are_kept_and_not_looked_at() {
    let note = checkpoint(&leaves(2), &[1]);
    let other_id = witness_key(2);
    let same_name = key("witness.example/1", KeyUse::Witness, 7);
    assert_eq!(note.statement_of(other_id.public()), Ok(None));
    assert_eq!(note.statement_of(same_name.public()), Ok(None));
    let unknown = "— elsewhere.example AAAAAP8=\n";
    let longer = Note::parse(format!("{note}{unknown}").as_bytes()).expect("a note");
    assert_eq!(longer.signatures().len(), 3);
    assert!(longer.to_string().ends_with(unknown));
    let signed = longer.statement_of(log_key().public());
    assert_eq!(signed, Ok(Some(Statement::Signed)));
}

#[test]
fn one_bad_signature_of_a_known_key_spoils_the_note() {
    let note = checkpoint(&leaves(2), &[1]).to_string();
    let (text, _) = note.split_once("\n\n").expect("two parts");
    let other = checkpoint(&leaves(3), &[1]).to_string();
    let (_, others) = other.split_once("\n\n").expect("two parts");
    let known = [log_key(), witness_key(1)];
    // Signatures of another checkpoint, alone, before and behind the right ones.
    let (_, right) = note.split_once("\n\n").expect("two parts");
    for lines in [
        others,
        &format!("{others}{right}"),
        &format!("{right}{others}"),
    ] {
        let note = Note::parse(format!("{text}\n\n{lines}").as_bytes()).expect("a note");
        for key in &known {
            assert!(note.statement_of(key.public()).is_err());
        }
    }
    // The same line twice is one signature.
    let note = Note::parse(format!("{text}\n\n{right}{right}").as_bytes()).expect("a note");
    assert!(matches!(note.statement_of(known[0].public()), Ok(Some(_))));
}

#[test]
fn every_flipped_bit_of_a_note_is_noticed() {
    let note = checkpoint(&leaves(2), &[1]).to_string();
    let keys = [log_key(), witness_key(1)];
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(note) = Note::parse(&bytes) else {
                continue;
            };
            let both = keys
                .iter()
                .all(|key| matches!(note.statement_of(key.public()), Ok(Some(_))));
            assert!(!both, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let root = "NmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=";
    let good = format!("example.com/log\n3\n{root}\n");
    let parsed = Checkpoint::parse(&good).expect("a checkpoint");
    assert_eq!(parsed.to_string(), good);
    for bad in [
        "",
        &format!("example.com/log\n3\n{root}"),
        &format!("example.com/log\n3\n{root}\nextension\n"),
        &format!("example.com/log\n3\n{root}\n\n"),
        &format!("\n3\n{root}\n"),
        &format!("example.com log\n3\n{root}\n"),
        &format!("example.com/log\n03\n{root}\n"),
        &format!("example.com/log\n-3\n{root}\n"),
        &format!("example.com/log\n\n{root}\n"),
        &format!("example.com/log\n4611686018427387905\n{root}\n"),
        &format!("example.com/log\n0\n{root}\n"),
        &format!("example.com/log\n3\n{}\n", root.replace("sE=", "sF=")),
        &format!("example.com/log\n3\n{}\n", &root[4..]),
    ] {
        assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
    }
    let empty = "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    assert_eq!(Checkpoint::parse(empty).expect("empty").size, 0);
}

#[test]
fn submissions_are_read_as_they_are_written() {
    let submission = Submission {
        old_size: 20_852_014,
        proof: leaves(3),
        checkpoint: checkpoint(&leaves(2), &[]),
    };
    let text = submission.to_string();
    assert!(text.starts_with("old 20852014\n"));
    assert_eq!(Submission::parse(text.as_bytes()), Ok(submission));
    let many = text.replacen(
        '\n',
        &format!("\n{}", format!("{}\n", leaves(1)[0]).repeat(64)),
        1,
    );
    for (bad, expected) in [
        (text.replace("old ", ""), "first line"),
        (text.replace("old 2", "old 02"), "first line"),
        (text.replace("old 2", "old -2"), "first line"),
        (
            text.replace("old 20852014", "old 9223372036854775808"),
            "first line",
        ),
        (text.replacen("=\n", "\n", 1), "hash 1"),
        (text.replacen("\n\n", "\nx\n\n", 1), "hash 4"),
        (many, "more than 63"),
        (text.replace("\n\n", "\n"), "blank line"),
        (text.replace('—', "-"), "signature line 1"),
        (" ".repeat(140_000), "more than"),
    ] {
        let error = Submission::parse(bad.as_bytes())
            .expect_err(&bad)
            .to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_note_or_an_error(text in "([a-z\n—]{0,20}\n\n)?(— [a-z+]{0,5} [A-Za-z0-9+/]{6,12}={0,2}\n){0,3}") {
        if let Ok(note) = Note::parse(text.as_bytes()) {
            prop_assert_eq!(note.to_string(), text);
        }
    }

    #[test]
    fn names_of_keys_fit_into_notes(name in "\\PC{0,12}") {
        if let Ok(name) = KeyName::new(&name) {
            let line = format!("— {name} AAAAAP8=\n");
            let signatures = parse_signatures(&line).expect("one line");
            prop_assert_eq!(&signatures[0].name, &name);
        }
    }
}
