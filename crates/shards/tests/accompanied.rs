//! A map, earlier results and a logo in a package: served as the officers signed them, and no part of packages without.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use companions::{Companions, Geometry, builder};
use credentials::BallotId;
use election::Event;
use shards::builder::{PackageBuilder, ShardPlace};
use shards::{
    BASELINE_FILE, FilterKind, GEOMETRY_FILE, LOGO_FILE, MANIFEST_FILE, Manifest, Package,
    PackageError, SUMS_FILE, Sha256Sum,
};
use specimen::{EXAMPLE, Recipe, Roll, Specimen};

use support::files;

fn companions() -> Companions {
    let event = Event::from_toml(EXAMPLE).unwrap();
    let regions = include_bytes!("../../../fixtures/regions.geojson");
    let votes = include_bytes!("../../../fixtures/baseline.csv");
    let (title, date) = (event.title.clone(), "2021-10-04".parse().unwrap());
    Companions {
        geometry: Some(builder::geometry(regions, &event).unwrap().geometry),
        baseline: Some(builder::baseline(votes, &event, title, date).unwrap()),
        logo: builder::logo(include_bytes!("../../../fixtures/logo.svg")).ok(),
    }
}

fn specimen(companions: Companions) -> Specimen {
    Specimen::new(&Recipe {
        definition: EXAMPLE.to_owned(),
        companions,
        roll: Roll::example(12),
        ..Recipe::default()
    })
}

#[test]
fn what_was_packed_is_what_is_opened() {
    let specimen = specimen(companions());
    let trust = specimen.signed();
    let package = Package::open(&specimen.package(), &trust).unwrap();
    let packed = companions();
    assert_eq!(package.geometry(), packed.geometry.as_ref());
    assert_eq!(package.baseline(), packed.baseline.as_ref());
    assert!(package.logo().is_some() && package.logo() == packed.logo.as_ref());
}

/// Every other file is the same, and each of them may be there alone.
#[test]
fn a_package_without_them_is_as_it_was() {
    let without = specimen(Companions::default());
    let package = Package::open_unsigned(&without.package()).unwrap();
    assert!(package.geometry().is_none() && package.baseline().is_none());
    assert!(package.logo().is_none());
    let all = companions();
    for (companions, names) in [
        (all.clone(), vec![BASELINE_FILE, GEOMETRY_FILE, LOGO_FILE]),
        (
            Companions {
                geometry: all.geometry.clone(),
                ..Companions::default()
            },
            vec![GEOMETRY_FILE],
        ),
        (
            Companions {
                baseline: all.baseline,
                ..Companions::default()
            },
            vec![BASELINE_FILE],
        ),
        (
            Companions {
                logo: all.logo,
                ..Companions::default()
            },
            vec![LOGO_FILE],
        ),
    ] {
        let with = specimen(companions);
        Package::open_unsigned(&with.package()).unwrap();
        let mut more = files(&with.package());
        more.retain(|path| !names.iter().any(|name| path == Path::new(name)));
        assert_eq!(more, files(&without.package()), "{names:?}");
        for path in more {
            let read = |specimen: &Specimen| fs::read(specimen.package().join(&path)).unwrap();
            let is_list = [MANIFEST_FILE, SUMS_FILE].map(Path::new).contains(&&*path);
            assert_eq!(read(&with) == read(&without), !is_list, "{path:?}");
        }
    }
}

/// One bit of every 17th byte of each file.
#[test]
fn invariant_7_a_flipped_byte_of_a_map_or_of_earlier_results_is_refused() {
    let specimen = specimen(companions());
    let trust = specimen.signed();
    for name in [GEOMETRY_FILE, BASELINE_FILE, LOGO_FILE] {
        let path = specimen.package().join(name);
        let sound = fs::read(&path).unwrap();
        for at in (0..sound.len()).step_by(17) {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            let refused = Package::open(&specimen.package(), &trust);
            assert!(
                matches!(&refused, Err(PackageError::Hash { path: at, .. }) if *at == path),
                "{name} byte {at}"
            );
        }
        fs::remove_file(&path).unwrap();
        let refused = Package::open(&specimen.package(), &trust);
        assert!(matches!(&refused, Err(PackageError::Missing { path: at }) if *at == path));
        fs::write(&path, &sound).unwrap();
    }
    Package::open(&specimen.package(), &trust).unwrap();
}

/// Nobody can lay a map beside a package that was signed without one.
#[test]
fn a_map_that_nobody_signed_is_refused() {
    let specimen = specimen(Companions::default());
    let trust = specimen.signed();
    let path = specimen.package().join(GEOMETRY_FILE);
    let geometry = companions().geometry.unwrap();
    fs::write(&path, geometry.to_json()).unwrap();
    let refused = Package::open(&specimen.package(), &trust);
    assert!(matches!(&refused, Err(PackageError::Extra { path: at }) if *at == path));
}

