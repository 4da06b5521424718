//! A package is served only as the officers signed it.

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use shards::{Package, PackageError, Trust};
use specimen::{Recipe, Roll, Specimen};

use support::files;

fn small() -> Specimen {
    Specimen::new(&Recipe {
        roll: Roll::new(6, [1]),
        shard_bits: 0,
        ..Recipe::default()
    })
}

fn refuse(specimen: &Specimen, trust: &Trust) -> PackageError {
    match Package::open(&specimen.package(), trust) {
        Ok(_) => panic!("the package was opened"),
        Err(error) => error,
    }
}

/// One bit of every byte of every file, signatures included.
#[test]
fn invariant_7_any_flipped_byte_is_refused() {
    let specimen = small();
    let trust = specimen.signed();
    Package::open(&specimen.package(), &trust).unwrap();
    let all = files(&specimen.package());
    assert_eq!(
        all.len(),
        3 + 2 * 4 + 1,
        "manifest, signature, sums; four files a ballot; event"
    );
    for file in all {
        let path = specimen.package().join(&file);
        let original = fs::read(&path).unwrap();
        for at in 0..original.len() {
            let mut bytes = original.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            let opened = Package::open(&specimen.package(), &trust);
            assert!(opened.is_err(), "{} byte {at}", file.display());
        }
        fs::write(&path, &original).unwrap();
    }
    Package::open(&specimen.package(), &trust).unwrap();
}

/// Every bit of the signature file: what minisign leaves unsigned must be fixed otherwise.
#[test]
fn invariant_7_every_bit_of_a_signature_counts() {
    let specimen = small();
    let trust = specimen.signed();
    let path = specimen.package().join("manifest.json.minisig");
    let original = fs::read(&path).unwrap();
    for bit in 0..original.len() * 8 {
        let mut bytes = original.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).unwrap();
        assert!(
            Package::open(&specimen.package(), &trust).is_err(),
            "bit {bit}"
        );
    }
}

#[test]
fn invariant_7_a_cut_or_lengthened_file_is_refused() {
    let specimen = small();
    let trust = specimen.signed();
    for file in files(&specimen.package()) {
        let path = specimen.package().join(&file);
        let original = fs::read(&path).unwrap();
        let longer = [original.as_slice(), b"\n"].concat();
        for bytes in [
            &original[..original.len() - 1],
            &original[..1],
            &[],
            longer.as_slice(),
        ] {
            fs::write(&path, bytes).unwrap();
            let opened = Package::open(&specimen.package(), &trust);
            assert!(
                opened.is_err(),
                "{} with {} bytes",
                file.display(),
                bytes.len()
            );
        }
        fs::write(&path, &original).unwrap();
    }
}

