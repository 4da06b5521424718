//! Where a running tally keeps the signed statements that certify its results.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::body::Body;

/// Statements and their signatures, by the names of their files: `<SHA-256>.json` and
/// `<SHA-256>.json.minisig`.
#[derive(Default)]
pub(crate) struct StatementShelf {
    files: RwLock<BTreeMap<String, Arc<Body>>>,
}

impl StatementShelf {
    /// Keeps a statement that certifies a ballot. The operator names how many there can be.
    pub(crate) fn keep(&self, sha256: &str, statement: &[u8], signature: &[u8]) {
        let name = format!("{sha256}.json");
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        if files.contains_key(&name) {
            return;
        }
        let signature_name = format!("{name}.minisig");
        files.insert(signature_name, Arc::new(Body::new(signature.to_vec())));
        files.insert(name, Arc::new(Body::new(statement.to_vec())));
    }

    /// The file of that name; none where nobody certified so.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Body>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(name).map(Arc::clone)
    }
}
