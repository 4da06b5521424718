//! Fields of fixed length, little-endian, as headers and side files hold them.

use crate::format::defect::Defect;
use crate::format::limits::ID_BYTES_MAX;

/// The id in its fixed field, which `Shape::check` made sure that it fits.
pub(crate) fn padded_id(id: &str) -> [u8; ID_BYTES_MAX] {
    let mut field = [0; ID_BYTES_MAX];
    let (start, _) = field
        .split_at_mut_checked(id.len())
        .expect("Shape::check bounds an id at 32 bytes");
    start.copy_from_slice(id.as_bytes());
    field
}

/// Reads an id from its fixed field: ASCII, then zeros.
fn parse_id(field: &[u8; ID_BYTES_MAX]) -> Option<String> {
    let len = field
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(ID_BYTES_MAX); // the longest id leaves no padding
    let (id, padding) = field.split_at_checked(len)?;
    let plain = id
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
    if id.is_empty() || id.first() == Some(&b'.') || !plain || padding.iter().any(|b| *b != 0) {
        return None;
    }
    String::from_utf8(id.to_vec()).ok()
}

/// Takes fixed fields from the front of bytes.
pub(crate) struct Fields<'b>(pub(crate) &'b [u8]);

impl Fields<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Defect> {
        let (field, rest) = self.0.split_first_chunk::<N>().ok_or(Defect::Truncated {
            expected: N as u64,
            got: self.0.len() as u64,
        })?;
        self.0 = rest;
        Ok(*field)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Defect> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Defect> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Defect> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn id(&mut self, field: &'static str) -> Result<String, Defect> {
        parse_id(&self.array()?).ok_or(Defect::HeaderField { field })
    }
}
