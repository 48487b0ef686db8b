//! The Olm library's own records, which it hands out through serde, as CBOR.
//!
//! Only the device that wrote such a record ever reads it. What serde can say and the library never does (floating point
//! numbers, negative ones, lists of unknown length) is refused, and errors have no words: that is what makes this smaller
//! than a general format by two thirds.

use core::fmt;

use minicbor::data::Type;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::ser::{self, Impossible, Serialize};
use zeroize::Zeroizing;

use super::DecodeError;
use super::value::{Reader, Value, Writer};

/// The record of a value of the library, wiped when dropped.
pub(crate) fn encode<T: Serialize>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut written = Ok(());
    let bytes = Writer::written(|out| written = value.serialize(Ser(out)));
    debug_assert!(written.is_ok());
    bytes
}

/// Reads what [`encode`] made.
///
/// # Errors
/// [`DecodeError::Malformed`] where it can't be that.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::deserialize(De(&mut Reader::new(bytes))).map_err(|Malformed| DecodeError::Malformed)
}

/// Not such a record.
#[derive(Debug)]
struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed")
    }
}

impl std::error::Error for Malformed {}

impl ser::Error for Malformed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl de::Error for Malformed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

/// Writes one value.
struct Ser<'a>(&'a mut Writer);

/// Writes the parts of a list, a map or a struct, whose head is written.
struct Parts<'a>(&'a mut Writer);

macro_rules! numbers {
    ($($name:ident: $type:ty),*) => { $(
        fn $name(self, number: $type) -> Result<(), Malformed> {
            self.0.number(number.into());
            Ok(())
        }
    )* };
}

macro_rules! refused {
    ($($name:ident: $type:ty),*) => { $(
        fn $name(self, _: $type) -> Result<(), Malformed> {
            Err(Malformed)
        }
    )* };
}

impl<'a> ser::Serializer for Ser<'a> {
    type Ok = ();
    type Error = Malformed;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Impossible<(), Malformed>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Impossible<(), Malformed>;