/// Lists a file of other content in manifest and sums, as whoever packs could.
fn relist(specimen: &Specimen, name: &str, bytes: &[u8]) {
    let mut manifest: Manifest = specimen.manifest.clone();
    let write = |name: &str, bytes: &[u8], manifest: &mut Manifest| {
        fs::write(specimen.package().join(name), bytes).unwrap();
        let entry = manifest.files.iter_mut().find(|file| file.path == name);
        let entry = entry.unwrap();
        entry.size = bytes.len() as u64;
        entry.sha256 = Sha256Sum::of(bytes);
    };
    write(name, bytes, &mut manifest);
    let sums = Manifest::sums_text(&manifest.files);
    write(SUMS_FILE, sums.as_bytes(), &mut manifest);
    fs::write(specimen.package().join(MANIFEST_FILE), manifest.to_json()).unwrap();
}

/// Officers who sign nonsense are told by their own programs, and nobody serves it.
#[test]
fn what_does_not_fit_the_event_is_refused_even_if_it_is_listed() {
    let specimen = specimen(companions());
    let all = companions();
    let (geometry, baseline) = (all.geometry.unwrap(), all.baseline.unwrap());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let geometry = text(geometry.to_json());
    let baseline = text(baseline.to_json());
    let logo = text(all.logo.unwrap().to_svg().to_vec());
    for (name, bytes, expected) in [
        (
            GEOMETRY_FILE,
            geometry.replacen("\"region\":6", "\"region\":7", 1),
            "regions are not those of the event",
        ),
        (
            GEOMETRY_FILE,
            geometry.replacen("{\"format\"", "{\"svg\":\"<script>\",\"format\"", 1),
            "unknown field `svg`",
        ),
        (
            BASELINE_FILE,
            baseline.replacen("\"PA\"", "\"PX\"", 1),
            "parties are not those of the event",
        ),
        (BASELINE_FILE, format!("{baseline}\n"), "canonical form"),
        (
            LOGO_FILE,
            logo.replacen("<rect", "<script/>\n<rect", 1),
            "`<script/>` is no line of a logo",
        ),
        (
            LOGO_FILE,
            logo.replacen("<rect", "<rect onload=\"x\"", 1),
            "attribute `onload` of `rect`",
        ),
    ] {
        relist(&specimen, name, bytes.as_bytes());
        let refused = Package::open_unsigned(&specimen.package()).unwrap_err();
        let path = specimen.package().join(name);
        assert!(
            matches!(&refused, PackageError::Document { path: at, reason } if *at == path && reason.contains(expected)),
            "{refused}"
        );
        let sound = match name {
            GEOMETRY_FILE => &geometry,
            BASELINE_FILE => &baseline,
            _ => &logo,
        };
        relist(&specimen, name, sound.as_bytes());
    }
    Package::open_unsigned(&specimen.package()).unwrap();
}

#[test]
fn the_map_of_another_event_is_not_packed() {
    let home = tempfile::TempDir::new().unwrap();
    let text = EXAMPLE.replacen(
        "number = 6\ncode = \"R06\"",
        "number = 7\ncode = \"R06\"",
        1,
    );
    let text = text.replace("region = 6\n", "region = 7\n");
    let event = Event::from_toml(&text).unwrap();
    let roll = Roll::new(12, [1]);
    let hasher = roll.hasher();
    let (scheme, key_id) = (hasher.scheme(), hasher.key_id());
    let ids: Vec<BallotId> = event
        .ballots()
        .iter()
        .map(|ballot| BallotId::parse(&ballot.id).unwrap())
        .collect();
    let builder = PackageBuilder::new(home.path(), event, scheme, key_id, FilterKind::Fuse8, 1);
    let builder = builder.unwrap().accompanied_by(companions());
    let shard = |ballot: &BallotId| {
        let place = ShardPlace {
            ballot: ballot.clone(),
            shard_bits: 0,
            shard: 0,
            regions: true,
        };
        builder.shard(place, &roll.records(ballot)).unwrap()
    };
    let built = ids.iter().map(shard).collect();
    let told = builder.finish(built).unwrap_err().to_string();
    assert_eq!(
        told,
        "manifest: geometry.json: regions are not those of the event by ascending number"
    );
}

/// The hourly check sees them, too.
#[test]
fn a_map_that_rots_is_noticed() {
    let specimen = specimen(companions());
    let package = Package::open_unsigned(&specimen.package()).unwrap();
    assert_eq!(package.recheck(|_| true), Some(Vec::new()));
    let path = specimen.package().join(GEOMETRY_FILE);
    // Into the very file that is mapped.
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(30)).unwrap();
    file.write_all(b"#").unwrap();
    drop(file);
    let rotten = package.recheck(|_| true).unwrap();
    assert_eq!(rotten.len(), 1);
    assert_eq!(rotten[0].path, path);
    // What was read at the start is what is shown until the restart.
    assert_eq!(package.geometry(), companions().geometry.as_ref());
    let bytes = fs::read(&path).unwrap();
    assert!(Geometry::from_json(&bytes, package.event()).is_err());
}
