//! What can be written as CBOR and read back: numbers, texts, byte strings, lists, maps.

use minicbor::bytes::ByteVec;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use zeroize::Zeroizing;

use crate::sorted::{Map, Set};

/// Something with one canonical encoding. Structs and enums get theirs from the macros in [`super::record`].
pub trait Value: Sized {
    /// Writes it.
    fn put(&self, out: &mut Writer);

    /// Reads it. `None` where something else stands; what is merely not canonical may be let through, since
    /// [`super::decode`] compares with a new encoding.
    fn take(input: &mut Reader<'_>) -> Option<Self>;

    /// Whether it may be left out at the end of an array.
    fn is_nothing(&self) -> bool {
        false
    }

    /// What is there where it was left out.
    fn nothing() -> Option<Self> {
        None
    }
}

/// Something whose encoding is one byte string.
pub trait Blob: Sized {
    /// Writes it.
    fn put_blob(&self, out: &mut Writer);

    /// Reads it.
    fn take_blob(input: &mut Reader<'_>) -> Option<Self>;
}

/// Where encodings are written. One type, for counting and for keeping, so that each value's encoder exists once.
#[derive(Debug)]
pub struct Writer(Encoder<Sink>);

/// Bytes that are counted, and kept from the second round on.
#[derive(Default)]
struct Sink {
    kept: Option<Zeroizing<Vec<u8>>>,
    length: usize,
}

impl core::fmt::Debug for Sink {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Sink({} bytes)", self.length)
    }
}

impl minicbor::encode::Write for Sink {
    type Error = core::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.length += bytes.len();
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
        Ok(())
    }
}

// A sink never refuses bytes: the results of the encoder's methods say nothing.
impl Writer {
    /// What this writes. It is called twice: counted first, so that the bytes never move while they grow.
    pub(super) fn written(mut write: impl FnMut(&mut Self)) -> Zeroizing<Vec<u8>> {
        let mut counting = Self(Encoder::new(Sink::default()));
        write(&mut counting);
        let length = counting.0.writer().length;
        let mut keeping = Self(Encoder::new(Sink {
            kept: Some(Zeroizing::new(Vec::with_capacity(length))),
            length: 0,
        }));
        write(&mut keeping);
        keeping.0.into_writer().kept.unwrap_or_default()
    }

    /// Begins an array of this many elements.
    pub fn array(&mut self, length: u64) {
        let _ = self.0.array(length);
    }

    /// Begins a map of this many entries.
    pub fn map(&mut self, length: u64) {
        let _ = self.0.map(length);
    }

    /// A number.
    pub fn number(&mut self, number: u64) {
        let _ = self.0.u64(number);
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.bytes(bytes);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        let _ = self.0.str(text);
    }

    fn bool(&mut self, value: bool) {
        let _ = self.0.bool(value);
    }

    pub(super) fn null(&mut self) {
        let _ = self.0.null();
    }
}

/// Where encodings are read from.
#[derive(Debug)]
pub struct Reader<'a>(Decoder<'a>);

impl<'a> Reader<'a> {
    /// Reads from the start of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    /// How many bytes were read.
    #[must_use]
    pub fn position(&self) -> usize {
        self.0.position()
    }

    /// The length of the array that begins here.
    pub fn array(&mut self) -> Option<u64> {
        self.0.array().ok()?
    }

    /// The number of entries of the map that begins here.
    pub fn map(&mut self) -> Option<u64> {
        self.0.map().ok()?
    }

    /// A number.
    pub fn number(&mut self) -> Option<u64> {
        self.0.u64().ok()
    }

    /// A byte string.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        self.0.bytes().ok()
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a str> {
        self.0.str().ok()
    }

    fn bool(&mut self) -> Option<bool> {
        self.0.bool().ok()
    }

    /// What stands here.
    pub(super) fn kind(&self) -> Option<Type> {
        self.0.datatype().ok()
    }

