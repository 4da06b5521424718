//! The canonical files: JSON in one byte form, so that one content has one sum.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits::CANONICAL_BYTES_MAX;

/// The one byte form of a value: fixed order, no white space.
pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts and integers are written to memory")
}

/// Reads what [`encode`] wrote, and nothing else. What it means is not checked yet.
pub(crate) fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let got = bytes.len();
    if got > CANONICAL_BYTES_MAX {
        return Err(format!(
            "{got} bytes, at most {CANONICAL_BYTES_MAX} are read"
        ));
    }
    let value: T = serde_json::from_slice(bytes)
        .map_err(|error| format!("not a file of this version: {error}"))?;
    if encode(&value) != bytes {
        return Err("not in canonical form, leave the file as shardpack wrote it".to_owned());
    }
    Ok(value)
}
