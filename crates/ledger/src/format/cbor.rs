//! Deterministic CBOR (RFC 8949, section 4.2.1), strictly: one value has one encoding, so a body
//! that could be written differently is refused. Lengths are bounded by the bytes that are there.

use minicbor::data::Type;

/// Why bytes are not the deterministic CBOR that was expected. Offsets count from the first byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: expected {expected}")]
pub struct CborError {
    /// Byte at which reading stopped, from 0.
    pub offset: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

/// Reads from bytes, borrowing strings.
pub(crate) struct Reader<'b> {
    inner: minicbor::Decoder<'b>,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Reader<'b> {
        Reader {
            inner: minicbor::Decoder::new(bytes),
        }
    }

    pub(crate) fn error(&self, expected: &'static str) -> CborError {
        CborError {
            offset: self.inner.position(),
            expected,
        }
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'b [u8] {
        self.inner
            .input()
            .get(self.inner.position()..)
            .expect("the decoder stands within its input")
    }

    pub(crate) fn end(&self) -> Result<(), CborError> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(self.error("the end"))
        }
    }

    pub(crate) fn kind(&self) -> Option<Type> {
        self.inner.datatype().ok()
    }

    pub(crate) fn u64(&mut self) -> Result<u64, CborError> {
        self.shortest("an unsigned integer in its shortest form", |d| d.u64())
    }

    pub(crate) fn u32(&mut self) -> Result<u32, CborError> {
        self.shortest("a 32-bit unsigned integer in its shortest form", |d| {
            d.u32().map(u64::from)
        })
        .map(|value| u32::try_from(value).expect("read as 32 bits"))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, CborError> {
        self.shortest("a 16-bit unsigned integer in its shortest form", |d| {
            d.u16().map(u64::from)
        })
        .map(|value| u16::try_from(value).expect("read as 16 bits"))
    }

    /// Number of items of an array; each takes a byte at least, so the number is bounded.
    pub(crate) fn array(&mut self) -> Result<usize, CborError> {
        const WHAT: &str = "an array of definite length that fits";
        let len = self.shortest(WHAT, |d| d.array().map(or_zero))?;
        self.fits(len, WHAT)
    }

    /// Number of pairs of a map.
    pub(crate) fn map(&mut self) -> Result<usize, CborError> {
        const WHAT: &str = "a map of definite length that fits";
        let len = self.shortest(WHAT, |d| d.map().map(or_zero))?;
        self.fits(len, WHAT)
    }

    pub(crate) fn exactly(&mut self, len: usize, what: &'static str) -> Result<(), CborError> {
        let offset = self.inner.position();
        if self.array()? == len {
            Ok(())
        } else {
            Err(CborError {
                offset,
                expected: what,
            })
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], CborError> {
        const WHAT: &str = "a byte string of definite length";
        let offset = self.inner.position();
        let error = CborError {
            offset,
            expected: WHAT,
        };
        let bytes = self.inner.bytes().map_err(|_| error.clone())?;
        let head = self.inner.position() - offset - bytes.len();
        if head == head_len(bytes.len() as u64) {
            Ok(bytes)
        } else {
            Err(error)
        }
    }

    /// The key `name`, as text.
    pub(crate) fn key(&mut self, name: &'static str) -> Result<(), CborError> {
        let error = CborError {
            offset: self.inner.position(),
            expected: name,
        };
        // Names are below 24 bytes: one byte of head, so a longer one is not deterministic.
        let head_ok = self.rest().first().is_some_and(|head| head & 0x1f < 24);
        match self.inner.str() {
            Ok(text) if text == name && head_ok => Ok(()),
            _ => Err(error),
        }
    }

    pub(crate) fn null(&mut self) -> Result<(), CborError> {
        let error = self.error("null");
        self.inner.null().map_err(|_| error)
    }

    fn fits(&self, len: u64, expected: &'static str) -> Result<usize, CborError> {
        match usize::try_from(len) {
            Ok(len) if len <= self.rest().len() => Ok(len),
            _ => Err(self.error(expected)),
        }
    }

    fn shortest(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&mut minicbor::Decoder<'b>) -> Result<u64, minicbor::decode::Error>,
    ) -> Result<u64, CborError> {
        let offset = self.inner.position();
        let error = CborError { offset, expected };
        let value = read(&mut self.inner).map_err(|_| error.clone())?;
        let first = self.inner.input().get(offset);
        let indefinite = first.expect("a value was read from here") & 0x1f == 31;
        if !indefinite && self.inner.position() - offset == head_len(value) {
            Ok(value)
        } else {
            Err(error)
        }
    }
}

/// An indefinite length as 0, whose head byte is another one, so that [`Reader::shortest`] refuses it.
fn or_zero(length: Option<u64>) -> u64 {
    length.unwrap_or(0)
}

/// Bytes of the shortest head that carries `value`.
pub(crate) fn head_len(value: u64) -> usize {
    match value {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

/// Writes to memory. Growing a vector cannot fail, so no call returns an error.
pub(crate) struct Writer {
    inner: minicbor::Encoder<Vec<u8>>,
}

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Writer {
        Writer {
            inner: minicbor::Encoder::new(Vec::with_capacity(bytes)),
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.inner.into_writer()
    }

    fn put(
        &mut self,
        write: impl FnOnce(
            &mut minicbor::Encoder<Vec<u8>>,
        ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>>,
    ) {
        write(&mut self.inner).expect("a vector takes every byte");
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.put(|e| e.u64(value)?.ok());
    }

    pub(crate) fn array(&mut self, len: usize) {
        self.put(|e| e.array(len as u64)?.ok());
    }

    pub(crate) fn map(&mut self, len: usize) {
        self.put(|e| e.map(len as u64)?.ok());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.put(|e| e.bytes(bytes)?.ok());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.put(|e| e.str(text)?.ok());
    }

    pub(crate) fn null(&mut self) {
        self.put(|e| e.null()?.ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shortest_form_is_read() {
        assert_eq!(Reader::new(&[0x17]).u64(), Ok(23));
        for long in [&[0x18, 23][..], &[0x19, 0, 255], &[0x1a, 0, 0, 255, 255]] {
            assert!(Reader::new(long).u64().is_err(), "{long:x?}");
        }
        assert!(Reader::new(&[0x58, 1, 7]).bytes().is_err());
        assert!(Reader::new(&[0x5f, 0x41, 7, 0xff]).bytes().is_err());
        assert!(Reader::new(&[0x9f, 0xff]).array().is_err());
        assert!(Reader::new(&[0xbf, 0xff]).map().is_err());
        assert!(
            Reader::new(&[0x78, 5, b'm', b'a', b'r', b'k', b's'])
                .key("marks")
                .is_err()
        );
    }

    #[test]
    fn a_length_is_bounded_by_what_is_there() {
        assert!(
            Reader::new(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255])
                .array()
                .is_err()
        );
        assert!(Reader::new(&[0x82, 0x00]).array().is_err());
    }
}
