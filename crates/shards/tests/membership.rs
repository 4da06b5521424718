//! Every member is found at its ordinal, nobody else is, whatever the shape of the roll.

mod support;

use credentials::digestset::Record;
use credentials::{Digest, Hasher, RollKey};
use election::BallotIndex;
use proptest::prelude::*;
use shards::{FilterKind, KeyError, Membership};
use specimen::{Recipe, Roll, Specimen, stranger};

use support::{FIRST, SECOND, open};

/// Opens, audits and questions a package about everybody.
fn check(recipe: &Recipe, specimen: &Specimen) {
    let package = open(specimen);
    for (ballot, records) in [FIRST, SECOND].into_iter().zip(&specimen.records) {
        let mut ordinals = vec![0u32; package.shard_count(ballot) as usize];
        for record in records {
            let shard = record.digest.shard(recipe.shard_bits);
            let ordinal = ordinals[shard as usize];
            ordinals[shard as usize] += 1;
            let expected = Membership::Member {
                shard,
                ordinal,
                region: record.region,
            };
            assert_eq!(package.lookup(ballot, &record.digest), Ok(expected));
            assert_eq!(
                package.digest_at(ballot, shard, ordinal),
                Ok(Some(record.digest))
            );
            assert_eq!(
                package.region_at(ballot, shard, ordinal),
                Ok(Some(record.region))
            );
        }
        for (shard, count) in (0u32..).zip(&ordinals) {
            assert_eq!(package.credentials_in(ballot, shard), *count);
            assert_eq!(package.digest_at(ballot, shard, *count), Ok(None));
            assert_eq!(package.audit_shard(ballot, shard).ok(), Some(*count));
        }
        for number in 0..2000 {
            assert_eq!(
                package.lookup(ballot, &stranger(number)),
                Ok(Membership::NotOnRoll)
            );
        }
    }
    assert_eq!(
        package.lookup(BallotIndex(2), &stranger(0)),
        Ok(Membership::NoSuchBallot)
    );
}

fn check_recipe(recipe: &Recipe) {
    check(recipe, &Specimen::new(recipe));
}

#[test]
fn rolls_of_every_shape() {
    for credentials in [0, 1, 2, 3, 33, 5000] {
        for filter in [FilterKind::Fuse8, FilterKind::Fuse16] {
            check_recipe(&Recipe {
                roll: Roll::new(credentials, [1]),
                filter,
                ..Recipe::default()
            });
        }
    }
    for shard_bits in [0, 4, 10] {
        check_recipe(&Recipe {
            shard_bits,
            ..Recipe::default()
        });
    }
}

#[test]
fn regions_of_every_width() {
    for regions in [vec![], vec![1], vec![1, 300]] {
        check_recipe(&Recipe {
            roll: Roll::new(200, regions),
            ..Recipe::default()
        });
    }
}

/// One credential's digest on one ballot is a stranger on another.
#[test]
fn ballots_do_not_know_each_other() {
    let specimen = Specimen::new(&Recipe::default());
    let package = open(&specimen);
    for record in &specimen.records[0] {
        assert_eq!(
            package.lookup(SECOND, &record.digest),
            Ok(Membership::NotOnRoll)
        );
    }
}

#[test]
fn a_wrong_roll_key_or_scheme_is_refused() {
    let package = open(&Specimen::new(&Recipe::default()));
    let key = RollKey::from_bytes([7; RollKey::LEN]);
    let wrong_key = package.verify_key(&Hasher::hmac(&key)).unwrap_err();
    assert_eq!(
        wrong_key,
        KeyError::RollKey {
            expected: package.manifest().key_id,
            got: Some(key.key_id())
        }
    );
    assert!(matches!(
        package.verify_key(&Hasher::sha256()),
        Err(KeyError::Scheme { .. })
    ));
}

/// What officers signed may still make no sense: opening serves it, the audit refuses it.
#[test]
fn the_audit_refuses_a_region_that_the_event_does_not_have() {
    let specimen = Specimen::new(&Recipe {
        roll: Roll::new(200, [1, 2]),
        shard_bits: 0,
        ..Recipe::default()
    });
    let refused = open(&specimen)
        .audit_shard(FIRST, 0)
        .expect_err("region 2 is unknown");
    assert!(refused.to_string().contains("0000.reg"), "{refused}");
    assert!(
        refused
            .to_string()
            .contains("is 2, which the event does not define"),
        "{refused}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Digests that share long prefixes make deep indexes with single-transition nodes.
    #[test]
    fn any_digests(digests in proptest::collection::btree_set(crowded_digest(), 0..300), bits in 0u8..3) {
        let recipe = Recipe { shard_bits: bits, ..Recipe::default() };
        let records: Vec<Record> =
            digests.into_iter().map(|bytes| Record { digest: Digest(bytes), region: 1 }).collect();
        check(&recipe, &Specimen::of_records(&recipe, vec![records.clone(), records]));
    }
}

/// Few distinct bytes, so that prefixes collide; some fully random.
fn crowded_digest() -> impl Strategy<Value = [u8; 16]> {
    prop_oneof![
        proptest::array::uniform16(0u8..2),
        proptest::array::uniform16(prop_oneof![Just(0u8), Just(b't'), Just(255)]),
        any::<[u8; 16]>(),
    ]
}
