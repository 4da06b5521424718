//! The fields of a vote as they stand in the request: strict JSON, every key known, none twice.
//!
//! Values are borrowed from the body, so that NAS and code are not copied while they are read. That
//! is why a backslash anywhere is refused: an escaped string would have to be rewritten elsewhere in
//! memory, and no value of a vote needs an escape.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::rule::{InvalidField, Rule};

/// Faults named in one answer; beyond that the client has enough to mend.
const FAULTS_MAX: usize = 16;
/// Ranks read from one ballot; definitions allow at most 100.
const RANKS_MAX: usize = 128;

/// A field that a vote may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Nas,
    Code,
    LawId,
    Vote,
    ElectionId,
    RegionId,
    CandidateId,
    VotingMethod,
    RankedChoices,
}

impl Field {
    const COUNT: usize = 9;

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Field::Nas => "nas",
            Field::Code => "code",
            Field::LawId => "law_id",
            Field::Vote => "vote",
            Field::ElectionId => "election_id",
            Field::RegionId => "region_id",
            Field::CandidateId => "candidate_id",
            Field::VotingMethod => "voting_method",
            Field::RankedChoices => "ranked_choices",
        }
    }
}

/// Fields of `POST /api/v1/vote`.
pub(crate) const LAW_FIELDS: &[Field] = &[Field::Nas, Field::Code, Field::LawId, Field::Vote];

/// Fields of `POST /api/v1/elections/vote`.
pub(crate) const ELECTION_FIELDS: &[Field] = &[
    Field::Nas,
    Field::Code,
    Field::ElectionId,
    Field::RegionId,
    Field::CandidateId,
    Field::VotingMethod,
    Field::RankedChoices,
];

/// What stands in a field. `null` counts as absent.
#[derive(Default)]
pub(crate) enum Value<'a> {
    #[default]
    Absent,
    Text(&'a str),
    Integer(u64),
    Integers(Vec<u32>),
    /// More elements than any ballot has ranks.
    TooMany,
    Other,
}

/// Why a body is not one JSON object. Carries no byte of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    NotUtf8,
    /// A backslash stands somewhere in it.
    Escape,
    /// Not JSON, or not an object. Both count from 1; a body without a line has column 0.
    Syntax {
        line: usize,
        column: usize,
    },
}

/// The fields of one request, and what is wrong with them so far.
#[derive(Default)]
pub(crate) struct Form<'a> {
    values: [Value<'a>; Field::COUNT],
    /// Holds at most [`FAULTS_MAX`] faults.
    pub(crate) faults: Vec<InvalidField>,
}

impl<'a> Form<'a> {
    /// Reads a body in which only `allowed` may stand.
    pub(crate) fn read(body: &'a [u8], allowed: &'static [Field]) -> Result<Form<'a>, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed::NotUtf8)?;
        if text.contains('\\') {
            return Err(Malformed::Escape);
        }
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_map(FormVisitor { allowed })
            .and_then(|form| json.end().map(|()| form))
            .map_err(|e| Malformed::Syntax {
                line: e.line(),
                column: e.column(),
            })
    }

    /// The value of a field, which is absent from then on.
    pub(crate) fn take(&mut self, name: Field) -> Value<'a> {
        std::mem::take(&mut self.values[name as usize])
    }

    /// Notes a fault, up to as many as one answer names.
    pub(crate) fn note(&mut self, field: impl Into<Cow<'static, str>>, rule: Rule) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(InvalidField {
                field: field.into(),
                rule,
            });
        }
    }

    fn put(&mut self, name: Field, value: Value<'a>) {
        let slot = &mut self.values[name as usize];
        if matches!(slot, Value::Absent) {
            *slot = value;
        } else {
            self.note(name.as_str(), Rule::Repeated);
        }
    }
}

struct FormVisitor {
    allowed: &'static [Field],
}

