//! How structs and enums become CBOR arrays.
//!
//! [`record!`] and [`variants!`] name the fields in their order on the wire; that order is the format, so it may only grow
//! at its end. They do what minicbor's derive does, byte for byte, in a third of the code: a decoder that demands the
//! canonical encoding anyway needs no fields in any order and no words for every error.

use super::value::{Blob, Reader, Value};

/// The next field of an array of which `left` fields are left: fields that are nothing may be missing at the end.
#[doc(hidden)]
pub fn field<T: Value>(input: &mut Reader<'_>, left: &mut u64) -> Option<T> {
    match left.checked_sub(1) {
        Some(rest) => {
            *left = rest;
            T::take(input)
        }
        None => T::nothing(),
    }
}

/// [`field`] for one byte string, which is never missing.
#[doc(hidden)]
pub fn blob<T: Blob>(input: &mut Reader<'_>, left: &mut u64) -> Option<T> {
    *left = left.checked_sub(1)?;
    T::take_blob(input)
}

/// The fields of a value in order, for both macros.
#[doc(hidden)]
#[macro_export]
macro_rules! fields {
    (@put $out:ident { }) => { $out.array(0) };
    (@put $out:ident { $($value:expr $(, $as:ident)?);+ }) => {{
        let mut length = 0;
        let mut place = 0;
        $(
            place += 1;
            if !$crate::fields!(@is_nothing $value $(, $as)?) {
                length = place;
            }
        )+
        $out.array(length);
        let mut left = length;
        $(
            if left > 0 {
                left -= 1;
                $crate::fields!(@put_one $out $value $(, $as)?);
            }
        )+
        let _ = (place, left);
    }};
    (@is_nothing $value:expr) => { $crate::wire::Value::is_nothing($value) };
    (@is_nothing $value:expr, bytes) => { false };
    (@put_one $out:ident $value:expr) => { $crate::wire::Value::put($value, $out) };
    (@put_one $out:ident $value:expr, bytes) => { $crate::wire::Blob::put_blob($value, $out) };
    (@take $input:ident $left:ident) => { $crate::wire::record::field($input, &mut $left)? };
    (@take $input:ident $left:ident bytes) => { $crate::wire::record::blob($input, &mut $left)? };
}

/// A struct as an array of its fields, in this order; `: bytes` marks what is one byte string.
#[doc(hidden)]
#[macro_export]
macro_rules! record {
    ($name:ident { $($field:ident $(: $as:ident)?),* $(,)? }) => {
        impl $crate::wire::Value for $name {
            fn put(&self, out: &mut $crate::wire::Writer) {
                $crate::fields!(@put out { $(&self.$field $(, $as)?);* });
            }

            fn take(input: &mut $crate::wire::Reader<'_>) -> Option<Self> {
                let mut left = input.array()?;
                let value = Self {
                    $($field: $crate::fields!(@take input left $($as)?)),*
                };
                (left == 0).then_some(value)
            }
        }
    };
}

/// An enum as an array of a variant's number and the array of its fields, in this order.
#[doc(hidden)]
#[macro_export]
macro_rules! variants {
    ($name:ident { $(
        $number:literal => $variant:ident $({ $($field:ident $(: $as:ident)?),* $(,)? })? $(( $($element:ident $(: $element_as:ident)?),* ))?
    ),* $(,)? }) => {
        impl $crate::wire::Value for $name {
            fn put(&self, out: &mut $crate::wire::Writer) {
                out.array(2);
                match self {
                    $(Self::$variant $({ $($field),* })? $(( $($element),* ))? => {
                        out.number($number);
                        $crate::fields!(@put out {
                            $($($field $(, $as)?);*)? $($($element $(, $element_as)?);*)?
                        });
                    })*
                }
            }

            fn take(input: &mut $crate::wire::Reader<'_>) -> Option<Self> {
                if input.array()? != 2 {
                    return None;
                }
                let number = input.number()?;
                #[allow(unused_mut)]
                let mut left = input.array()?;
                let value = match number {
                    $($number => {
                        $($(let $field = $crate::fields!(@take input left $($as)?);)*)?
                        $($(let $element = $crate::fields!(@take input left $($element_as)?);)*)?
                        Self::$variant $({ $($field),* })? $(( $($element),* ))?
                    })*
                    _ => return None,
                };
                (left == 0).then_some(value)
            }
        }
    };
}

/// A struct of one value as that value; `bytes` where it is one byte string.
macro_rules! transparent {
    ($name:ident) => {
        impl $crate::wire::Value for $name {
            fn put(&self, out: &mut $crate::wire::Writer) {
                $crate::wire::Value::put(&self.0, out);
            }

            fn take(input: &mut $crate::wire::Reader<'_>) -> Option<Self> {
                $crate::wire::Value::take(input).map(Self)
            }
        }
    };
    ($name:ident: bytes) => {
        impl $crate::wire::Value for $name {
            fn put(&self, out: &mut $crate::wire::Writer) {
                $crate::wire::Blob::put_blob(&self.0, out);
            }

            fn take(input: &mut $crate::wire::Reader<'_>) -> Option<Self> {
                $crate::wire::Blob::take_blob(input).map(Self)
            }
        }
    };
}

pub(crate) use {record, transparent, variants};

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
            assert_eq!(bytes, minicbor::to_vec(&reference).unwrap());
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
