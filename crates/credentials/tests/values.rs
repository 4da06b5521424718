//! What is a NAS, a code, a ballot id, a roll key; and which digest they make.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use credentials::mint::{self, MintedCode};
use credentials::{
    BallotId, Code, Digest, Hasher, KeyId, Nas, RollKey, RollKeyError, Scheme, shard_bits_for,
};
use proptest::prelude::*;

fn key() -> RollKey {
    RollKey::from_bytes(*b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f")
}

fn digest(hasher: &Hasher, nas: &str, code: &str, ballot: &str) -> String {
    let nas = Nas::parse(nas.as_bytes()).unwrap();
    let code = Code::parse(code.as_bytes()).unwrap();
    hasher
        .digest(&nas, &code, &BallotId::parse(ballot).unwrap())
        .to_string()
}

#[test]
fn nas_as_people_write_it() {
    let check =
        |text: &str, expected: Result<u32, &str>| match (Nas::parse(text.as_bytes()), expected) {
            (Ok(nas), Ok(number)) => assert_eq!(nas.number(), number, "{text}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{text}: {error}"),
            (got, _) => panic!("{text}: {got:?}"),
        };
    check("123456789", Ok(123_456_789));
    check(" 123 456-789 ", Ok(123_456_789));
    check("000000000", Ok(0));
    check("999999999", Ok(999_999_999));
    check("", Err("0 digits"));
    check("12345678", Err("8 digits"));
    check("1234567890", Err("10 digits"));
    check("12345678901234567890", Err("10 digits"));
    check("12345678a", Err("no digit"));
    check("１23456789", Err("no digit"));
    check("12345678\u{a0}9", Err("no digit"));
}

#[test]
fn luhn_knows_the_published_example() {
    let check = |text: &str, valid| {
        assert_eq!(
            Nas::parse(text.as_bytes()).unwrap().luhn_valid(),
            valid,
            "{text}"
        );
    };
    check("046454286", true);
    check("000000000", true);
    check("046454287", false);
    check("123456789", false);
}

#[test]
fn code_as_people_type_it() {
    let check =
        |text: &str, expected: Result<&str, &str>| match (Code::parse(text.as_bytes()), expected) {
            (Ok(code), Ok(bytes)) => assert_eq!(code.as_bytes(), bytes.as_bytes(), "{text}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{text}: {error}"),
            (got, _) => panic!("{text}: {got:?}"),
        };
    check("ABC123", Ok("ABC123"));
    check(" abc-123 ", Ok("ABC123"));
    check("OIL000", Ok("OIL000"));
    check(&"Z".repeat(32), Ok(&"Z".repeat(32)));
    check(&"Z".repeat(33), Err("33 letters"));
    check("ABC12", Err("5 letters"));
    check("ABC12é", Err("no letter"));
    check("ABC|123", Err("no letter"));
}

#[test]
fn debug_shows_nobody() {
    let nas = Nas::parse(b"123456789").unwrap();
    let code = Code::parse(b"ABC123").unwrap();
    let shown = format!("{nas:?} {code:?} {:?} {:?}", key(), Hasher::hmac(&key()));
    for secret in ["123456789", "ABC123", "000102", "0, 1, 2"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let digest = Digest([0xab; 16]);
    assert_eq!(format!("{digest:?}"), "Digest(abababab..)");
}

#[test]
fn ballot_ids_can_name_directories() {
    let good = |text: &str| assert_eq!(BallotId::parse(text).unwrap().as_str(), text);
    let bad = |text: &str| assert!(BallotId::parse(text).is_err(), "{text}");
    good("L2025-001");
    good("a");
    good(&"x".repeat(32));
    bad("");
    bad(&"x".repeat(33));
    bad(".");
    bad("..");
    bad(".hidden");
    bad("a/b");
    bad("a|b");
    bad("é");
}

/// Computed apart, with Python's hashlib and hmac.
#[test]
fn known_answers() {
    let plain = Hasher::sha256();
    let keyed = Hasher::hmac(&key());
    let full = "A".repeat(32);
    let check = |got: String, expected| assert_eq!(got, expected);
    check(
        digest(&plain, "123456789", "ABC123", "L2025-001"),
        "fbbeb8f3dc022d9ddb1753049a715678",
    );
    check(
        digest(&keyed, "123456789", "ABC123", "L2025-001"),
        "4b306d56db71abd4a6f44f11074e12a6",
    );
    check(
        digest(&keyed, "123456789", &full, &"b".repeat(32)),
        "222a0ed517d2da56aa1e98e8562eb7aa",
    );
    assert_eq!(
        keyed.key_id(),
        Some(KeyId([0x33, 0xb0, 0x3a, 0x98, 0x6b, 0x4d, 0xb1, 0x67]))
    );
    assert_eq!(plain.key_id(), None);
}

#[test]
fn fields_do_not_run_into_each_other() {
    let keyed = Hasher::hmac(&key());
    let one = digest(&keyed, "123456789", "ABC1234", "L1");
    let two = digest(&keyed, "123456789", "ABC123", "4L1");
    assert_ne!(one, two);
}

#[test]
fn schemes_have_names() {
    for scheme in [Scheme::Sha256, Scheme::HmacSha256] {
        assert_eq!(scheme.as_str().parse::<Scheme>().unwrap(), scheme);
    }
    assert!(
        "md5"
            .parse::<Scheme>()
            .unwrap_err()
            .to_string()
            .contains("hmac-sha256")
    );
}

#[test]
fn the_key_file_of_version_1() {
    let golden = include_bytes!("../../../fixtures/golden/credentials/version-1.key");
    assert_eq!(key().to_file_text().as_bytes(), golden);
    assert_eq!(RollKey::parse(golden).unwrap().as_bytes(), key().as_bytes());
    assert!(golden.len() <= RollKey::FILE_LEN_MAX);
    let crlf = key().to_file_text().replace('\n', "\r\n");
    assert!(RollKey::parse(crlf.as_bytes()).is_ok());
}

#[test]
fn every_changed_character_of_a_key_file_is_found() {
    let text = key().to_file_text();
    for at in 0..text.len() - 1 {
        let mut changed = text.as_bytes().to_vec();
        changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
        assert!(RollKey::parse(&changed).is_err(), "character {at}");
        assert!(
            RollKey::parse(&text.as_bytes()[..at]).is_err(),
            "cut at {at}"
        );
    }
    let error = RollKey::parse(text.replace("000102", "000103").as_bytes()).unwrap_err();
    assert_eq!(error, RollKeyError::Checksum);
}

#[test]
fn generated_keys_differ() {
    let [a, b] = [RollKey::generate().unwrap(), RollKey::generate().unwrap()];
    assert_ne!(a.key_id(), b.key_id());
}

#[test]
fn shards_hold_about_a_million() {
    let check = |voters, bits| assert_eq!(shard_bits_for(voters), bits, "{voters}");
    check(0, 0);
    check(1 << 20, 0);
    check((1 << 20) + 1, 1);
    check(8_000_000, 3);
    check(100_000_000, 7);
    check(1_000_000_000, 10);
    check(u64::MAX, 10);
}

#[test]
fn the_leading_bits_choose_the_shard() {
    let digest = Digest([
        0b1011_0010,
        0b0100_0000,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
    ]);
    assert_eq!(digest.shard(0), 0);
    assert_eq!(digest.shard(1), 1);
    assert_eq!(digest.shard(3), 0b101);
    assert_eq!(digest.shard(10), 0b10_1100_1001);
    assert_eq!(digest.shard(32), 0xb240_0000);
}

#[test]
fn digests_in_hexadecimal() {
    let half = "fbbeb8f3dc022d9ddb1753049a715678";
    let whole = format!("{}CA1BED3275EA46FDB2CFF5D5BC36ACA5", half.to_uppercase());
    assert_eq!(half.parse::<Digest>().unwrap(), whole.parse().unwrap());
    assert_eq!(half.parse::<Digest>().unwrap().to_string(), half);
    assert!(
        "fbbe"
            .parse::<Digest>()
            .unwrap_err()
            .to_string()
            .contains("4 characters")
    );
    assert!(whole.replace('C', "G").parse::<Digest>().is_err());
}

proptest! {
    #[test]
    fn the_check_finds_one_wrong_character(
        entropy in any::<[u8; 10]>(), at in 0..mint::CODE_LEN, other in 0..31_usize,
    ) {
        let minted = MintedCode::from_entropy(&entropy);
        prop_assert!(mint::is_minted(minted.as_bytes()));
        let mut typed = *minted.as_bytes();
        let alphabet: Vec<u8> =
            b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".iter().copied().filter(|c| *c != typed[at]).collect();
        typed[at] = alphabet[other];
        prop_assert!(!mint::is_minted(&typed));
    }

    #[test]
    fn the_check_finds_two_exchanged_characters(
        entropy in any::<[u8; 10]>(), a in 0..mint::CODE_LEN, b in 0..mint::CODE_LEN,
    ) {
        let minted = MintedCode::from_entropy(&entropy);
        let mut typed = *minted.as_bytes();
        typed.swap(a, b);
        prop_assert_eq!(mint::is_minted(&typed), typed[a] == typed[b]);
    }

    #[test]
    fn look_alikes_are_folded_in_minted_codes(entropy in any::<[u8; 10]>(), one in "[ILil]") {
        let minted = MintedCode::from_entropy(&entropy);
        let typed = minted.as_str().to_lowercase().replace('0', "o").replace('1', &one);
        let code = Code::parse(typed.as_bytes()).unwrap();
        prop_assert_eq!(code.as_bytes(), minted.as_bytes());
    }

    #[test]
    fn other_codes_are_never_altered(typed in "[A-Z0-9]{6,16}|[A-Z0-9]{18,32}") {
        let code = Code::parse(typed.as_bytes()).unwrap();
        prop_assert_eq!(code.as_bytes(), typed.as_bytes());
    }

    #[test]
    fn entropy_is_not_lost(a in any::<[u8; 10]>(), b in any::<[u8; 10]>()) {
        let same = MintedCode::from_entropy(&a).as_str() == MintedCode::from_entropy(&b).as_str();
        prop_assert_eq!(same, a == b);
    }

    #[test]
    fn synthetic_luhn_digits_are_found(eight in 0..100_000_000_u32) {
        let valid = (0..10).filter(|check| {
            Nas::parse(format!("{eight:08}{check}").as_bytes()).unwrap().luhn_valid()
        });
        prop_assert_eq!(valid.count(), 1);
    }

    #[test]
    fn hostile_text_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..130)) {
        let _ = Nas::parse(&bytes);
        let _ = Code::parse(&bytes);
        let _ = RollKey::parse(&bytes);
        let _ = Digest::parse_hex(&bytes);
        let _ = mint::is_minted(&bytes);
    }

    #[test]
    fn nas_numbers_are_their_digits(number in 0..Nas::NUMBERS) {
        prop_assert_eq!(Nas::parse(format!("{number:09}").as_bytes()).unwrap().number(), number);
    }
}
