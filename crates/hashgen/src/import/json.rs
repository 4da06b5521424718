//! Streams the digests out of a JSON list, or out of the one list of a JSON object.

use std::fmt;
use std::io::Read;

use anyhow::Result;
use credentials::Digest;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What is done with each digest.
type Take<'a> = &'a mut dyn FnMut(Digest) -> Result<()>;

/// Reads a list of digests, or an object with one; nothing is kept but the digest at hand.
pub(super) fn read(text: impl Read, take: &mut impl FnMut(Digest) -> Result<()>) -> Result<()> {
    let mut json = serde_json::Deserializer::from_reader(text);
    json.deserialize_any(Document(take))?;
    Ok(json.end()?)
}

/// A list, or an object with exactly one list.
struct Document<'a>(Take<'a>);

/// A value of the object: a list of digests, or something else.
struct Value<'a>(Take<'a>);

/// One digest in the list.
struct Item<'a> {
    take: Take<'a>,
    number: u64,
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of digests, or an object with one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        read_list(list, self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut lists = 0;
        while object.next_key::<IgnoredAny>()?.is_some() {
            lists += u32::from(object.next_value_seed(Value(&mut *self.0))?);
            if lists > 1 {
                return Err(A::Error::custom(
                    "the object has more than one list: leave the list of digests alone in it",
                ));
            }
        }
        if lists == 0 {
            return Err(A::Error::custom(
                "the object has no list: it must hold a list of digests",
            ));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<bool, D::Error> {
        value.deserialize_any(self)
    }
}

/// True where the value was a list; anything else is passed over.
impl<'de> Visitor<'de> for Value<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of digests, or anything to pass over")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<bool, A::Error> {
        read_list(list, self.0)?;
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<bool, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

fn read_list<'de, A: SeqAccess<'de>>(mut list: A, take: Take<'_>) -> Result<(), A::Error> {
    for number in 1.. {
        if list
            .next_element_seed(Item {
                take: &mut *take,
                number,
            })?
            .is_none()
        {
            break;
        }
    }
    Ok(())
}

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_str(self)
    }
}

impl Visitor<'_> for Item<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string of 32 or 64 hexadecimal digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let at = |error: String| E::custom(format!("digest number {}: {error}", self.number));
        let digest = Digest::parse_hex(text.as_bytes()).map_err(|error| at(error.to_string()))?;
        (self.take)(digest).map_err(|error| at(format!("{error:#}")))
    }
}