impl<'de> Visitor<'de> for FormVisitor {
    type Value = Form<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form<'de>, A::Error> {
        let mut form = Form::default();
        while let Some(key) = map.next_key::<&'de str>()? {
            match self.allowed.iter().find(|name| name.as_str() == key) {
                Some(name) => form.put(*name, map.next_value_seed(ValueSeed)?),
                None => {
                    form.note(shortened(key), Rule::Unknown);
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(form)
    }
}

/// A key that strangers chose, cut to what a reader needs to recognise it.
fn shortened(key: &str) -> String {
    key.chars().take(40).collect()
}

struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Value<'de>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(text))
    }

    // Only strings with escapes come owned, and those were refused before.
    fn visit_str<E>(self, _: &str) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    // JSON Schema counts 1.0 as an integer; 2^53 bounds what a double tells exactly.
    fn visit_f64<E>(self, number: f64) -> Result<Value<'de>, E> {
        let integral = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(if integral {
            Value::Integer(number as u64)
        } else {
            Value::Other
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let mut numbers = Vec::new();
        let mut verdict = None;
        while let Some(element) = list.next_element_seed(ElementSeed)? {
            match element {
                _ if numbers.len() >= RANKS_MAX => verdict = Some(Value::TooMany),
                Some(number) => numbers.push(number),
                None => verdict = Some(Value::Other),
            }
        }
        Ok(verdict.unwrap_or(Value::Integers(numbers)))
    }
}

/// An element of a list: an integer that fits 32 bits, or none.
struct ElementSeed;

impl<'de> DeserializeSeed<'de> for ElementSeed {
    type Value = Option<u32>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Option<u32>, D::Error> {
        Ok(match json.deserialize_any(ValueSeed)? {
            Value::Integer(number) => u32::try_from(number).ok(),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(body: &str) -> Result<Vec<String>, Malformed> {
        let form = Form::read(body.as_bytes(), ELECTION_FIELDS)?;
        Ok(form
            .faults
            .iter()
            .map(|fault| format!("{} {:?}", fault.field, fault.rule))
            .collect())
    }

    #[test]
    fn reads_known_fields_and_names_the_others() {
        assert_eq!(faults(r#"{"nas":"1","ranked_choices":[1,2]}"#), Ok(vec![]));
        assert_eq!(
            faults(r#" {"law_id":"x"} "#),
            Ok(vec!["law_id Unknown".to_owned()])
        );
        assert_eq!(
            faults(r#"{"nas":"1","nas":"1"}"#),
            Ok(vec!["nas Repeated".to_owned()])
        );
        assert_eq!(
            faults(r#"{"a":1,"b":[{"c":null}]}"#).map(|f| f.len()),
            Ok(2)
        );
    }

    #[test]
    fn refuses_what_is_not_one_object() {
        let syntax = |line, column| Err(Malformed::Syntax { line, column });
        assert_eq!(faults(""), syntax(1, 0));
        assert_eq!(faults("{\n\"nas\""), syntax(2, 5));
        assert_eq!(faults("{} {}"), syntax(1, 4));
        assert!(faults("[]").is_err());
        assert!(faults("{\"nas\":01}").is_err());
        assert!(faults("{\"nas\":\"a\u{0}b\"}").is_err());
        assert_eq!(faults(r#"{"n\u0061s":"1"}"#), Err(Malformed::Escape));
        let body = b"{\"nas\":\"\xff\"}";
        assert_eq!(Form::read(body, LAW_FIELDS).err(), Some(Malformed::NotUtf8));
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = format!("{{\"nas\":{}1{}}}", "[".repeat(500), "]".repeat(500));
        assert!(faults(&deep).is_err());
        let long = format!("{{\"ranked_choices\":[{}1]}}", "1,".repeat(1_000));
        let mut form = Form::read(long.as_bytes(), ELECTION_FIELDS).expect("valid JSON");
        assert!(matches!(form.take(Field::RankedChoices), Value::TooMany));
        let many: String = (0..200).map(|n| format!("\"k{n}\":1,")).collect();
        let faults = faults(&format!("{{{many}\"nas\":\"1\"}}")).expect("valid JSON");
        assert_eq!(faults.len(), FAULTS_MAX);
    }

    #[test]
    fn integers_as_json_schema_has_them() {
        for (text, expected) in [
            ("1", Some(1)),
            ("1.0", Some(1)),
            ("1.5", None),
            ("-1", None),
            ("1e400", None),
        ] {
            let body = format!("{{\"region_id\":{text}}}");
            let got = Form::read(body.as_bytes(), ELECTION_FIELDS)
                .ok()
                .and_then(|mut form| match form.take(Field::RegionId) {
                    Value::Integer(number) => Some(number),
                    _ => None,
                });
            assert_eq!(got, expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Form::read(&body, LAW_FIELDS);
        }
    }
}
