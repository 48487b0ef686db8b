//! How structs and enums become CBOR arrays.
//!
//! [`record!`] and [`variants!`] name the fields in their order on the wire; that order is the format, so it may only grow
//! at its end. They do what minicbor's derive does, byte for byte, in a third of the code: a decoder that demands the
//! canonical encoding anyway needs no fields in any order and no place kept for every error.

use minicbor::bytes::{DecodeBytes, EncodeBytes};
use minicbor::encode::Write;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// Bytes as a CBOR byte string, where the type alone would be an array of numbers.
pub(crate) struct Blob<T>(pub(crate) T);

impl<C, T: EncodeBytes<C>> Encode<C> for Blob<&T> {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        self.0.encode_bytes(e, ctx)
    }

    fn is_nil(&self) -> bool {
        self.0.is_nil()
    }
}

impl<'b, C, T: DecodeBytes<'b, C>> Decode<'b, C> for Blob<T> {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        T::decode_bytes(d, ctx).map(Self)
    }

    fn nil() -> Option<Self> {
        T::nil().map(Self)
    }
}

/// The length of the array that a decoder stands before.
pub(crate) fn open(d: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    d.array()?.ok_or_else(malformed)
}

/// The next field of an array of which `left` fields are left: fields that are nothing may be missing at the end.
pub(crate) fn field<'b, C, T: Decode<'b, C>>(
    d: &mut Decoder<'b>,
    ctx: &mut C,
    left: &mut u64,
) -> Result<T, decode::Error> {
    match left.checked_sub(1) {
        Some(rest) => {
            *left = rest;
            T::decode(d, ctx)
        }
        None => T::nil().ok_or_else(malformed),
    }
}

/// What every malformed value is called: nobody is told more.
pub(crate) fn malformed() -> decode::Error {
    decode::Error::message("malformed")
}

/// The fields of a value in order, for both macros.
macro_rules! fields {
    (@encode $e:ident $ctx:ident { }) => { $e.array(0)? };
    (@encode $e:ident $ctx:ident { $($value:expr),+ }) => {{
        let mut length = 0;
        let mut place = 0;
        $(
            place += 1;
            if !minicbor::Encode::<C>::is_nil(&$value) {
                length = place;
            }
        )+
        $e.array(length)?;
        let mut left = length;
        $(
            if left > 0 {
                left -= 1;
                minicbor::Encode::<C>::encode(&$value, $e, $ctx)?;
            }
        )+
        let _ = (place, left);
    }};
    (@value $value:expr) => { $value };
    (@value $value:expr, bytes) => { $crate::wire::record::Blob($value) };
    (@decode $d:ident $ctx:ident $left:ident) => { $crate::wire::record::field($d, $ctx, &mut $left)? };
    (@decode $d:ident $ctx:ident $left:ident bytes) => {{
        let $crate::wire::record::Blob(bytes) = $crate::wire::record::field($d, $ctx, &mut $left)?;
        bytes
    }};
}

/// A struct as an array of its fields, in this order; `: bytes` marks what is one byte string.
macro_rules! record {
    ($name:ident { $($field:ident $(: $as:ident)?),* $(,)? }) => {
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                ctx: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                $crate::wire::record::fields!(@encode e ctx {
                    $($crate::wire::record::fields!(@value &self.$field $(, $as)?)),*
                });
                Ok(())
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                ctx: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let mut left = $crate::wire::record::open(d)?;
                let value = Self {
                    $($field: $crate::wire::record::fields!(@decode d ctx left $($as)?)),*
                };
                if left > 0 {
                    return Err($crate::wire::record::malformed());
                }
                Ok(value)
            }
        }
    };
}