    numbers!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);
    refused!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);
    refused!(serialize_f32: f32, serialize_f64: f64, serialize_char: char);

    fn serialize_bool(self, value: bool) -> Result<(), Malformed> {
        value.put(self.0);
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Malformed> {
        self.0.text(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Malformed> {
        self.0.bytes(bytes);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Malformed> {
        self.0.null();
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Malformed> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Malformed> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Malformed> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Malformed> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Malformed> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Malformed> {
        self.0.map(1);
        self.0.text(variant);
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Parts<'a>, Malformed> {
        self.0.array(length.ok_or(Malformed)? as u64);
        Ok(Parts(self.0))
    }

    fn serialize_tuple(self, length: usize) -> Result<Parts<'a>, Malformed> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<Parts<'a>, Malformed> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Malformed> {
        Err(Malformed)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Parts<'a>, Malformed> {
        self.0.map(length.ok_or(Malformed)? as u64);
        Ok(Parts(self.0))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Parts<'a>, Malformed> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Malformed> {
        Err(Malformed)
    }
}

macro_rules! lists {
    ($($kind:ident $element:ident),*) => { $(
        impl ser::$kind for Parts<'_> {
            type Ok = ();
            type Error = Malformed;

            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Malformed> {
                value.serialize(Ser(self.0))
            }

            fn end(self) -> Result<(), Malformed> {
                Ok(())
            }
        }
    )* };
}

lists!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field);

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Malformed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Malformed> {
        key.serialize(Ser(self.0))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Malformed> {
        value.serialize(Ser(self.0))
    }

    fn end(self) -> Result<(), Malformed> {
        Ok(())
    }
}

impl ser::SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = Malformed;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Malformed> {
        self.0.text(name);
        value.serialize(Ser(self.0))
    }

    fn end(self) -> Result<(), Malformed> {
        Ok(())
    }
}

/// Reads one value.
struct De<'a, 'b>(&'a mut Reader<'b>);

/// What stands next; of a list or a map, its head.
enum Token<'b> {
    Null,
    Bool(bool),
    Number(u64),
    Text(&'b str),
    Bytes(&'b [u8]),
    List(u64),
    Map(u64),
}

impl<'b> Reader<'b> {
    fn token(&mut self) -> Result<Token<'b>, Malformed> {
        let token = match self.kind() {
            Some(Type::Null) => self.null().map(|_| Token::Null),
            Some(Type::Bool) => bool::take(self).map(Token::Bool),
            Some(Type::U8 | Type::U16 | Type::U32 | Type::U64) => self.number().map(Token::Number),
            Some(Type::String) => self.text().map(Token::Text),
            Some(Type::Bytes) => self.bytes().map(Token::Bytes),
            Some(Type::Array) => self.array().map(Token::List),
            Some(Type::Map) => self.map().map(Token::Map),
            _ => None,
        };
        token.ok_or(Malformed)
    }
}

impl<'de> de::Deserializer<'de> for De<'_, '_> {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0.token()? {
            Token::Null => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Number(number) => visitor.visit_u64(number),
            Token::Text(text) => visitor.visit_str(text),
            Token::Bytes(bytes) => visitor.visit_bytes(bytes),
            Token::List(left) => visitor.visit_seq(Rest {
                input: self.0,
                left,
            }),
            Token::Map(left) => visitor.visit_map(Rest {
                input: self.0,
                left,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        if self.0.null().ok_or(Malformed)? {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        match self.0.token()? {
            Token::Text(variant) => visitor.visit_enum(variant.into_deserializer()),
            Token::Map(1) => visitor.visit_enum(self),
            _ => Err(Malformed),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for De<'_, '_> {
    type Error = Malformed;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Malformed> {
        let variant = seed.deserialize(De(self.0))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for De<'_, '_> {
    type Error = Malformed;

    fn unit_variant(self) -> Result<(), Malformed> {
        Err(Malformed)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Malformed> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Malformed> {
        Err(Malformed)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Malformed> {
        Err(Malformed)
    }
}

/// What is left of a list or a map.
struct Rest<'a, 'b> {
    input: &'a mut Reader<'b>,
    left: u64,
}

impl<'de> SeqAccess<'de> for Rest<'_, '_> {
    type Error = Malformed;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Malformed> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(De(self.input)).map(Some)
    }
}

impl<'de> MapAccess<'de> for Rest<'_, '_> {
    type Error = Malformed;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Malformed> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Malformed> {
        seed.deserialize(De(self.input))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Tagged {
        Plain {
            count: Option<u64>,
            keys: Vec<[u8; 3]>,
        },
        Other(Inner),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Inner {
        kind: Kind,
        map: std::collections::BTreeMap<u64, String>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        First,
        Number(u32),
    }

    fn samples() -> [Tagged; 4] {
        let inner = |kind| Inner {
            kind,
            map: [(3, "c".to_owned()), (400, String::new())].into(),
        };
        [
            Tagged::Plain {
                count: None,
                keys: vec![[1, 2, 255], [0; 3]],
            },
            Tagged::Plain {
                count: Some(u64::MAX),
                keys: Vec::new(),
            },
            Tagged::Other(inner(Kind::First)),
            Tagged::Other(inner(Kind::Number(7))),
        ]
    }

    #[test]
    fn what_was_written_is_read_again() {
        for sample in samples() {
            let bytes = encode(&sample);
            assert_eq!(decode::<Tagged>(&bytes).unwrap(), sample);
        }
    }

    #[test]
    fn no_damaged_record_is_read_or_panics() {
        for sample in samples() {
            let bytes = encode(&sample);
            for length in 0..bytes.len() {
                assert!(decode::<Tagged>(&bytes[..length]).is_err());
            }
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut damaged = bytes.clone();
                    damaged[at] ^= 1 << bit;
                    let _ = decode::<Tagged>(&damaged);
                }
            }
        }
    }

    #[test]
    fn an_account_and_its_sessions_survive() {
        use vodozemac::olm::{Account, AccountPickle, Session, SessionConfig, SessionPickle};
        let ada = Account::new();
        let mut ben = Account::new();
        ben.generate_one_time_keys(2);
        ben.generate_fallback_key();
        let key = *ben.one_time_keys().values().next().unwrap();
        let config = SessionConfig::version_1();
        let session = ada
            .create_outbound_session(config, ben.curve25519_key(), key)
            .unwrap();
        let again = |session: &Session| {
            let pickle: SessionPickle = decode(&encode(&session.pickle())).unwrap();
            Session::from_pickle(pickle)
        };
        let account: AccountPickle = decode(&encode(&ben.pickle())).unwrap();
        let mut ben = Account::from_pickle(account);
        let mut adas = again(&session);
        let vodozemac::olm::OlmMessage::PreKey(first) = adas.encrypt("one").unwrap() else {
            panic!("a session begins with its keys");
        };
        let opened = ben
            .create_inbound_session(config, ada.curve25519_key(), &first)
            .unwrap();
        assert_eq!(opened.plaintext, b"one");
        let mut bens = again(&opened.session);
        for text in ["two", "three", "four"] {
            let message = bens.encrypt(text).unwrap();
            bens = again(&bens);
            assert_eq!(adas.decrypt(&message).unwrap(), text.as_bytes());
            adas = again(&adas);
            let back = adas.encrypt(text).unwrap();
            assert_eq!(bens.decrypt(&back).unwrap(), text.as_bytes());
        }
    }
}