#[test]
fn invariant_7_an_unsigned_package_is_refused() {
    let specimen = small();
    let trust = specimen.signed();
    fs::remove_file(specimen.package().join("manifest.json.minisig")).unwrap();
    let error = refuse(&specimen, &trust);
    assert!(
        matches!(
            error,
            PackageError::Unsigned {
                expected: 1,
                got: 0,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("officer.pub"),
        "names the trusted key: {error}"
    );
}

#[test]
fn invariant_7_a_stranger_s_signature_does_not_count() {
    let specimen = small();
    specimen.sign("stranger", "manifest.json.minisig");
    let other = small();
    let trust = other.signed();
    assert!(matches!(
        refuse(&specimen, &trust),
        PackageError::Unsigned { got: 0, .. }
    ));
}

#[test]
fn two_of_three_officers() {
    let specimen = small();
    let one = specimen.sign("one", "manifest.json.minisig");
    let two = specimen.sign("two", "manifest.json.0123456789ABCDEF.minisig");
    let renamed = specimen.path("two-again.pub");
    fs::copy(&two, &renamed).unwrap();

    let keys = [one.clone(), two.clone()];
    let package =
        Package::open(&specimen.package(), &Trust::from_files(&keys, 2).unwrap()).unwrap();
    assert_eq!(package.signers().len(), 2);

    // The same key under two names is one officer.
    assert!(matches!(
        Trust::from_files(&[two, renamed], 2),
        Err(PackageError::Trust {
            require: 2,
            keys: 1
        })
    ));
    // One officer's signature copied does not become two.
    let again = specimen
        .package()
        .join("manifest.json.FEDCBA9876543210.minisig");
    fs::copy(specimen.package().join("manifest.json.minisig"), again).unwrap();
    fs::remove_file(
        specimen
            .package()
            .join("manifest.json.0123456789ABCDEF.minisig"),
    )
    .unwrap();
    let trust = Trust::from_files(&keys, 2).unwrap();
    assert!(matches!(
        refuse(&specimen, &trust),
        PackageError::Unsigned {
            expected: 2,
            got: 1,
            ..
        }
    ));
}

#[test]
fn trust_in_nobody_is_refused() {
    assert!(matches!(
        Trust::from_files(&[], 0),
        Err(PackageError::Trust { .. })
    ));
    let specimen = small();
    let key = specimen.sign("one", "manifest.json.minisig");
    assert!(matches!(
        Trust::from_files(&[key], 0),
        Err(PackageError::Trust { .. })
    ));
}

#[test]
fn missing_and_extra_files_are_named() {
    let specimen = small();
    let trust = specimen.signed();
    let filter = specimen.package().join("shards/L-1/0000.fuse");
    let bytes = fs::read(&filter).unwrap();
    fs::remove_file(&filter).unwrap();
    let error = refuse(&specimen, &trust);
    assert!(
        matches!(&error, PackageError::Missing { path } if *path == filter),
        "{error}"
    );
    symlink("0000.dig", &filter).unwrap();
    assert!(
        matches!(refuse(&specimen, &trust), PackageError::Extra { .. }),
        "symbolic link"
    );
    fs::remove_file(&filter).unwrap();
    fs::write(&filter, bytes).unwrap();
    for extra in [
        "notes.txt",
        "shards/L-1/0001.dig",
        "shards/stray",
        "manifest.json.sig",
    ] {
        let path = specimen.package().join(extra);
        fs::write(&path, "x").unwrap();
        let error = refuse(&specimen, &trust);
        assert!(
            matches!(&error, PackageError::Extra { path: at } if *at == path),
            "{error}"
        );
        fs::remove_file(path).unwrap();
    }
    fs::create_dir(specimen.package().join("shards/L-3")).unwrap();
    assert!(matches!(
        refuse(&specimen, &trust),
        PackageError::Extra { .. }
    ));
}

/// What the operator named is at fault, and no package: each file under its own name.
#[test]
fn a_public_key_that_is_none_is_not_blamed_on_the_package() {
    let specimen = small();
    let path = specimen.path("named.pub");
    let long = "x".repeat(5_000);
    let contents: [(Option<&[u8]>, &str); 4] = [
        (None, "there is no such file"),
        (Some(b"one line"), "it has no second line"),
        (Some(b"\xff\n\xff\n"), "it is not text"),
        (Some(long.as_bytes()), "it is longer than a key"),
    ];
    for (content, reason) in contents {
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let error = Trust::from_files(std::slice::from_ref(&path), 1).unwrap_err();
        let expected = format!(
            "{} is not a minisign public key: {reason}; give the .pub file of an officer",
            path.display()
        );
        assert_eq!(error.to_string(), expected);
    }
    // A signature that is too long is altered, but no manifest says how long it was.
    let trust = specimen.signed();
    let signature = specimen.package().join("manifest.json.minisig");
    fs::write(&signature, long).unwrap();
    let error = refuse(&specimen, &trust).to_string();
    assert!(
        error.contains("manifest.json.minisig is longer than 4096 bytes"),
        "{error}"
    );
}
