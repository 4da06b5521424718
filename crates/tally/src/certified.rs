//! Signed statements that are shown to a running tally: read, verified, and compared with its own count.
//!
//! A statement certifies a ballot when an officer whom the operator trusts has signed it, when it is
//! of this package, and when its numbers are, byte for byte, those that this tally has counted.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use election::Ballot;
use minisign::{PublicKey, SignatureBox};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::certificate::Certificate;
use crate::documents::{BallotDocument, hex};
use crate::package_roll::PackageRoll;
use crate::results::{Results, Stage, Standing};

/// Longest statement read: 125 regions with rankings take some megabytes.
const STATEMENT_BYTES_MAX: u64 = 256 << 20;
const STATEMENT_FILE: &str = "statement.json";

/// A statement whose signature is sound.
pub(crate) struct SignedStatement {
    json: Value,
    pub(crate) sha256: String,
    signed_by: String,
    /// The statement as it was signed.
    pub(crate) bytes: Vec<u8>,
    /// The file of the signature, as it was read when the statement was.
    pub(crate) signature: Vec<u8>,
}

impl SignedStatement {
    /// Reads the statement in a directory that `tally statement` made; none where there is no such
    /// directory yet.
    ///
    /// # Errors
    /// No trusted officer signed it, or it is of another package.
    pub(crate) fn read(
        dir: &Path,
        officers: &[PathBuf],
        package: &PackageRoll,
    ) -> anyhow::Result<Option<SignedStatement>> {
        let path = dir.join(STATEMENT_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let context = || format!("statement {}", path.display());
        let length = fs::metadata(&path).with_context(context)?.len();
        ensure!(
            length <= STATEMENT_BYTES_MAX,
            "{} has {length} bytes: no statement is that long",
            path.display()
        );
        let bytes = fs::read(&path).with_context(context)?;
        let signature_file = dir.join(format!("{STATEMENT_FILE}.minisig"));
        let signature_context = || format!("signature {}", signature_file.display());
        let signature = fs::read(&signature_file).with_context(signature_context)?;
        let signed_by = signer(&bytes, &signature, officers).with_context(signature_context)?;
        let json: Value = serde_json::from_slice(&bytes).with_context(context)?;
        ensure!(
            json["interim"] == false,
            "{} is an interim statement, which certifies nothing",
            path.display()
        );
        let manifest = hex(&package.identity().manifest_sha256);
        ensure!(
            json["count"]["manifest_sha256"] == manifest,
            "{} is of another package: name the statement of this event",
            path.display()
        );
        Ok(Some(SignedStatement {
            json,
            sha256: hex(&Sha256::digest(&bytes)),
            signed_by,
            bytes,
            signature,
        }))
    }

    /// What certifies `results`, which are complete; none where the statement leaves the ballot out.
    ///
    /// # Errors
    /// The statement has other numbers: one of the two counts is wrong.
    pub(crate) fn certify(
        &self,
        package: &PackageRoll,
        ballot: &Ballot,
        results: &Results,
    ) -> anyhow::Result<Option<Certificate>> {
        let ballots = self.json["count"]["ballots"].as_array();
        let mut stated = ballots.into_iter().flatten();
        let Some(stated) = stated.find(|stated| stated["ballot_id"] == ballot.id) else {
            return Ok(None);
        };
        let uncertified = Results {
            standing: Standing {
                stage: Stage::Preliminary,
                ..results.standing.clone()
            },
            ..results.clone()
        };
        let document = BallotDocument::of(package.event(), ballot, &uncertified);
        ensure!(
            stated["result"] == serde_json::to_value(&document)?,
            "the signed statement {} has other numbers for ballot {} than this tally has counted: the ballot stays preliminary; recount both from the ledger",
            self.sha256,
            ballot.id
        );
        Ok(Some(Certificate {
            statement_sha256: self.sha256.clone(),
            signed_by: self.signed_by.clone(),
        }))
    }
}

/// Key id of the trusted officer who signed `bytes`.
fn signer(bytes: &[u8], signature: &[u8], officers: &[PathBuf]) -> anyhow::Result<String> {
    let text = std::str::from_utf8(signature)?;
    let signature = SignatureBox::from_string(text).map_err(|error| anyhow!("{error}"))?;
    for officer in officers {
        let key = PublicKey::from_file(officer)
            .map_err(|error| anyhow!("officer's key {}: {error}", officer.display()))?;
        if minisign::verify(&key, &signature, Cursor::new(bytes), true, false, false).is_ok() {
            return Ok(key_id(&key));
        }
    }
    Err(anyhow!(
        "no officer named with --trust signed it, or it was changed since"
    ))
}

/// As minisign shows it.
fn key_id(key: &PublicKey) -> String {
    let mut id = key.keynum().to_vec();
    id.reverse();
    hex(&id).to_uppercase()
}