/// An enum as an array of a variant's number and the array of its fields, in this order.
macro_rules! variants {
    ($name:ident { $(
        $number:literal => $variant:ident $({ $($field:ident $(: $as:ident)?),* $(,)? })? $(( $($element:ident $(: $element_as:ident)?),* ))?
    ),* $(,)? }) => {
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                ctx: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.array(2)?;
                match self {
                    $(Self::$variant $({ $($field),* })? $(( $($element),* ))? => {
                        e.u32($number)?;
                        $crate::wire::record::fields!(@encode e ctx {
                            $($($crate::wire::record::fields!(@value $field $(, $as)?)),*)?
                            $($($crate::wire::record::fields!(@value $element $(, $element_as)?)),*)?
                        });
                    })*
                }
                let _ = ctx;
                Ok(())
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                ctx: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                if $crate::wire::record::open(d)? != 2 {
                    return Err($crate::wire::record::malformed());
                }
                let number = d.u32()?;
                #[allow(unused_mut)]
                let mut left = $crate::wire::record::open(d)?;
                let value = match number {
                    $($number => {
                        $($(let $field = $crate::wire::record::fields!(@decode d ctx left $($as)?);)*)?
                        $($(let $element = $crate::wire::record::fields!(@decode d ctx left $($element_as)?);)*)?
                        Self::$variant $({ $($field),* })? $(( $($element),* ))?
                    })*
                    _ => return Err($crate::wire::record::malformed()),
                };
                let _ = ctx;
                if left > 0 {
                    return Err($crate::wire::record::malformed());
                }
                Ok(value)
            }
        }
    };
}

pub(crate) use {fields, record, variants};

#[cfg(test)]
mod tests {
    use crate::test_attr::test;
    use crate::wire::{DecodeError, decode, encode};
    use minicbor::{Decode, Encode};

    /// The same types by minicbor's derive: the reference.
    mod derived {
        use super::{Decode, Encode};

        #[derive(Encode, Decode)]
        pub(super) struct Sample {
            #[n(0)]
            pub(super) number: u32,
            #[cbor(n(1), with = "minicbor::bytes")]
            pub(super) bytes: Vec<u8>,
            #[n(2)]
            pub(super) list: Vec<Choice>,
            #[n(3)]
            pub(super) middle: Option<u64>,
            #[n(4)]
            pub(super) text: Option<String>,
        }

        #[derive(Encode, Decode, Clone)]
        pub(super) enum Choice {
            #[n(0)]
            Nothing,
            #[n(1)]
            Number(#[n(0)] u64),
            #[n(5)]
            Both {
                #[cbor(n(0), with = "minicbor::bytes")]
                key: [u8; 4],
                #[n(1)]
                name: String,
            },
        }
    }

    #[derive(Debug, PartialEq, Clone)]
    struct Sample {
        number: u32,
        bytes: Vec<u8>,
        list: Vec<Choice>,
        middle: Option<u64>,
        text: Option<String>,
    }

    record!(Sample {
        number,
        bytes: bytes,
        list,
        middle,
        text,
    });

    #[derive(Debug, PartialEq, Clone)]
    enum Choice {
        Nothing,
        Number(u64),
        Both { key: [u8; 4], name: String },
    }

    variants!(Choice { 0 => Nothing, 1 => Number(number), 5 => Both { key: bytes, name } });

    #[test]
    fn records_are_encoded_as_minicbor_derives_it_and_come_back() {
        for (middle, text) in [
            (None, None),
            (Some(7), None),
            (None, Some("x".to_owned())),
            (Some(1), Some(String::new())),
        ] {
            let sample = Sample {
                number: 70_000,
                bytes: vec![1, 2, 3],
                list: vec![
                    Choice::Nothing,
                    Choice::Number(9),
                    Choice::Both {
                        key: [4; 4],
                        name: "name".to_owned(),
                    },
                ],
                middle,
                text: text.clone(),
            };
            let reference = derived::Sample {
                number: 70_000,
                bytes: vec![1, 2, 3],
                list: vec![
                    derived::Choice::Nothing,
                    derived::Choice::Number(9),
                    derived::Choice::Both {
                        key: [4; 4],
                        name: "name".to_owned(),
                    },
                ],
                middle,
                text,
            };
            let bytes = encode(&sample);
            assert_eq!(bytes, encode(&reference));
            assert_eq!(decode::<Sample>(&bytes, 256), Ok(sample));
        }
    }

    #[test]
    fn missing_fields_unknown_variants_and_surplus_are_refused() {
        let refused = |bytes: &[u8]| decode::<Choice>(bytes, 64);
        assert_eq!(refused(&[0x82, 0, 0x80]), Ok(Choice::Nothing));
        for wrong in [
            &[0x82, 0, 0x81, 1][..],
            &[0x82, 1, 0x80],
            &[0x82, 2, 0x80],
            &[0x81, 0],
            &[0x83, 0, 0x80, 0],
            &[0x9f, 0, 0x80, 0xff],
            &[0x82, 0, 0x9f, 0xff],
            &[],
        ] {
            assert_eq!(refused(wrong), Err(DecodeError::Malformed), "{wrong:x?}");
        }
    }
}
