//! The builder refuses records that would make a false package.

use specimen::Definition;

use super::*;

fn record(first: u8, region: u16) -> Record {
    Record {
        digest: Digest([first; 16]),
        region,
    }
}

fn build(place: &ShardPlace, records: &[Record]) -> Result<Manifest, BuildError> {
    let dir = tempfile::TempDir::new().unwrap();
    let event = Definition::of_laws(["L-1"], [1]).event();
    let builder = PackageBuilder::new(
        dir.path(),
        event,
        Scheme::Sha256,
        None,
        FilterKind::Fuse8,
        1,
    )
    .unwrap();
    let built = builder.shard(place.clone(), records)?;
    builder.finish(vec![built])
}

fn place() -> ShardPlace {
    ShardPlace {
        ballot: BallotId::parse("L-1").unwrap(),
        shard_bits: 0,
        shard: 0,
        regions: true,
    }
}

#[test]
fn records_out_of_order_or_twice_are_refused() {
    build(&place(), &[record(1, 1), record(2, 1)]).unwrap();
    let unsorted = build(&place(), &[record(2, 1), record(1, 1)]);
    assert!(matches!(
        unsorted,
        Err(BuildError::Unsorted { shard: 0, index: 1 })
    ));
    let twice = build(&place(), &[record(1, 1), record(1, 1)]);
    assert!(matches!(
        twice,
        Err(BuildError::Unsorted { shard: 0, index: 1 })
    ));
}

#[test]
fn records_of_another_shard_are_refused() {
    let place = ShardPlace {
        shard_bits: 1,
        shard: 1,
        ..place()
    };
    let outcome = build(&place, &[record(0x7F, 1)]);
    assert!(matches!(
        outcome,
        Err(BuildError::WrongShard {
            index: 0,
            expected: 1,
            got: 0
        })
    ));
    let place = ShardPlace {
        shard_bits: 1,
        shard: 2,
        ..place
    };
    assert!(matches!(
        build(&place, &[]),
        Err(BuildError::Range {
            shard: 2,
            bits: 1,
            ..
        })
    ));
}

#[test]
fn a_ballot_has_regions_for_all_or_none() {
    let outcome = build(&place(), &[record(1, 1), record(2, 0)]);
    assert!(matches!(
        outcome,
        Err(BuildError::Region {
            index: 1,
            got: 0,
            ..
        })
    ));
    let place = ShardPlace {
        regions: false,
        ..place()
    };
    assert!(matches!(
        build(&place, &[record(1, 1)]),
        Err(BuildError::Region { got: 1, .. })
    ));
}

#[test]
fn a_missing_shard_is_refused() {
    let place = ShardPlace {
        shard_bits: 1,
        ..place()
    };
    assert!(matches!(
        build(&place, &[record(1, 1)]),
        Err(BuildError::Manifest { .. })
    ));
}
