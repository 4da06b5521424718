//! What every command reads first: the package, a hand's key, and what they must agree on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use database::{Access, Target};
use election::Event;
use ledger::{Hand, HandPublicKeys, HandSecretKey};
use secrets::SecretFileError;
use shards::{Package, Trust};
use zeroize::Zeroizing;

use crate::cli::{MaskHandArgs, PackageArgs, PostgresFiles, ReaderArgs};
use crate::package_roll::PackageRoll;
use crate::release::MaskHand;
use crate::signature::Signature;

/// Longest key or password file read.
const SECRET_BYTES_MAX: usize = 4096;

/// Opens the package, which the officers named must have signed.
pub(crate) fn open_package(args: &PackageArgs) -> anyhow::Result<Arc<PackageRoll>> {
    open_signed(&args.package, &args.trust, args.require)
}

/// Opens the package of a reader, who may have chosen to trust nobody.
pub(crate) fn open_readers_package(args: &ReaderArgs) -> anyhow::Result<Arc<PackageRoll>> {
    if !args.untrusted {
        return open_signed(&args.package, &args.trust, args.require);
    }
    let package =
        Package::open_unsigned(&args.package).with_context(|| cannot_use(&args.package))?;
    Ok(Arc::new(PackageRoll::of(package, Signature::Unchecked)?))
}

fn open_signed(path: &Path, trust: &[PathBuf], require: usize) -> anyhow::Result<Arc<PackageRoll>> {
    let trust = Trust::from_files(trust, require)?;
    let package = Package::open(path, &trust).with_context(|| cannot_use(path))?;
    Ok(Arc::new(PackageRoll::of(package, Signature::Checked)?))
}

fn cannot_use(path: &Path) -> String {
    format!("cannot use package {}", path.display())
}

/// Reads the mask key, where it was named, and where its releases are.
pub(crate) fn read_mask_hand(
    args: &MaskHandArgs,
    event: &Event,
) -> anyhow::Result<Option<MaskHand>> {
    // clap asks for both or neither.
    let (Some(mask), Some(releases)) = (&args.mask, &args.releases) else {
        return Ok(None);
    };
    let key = read_hand_key(mask, Hand::Mask, event)?;
    Ok(Some(MaskHand::new(key, releases)))
}

/// Reads the secret key of one hand, and checks that the event was sealed to it.
pub(crate) fn read_hand_key(
    path: &Path,
    hand: Hand,
    event: &Event,
) -> anyhow::Result<HandSecretKey> {
    let key = read_any_key(path)?;
    ensure!(
        key.hand() == hand,
        "{} is the {} key, and the {hand} key is asked for here: no program takes both",
        path.display(),
        key.hand()
    );
    check_key(path, &key, event)?;
    Ok(key)
}

/// Reads the secret key of either hand.
pub(crate) fn read_any_key(path: &Path) -> anyhow::Result<HandSecretKey> {
    let text = read_secret(path).context("key of a hand")?;
    HandSecretKey::parse(&text).with_context(|| format!("cannot use key {}", path.display()))
}

/// Refuses the key of another event.
pub(crate) fn check_key(path: &Path, key: &HandSecretKey, event: &Event) -> anyhow::Result<()> {
    let (hand, expected) = (key.hand(), HandPublicKeys::of(event).key(key.hand()));
    if key.public() != expected {
        bail!(
            "{hand} key {} is not of event {}: its public half is {}, election.toml names {expected}",
            path.display(),
            event.id,
            key.public()
        );
    }
    Ok(())
}

/// Reads which database to connect to, and the files beside its URL.
pub(crate) fn read_target(url: &str, files: &PostgresFiles) -> anyhow::Result<Target> {
    let password = files.postgres_password_file.as_deref();
    let password = password.map(read_secret).transpose();
    let password = password.context("password of the database")?;
    let access = Access {
        program: "tally",
        password: password.as_ref().map(|text| text.as_slice()),
        authority: files.postgres_ca.as_deref(),
    };
    Ok(Target::parse(url, &access)?)
}

/// Reads a small secret file, which must be its owner's alone, into memory that is wiped.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    secrets::read(path, SECRET_BYTES_MAX)
}
