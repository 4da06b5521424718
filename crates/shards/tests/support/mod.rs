//! The laws of a specimen, and the files of its package.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::fs;
use std::path::{Path, PathBuf};

use election::BallotIndex;
use shards::Package;
use specimen::Specimen;

/// The laws `L-1` and `L-2`.
pub(crate) const FIRST: BallotIndex = BallotIndex(0);
pub(crate) const SECOND: BallotIndex = BallotIndex(1);

/// Opens a package that nobody has signed.
pub(crate) fn open(specimen: &Specimen) -> Package {
    Package::open_unsigned(&specimen.package()).expect("a sound package")
}

/// Every file below a directory, relative to it, sorted.
pub(crate) fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(root, root, &mut files);
    files.sort();
    files
}

fn collect(root: &Path, dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let relative = path.strip_prefix(root).expect("collected below the root");
            files.push(relative.to_owned());
        }
    }
}
