//! The body of a posted form: `application/x-www-form-urlencoded` (WHATWG URL Standard, section 5).
//!
//! It may hold NAS and code, so names and values are wiped when the form is dropped, nothing here
//! has `Debug`, and errors carry positions only. The caller bounds and wipes the body itself.

use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

/// Fields of one form: a ranking has at most 100 ranks.
const FIELDS_MAX: usize = 160;

/// The fields of a posted form, in the order sent.
pub struct Form {
    fields: Vec<(Zeroizing<String>, Zeroizing<String>)>,
}

/// Why a body is not a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A `%` that two hexadecimal digits do not follow.
    #[error("field {field}: a percent sign without two hexadecimal digits, encode the form again")]
    Escape {
        /// Position of the field, from 1.
        field: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("field {field}: not UTF-8, send the form as UTF-8")]
    Utf8 {
        /// Position of the field, from 1.
        field: usize,
    },
    /// Two fields of one name: which of them is meant, nobody can tell.
    #[error("field {field}: a field before it has the same name, send each once")]
    Repeated {
        /// Position of the second one, from 1.
        field: usize,
    },
    /// More fields than any of our forms has.
    #[error("more than {max} fields, send a form of these pages")]
    TooManyFields {
        /// Most fields that are read.
        max: usize,
    },
}

impl Form {
    /// Decodes a body (or the query of a URL).
    ///
    /// # Errors
    /// A bad escape, bytes that are not UTF-8, a field that is there twice, or too many fields.
    pub fn parse(body: &[u8]) -> Result<Form, FormError> {
        let mut fields: Vec<(Zeroizing<String>, Zeroizing<String>)> = Vec::new();
        let pairs = body.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
        for (at, pair) in pairs.enumerate() {
            if at == FIELDS_MAX {
                return Err(FormError::TooManyFields { max: FIELDS_MAX });
            }
            let (name, value) = match pair.iter().position(|b| *b == b'=') {
                Some(equals) => (&pair[..equals], &pair[equals + 1..]),
                None => (pair, &[][..]),
            };
            let name = decode(name, at + 1)?;
            if fields.iter().any(|(earlier, _)| *earlier == name) {
                return Err(FormError::Repeated { field: at + 1 });
            }
            fields.push((name, decode(value, at + 1)?));
        }
        Ok(Form { fields })
    }

    /// The value of that name, which may be empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field.as_str() == name)
            .map(|(_, value)| value.as_str())
    }
}

fn decode(encoded: &[u8], field: usize) -> Result<Zeroizing<String>, FormError> {
    // Room for the whole at once: a vector that grows would leave unwiped copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(encoded.len()));
    let mut rest = encoded;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = rest
                    .split_first_chunk::<2>()
                    .ok_or(FormError::Escape { field })?;
                let mut byte = [0];
                HEXLOWER_PERMISSIVE
                    .decode_mut(digits, &mut byte)
                    .map_err(|_| FormError::Escape { field })?;
                bytes.push(byte[0]);
                rest = after;
            }
            other => bytes.push(*other),
        }
    }
    // Moved, not copied; on failure the bytes come back and are wiped.
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(FormError::Utf8 { field })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_there_once() {
        for body in ["a=1&a=1", "a=1&b=2&a=", "nas=1&n%61s=2"] {
            let read = Form::parse(body.as_bytes());
            assert!(matches!(read, Err(FormError::Repeated { .. })), "{body}");
        }
    }

    #[test]
    fn fields_are_decoded() {
        let form = Form::parse(b"nas=046+454+286&code=AB%2dC&%C3%A9=%c3%a9&empty=&bare&a=1")
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(form.get("nas"), Some("046 454 286"));
        assert_eq!(form.get("code"), Some("AB-C"));
        assert_eq!(form.get("é"), Some("é"));
        assert_eq!(form.get("empty"), Some(""));
        assert_eq!(form.get("bare"), Some(""));
        assert_eq!(form.get("a"), Some("1"));
        assert_eq!(form.get("b"), None);
    }

    #[test]
    fn hostile_bodies_are_refused() {
        let check = |body: &[u8], expected| assert_eq!(Form::parse(body).err(), Some(expected));
        check(b"a=%", FormError::Escape { field: 1 });
        check(b"a=1&b=%4", FormError::Escape { field: 2 });
        check(b"a=%+1", FormError::Escape { field: 1 });
        check(b"a=%ff", FormError::Utf8 { field: 1 });
        let many: String = (0..=FIELDS_MAX).map(|nth| format!("a{nth}&")).collect();
        check(
            many.as_bytes(),
            FormError::TooManyFields { max: FIELDS_MAX },
        );
        assert!(Form::parse(b"&&&").is_ok());
        assert!(Form::parse(b"").is_ok());
    }
}
