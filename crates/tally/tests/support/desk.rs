//! Where officers sign: an event with votes, and statements of its results.

use std::fs;

use minisign::{KeyPair, SecretKeyBox};
use specimen::write_secret;

use super::program::{Names, tally};
use super::{Fixture, OVER_MS};

/// An event whose package an officer signed, 30 votes on each ballot, 2 more tied in the end.
pub(crate) struct Desk {
    pub(crate) fixture: Fixture,
    pub(crate) names: Names,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk::of(Fixture::new(60))
    }

    pub(crate) fn of(fixture: Fixture) -> Desk {
        sign_package(&fixture);
        let mut ballots = fixture.ballot_box("data");
        ballots.fill(0, 30);
        ballots.set_time(OVER_MS);
        ballots.close();
        let names = Names::new(&fixture, "data");
        Desk { fixture, names }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        let path = self.fixture.path(name);
        path.to_str().expect("UTF-8").to_owned()
    }

    pub(crate) fn statement(&self, out: &str, more: &[&str]) -> std::process::Output {
        let (key, out) = (self.path("officer.key"), self.path(out));
        let password = self.path("password");
        let signing = ["--sign", &key, "--out", &out];
        let mut args = self.names.args("statement", &signing);
        args.extend(["--password-file", &password]);
        args.extend(more);
        tally(&args)
    }

    /// The officer's key, to sign what `tally statement` would not.
    pub(crate) fn sign(&self, text: &str) -> String {
        let boxed = SecretKeyBox::from_string(&self.read("officer.key")).expect("a key");
        let secret = boxed.into_secret_key(Some("a test password".to_owned()));
        let secret = secret.expect("its password");
        let signature = minisign::sign(None, &secret, text.as_bytes(), None, None);
        signature.expect("signed").into_string()
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.fixture.path(file)).expect("a file of the statement")
    }
}

/// An encrypted key pair, and its signature over the package's manifest.
pub(crate) fn sign_package(fixture: &Fixture) {
    let password = || Some("a test password".to_owned());
    let pair = KeyPair::generate_encrypted_keypair(password()).expect("a key pair");
    let write = |name: &str, text: String| fs::write(fixture.path(name), text).expect("written");
    let boxed = || pair.sk.to_box(None).expect("boxed");
    write("officer.pub", pair.pk.to_box().expect("boxed").to_string());
    write_secret(&fixture.path("officer.key"), boxed().to_string());
    write_secret(&fixture.path("password"), "a test password\n");
    // What the pair holds is still encrypted.
    let secret = boxed().into_secret_key(password()).expect("its password");
    let manifest = fs::read(fixture.path("package/manifest.json")).expect("a manifest");
    let comment = shards::UNTRUSTED_COMMENT.strip_prefix("untrusted comment: ");
    let signature = minisign::sign(Some(&pair.pk), &secret, &manifest[..], None, comment);
    write(
        "package/manifest.json.minisig",
        signature.expect("signed").into_string(),
    );
}
