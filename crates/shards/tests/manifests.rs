//! A manifest that contradicts itself is refused even where officers signed it.

use proptest::prelude::*;
use shards::{Manifest, Sha256Sum};
use specimen::{Recipe, Roll, Specimen};

/// Nine voters on two laws.
fn small() -> Recipe {
    Recipe {
        roll: Roll::new(9, [1]),
        ..Recipe::default()
    }
}

/// The reason for refusing a sound manifest after `edit`; none where it is accepted.
fn check(edit: impl FnOnce(&mut Manifest)) -> Option<String> {
    let mut manifest = Specimen::new(&small()).manifest;
    edit(&mut manifest);
    Manifest::from_json(&manifest.to_json()).err()
}

#[test]
fn contradictions_are_refused() {
    assert_eq!(check(|_| ()), None);
    let zero = Sha256Sum([0; 32]);
    type Edit = fn(&mut Manifest);
    let refused: [(&str, Edit); 7] = [
        ("format is", |m| m.format = "scrutin-package-2".to_owned()),
        ("key_id", |m| m.key_id = None),
        ("credentials is", |m| m.ballots[0].credentials += 1),
        ("shards are listed", |m| m.ballots[0].shard_bits = 2),
        ("shard_bits is", |m| m.ballots[0].shard_bits = 200),
        ("files are not", |m| {
            m.files[0].path = "../../etc/passwd".to_owned()
        }),
        ("files are not", |m| m.files.swap(0, 1)),
    ];
    for (expected, edit) in refused {
        let reason = check(edit);
        assert!(
            reason.as_deref().unwrap_or("accepted").contains(expected),
            "{reason:?}"
        );
    }
    assert!(
        check(move |m| m.roll_commitment = zero)
            .unwrap()
            .contains("roll_commitment")
    );
    assert!(
        check(move |m| m.files[1].sha256 = zero)
            .unwrap()
            .contains("SHA256SUMS")
    );
}

/// A package of the next format has fields of which this program knows nothing: it is told by its format.
#[test]
fn another_format_is_told_before_its_unknown_fields() {
    let manifest = Specimen::new(&small()).manifest.to_json();
    let text = String::from_utf8(manifest).unwrap();
    let next = text
        .replace("scrutin-package-1", "scrutin-package-2")
        .replacen('{', "{ \"new\": 1,", 1);
    let told = Manifest::from_json(next.as_bytes()).unwrap_err();
    assert!(told.contains("scrutin-package-2"), "{told}");
    assert!(told.contains("use the release that made"), "{told}");
}

#[test]
fn another_form_of_the_same_manifest_is_refused() {
    let manifest = Specimen::new(&small()).manifest;
    let compact = serde_json::to_vec(&manifest).unwrap();
    assert!(
        Manifest::from_json(&compact)
            .unwrap_err()
            .contains("canonical")
    );
    let text = String::from_utf8(manifest.to_json()).unwrap();
    let twice = text.replacen(
        "\"format\"",
        "\"format\": \"scrutin-package-1\",\n  \"format\"",
        1,
    );
    assert!(Manifest::from_json(twice.as_bytes()).is_err());
}

/// The commitment can be computed from the digest sets alone.
#[test]
fn the_commitment_binds_every_credential_and_region() {
    let recipe = Recipe {
        roll: Roll::new(9, [1, 300]),
        ..Recipe::default()
    };
    let commitment = Specimen::new(&recipe).manifest.roll_commitment;
    let mut records = Specimen::new(&recipe).records;
    records[1][4].region ^= 1 ^ 300;
    assert_ne!(
        Specimen::of_records(&recipe, records.clone())
            .manifest
            .roll_commitment,
        commitment
    );
    records[1][4].region ^= 1 ^ 300;
    assert_eq!(
        Specimen::of_records(&recipe, records.clone())
            .manifest
            .roll_commitment,
        commitment
    );
    records[0].pop();
    assert_ne!(
        Specimen::of_records(&recipe, records)
            .manifest
            .roll_commitment,
        commitment
    );
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Manifest::from_json(&bytes);
    }
}

#[test]
fn unknown_fields_are_refused_by_name() {
    let json = String::from_utf8(Specimen::new(&small()).manifest.to_json()).expect("UTF-8");
    for (at, _) in json.match_indices('{') {
        let edited = format!("{}\"unheard_of\":1,{}", &json[..=at], &json[at + 1..]);
        let reason = Manifest::from_json(edited.as_bytes()).expect_err("an unknown field");
        assert!(reason.contains("unheard_of"), "at byte {at}: {reason}");
    }
}