    /// Whether nothing stands here; if so, goes past it.
    pub(super) fn null(&mut self) -> Option<bool> {
        let is_null = self.kind()? == Type::Null;
        if is_null {
            self.0.null().ok()?;
        }
        Some(is_null)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Value for $number {
            fn put(&self, out: &mut Writer) {
                out.number(u64::from(*self));
            }

            fn take(input: &mut Reader<'_>) -> Option<Self> {
                input.number()?.try_into().ok()
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64);

impl Value for bool {
    fn put(&self, out: &mut Writer) {
        out.bool(*self);
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        input.bool()
    }
}

impl Value for usize {
    fn put(&self, out: &mut Writer) {
        out.number(*self as u64);
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        input.number()?.try_into().ok()
    }
}

impl<T: Value> Value for Box<T> {
    fn put(&self, out: &mut Writer) {
        T::put(self, out);
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        T::take(input).map(Self::new)
    }
}

impl Value for String {
    fn put(&self, out: &mut Writer) {
        out.text(self);
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        input.text().map(str::to_owned)
    }
}

impl Value for ByteVec {
    fn put(&self, out: &mut Writer) {
        out.bytes(self);
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        input.bytes().map(|bytes| bytes.to_vec().into())
    }
}

impl<T: Value> Value for Option<T> {
    fn put(&self, out: &mut Writer) {
        match self {
            Some(value) => value.put(out),
            None => out.null(),
        }
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        if input.null()? {
            return Some(None);
        }
        T::take(input).map(Some)
    }

    fn is_nothing(&self) -> bool {
        self.is_none()
    }

    fn nothing() -> Option<Self> {
        Some(None)
    }
}

impl<T: Value> Value for Vec<T> {
    fn put(&self, out: &mut Writer) {
        out.array(self.len() as u64);
        for element in self {
            element.put(out);
        }
    }

    // Nothing is set aside for the length that a peer claims.
    fn take(input: &mut Reader<'_>) -> Option<Self> {
        let mut list = Self::new();
        for _ in 0..input.array()? {
            list.push(T::take(input)?);
        }
        Some(list)
    }
}

impl<const N: usize> Value for [u64; N] {
    fn put(&self, out: &mut Writer) {
        out.array(N as u64);
        for number in self {
            out.number(*number);
        }
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        if input.array()? != N as u64 {
            return None;
        }
        let mut list = [0; N];
        for number in &mut list {
            *number = input.number()?;
        }
        Some(list)
    }
}

impl<T: Value + Ord> Value for Set<T> {
    fn put(&self, out: &mut Writer) {
        out.array(self.len() as u64);
        for element in self {
            element.put(out);
        }
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        let mut set = Self::new();
        for _ in 0..input.array()? {
            set.insert(T::take(input)?);
        }
        Some(set)
    }
}

impl<K: Value + Ord, V: Value> Value for Map<K, V> {
    fn put(&self, out: &mut Writer) {
        out.map(self.len() as u64);
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        let mut map = Self::new();
        for _ in 0..input.map()? {
            let key = K::take(input)?;
            map.insert(key, V::take(input)?);
        }
        Some(map)
    }
}

impl Blob for Vec<u8> {
    fn put_blob(&self, out: &mut Writer) {
        out.bytes(self);
    }

    fn take_blob(input: &mut Reader<'_>) -> Option<Self> {
        input.bytes().map(<[u8]>::to_vec)
    }
}

impl Blob for Zeroizing<Vec<u8>> {
    fn put_blob(&self, out: &mut Writer) {
        out.bytes(self);
    }

    fn take_blob(input: &mut Reader<'_>) -> Option<Self> {
        Vec::take_blob(input).map(Self::new)
    }
}

impl<const N: usize> Blob for [u8; N] {
    fn put_blob(&self, out: &mut Writer) {
        out.bytes(self);
    }

    fn take_blob(input: &mut Reader<'_>) -> Option<Self> {
        input.bytes()?.try_into().ok()
    }
}
