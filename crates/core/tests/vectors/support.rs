//! Comparing with the frozen files, and the few values that all of them start from.

use core::convert::Infallible;

use discordopus_core::ids::Timestamp;
use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

/// When everything in the vectors happens.
pub(crate) const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// Bytes as lower-case hexadecimal text.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The bytes of a hexadecimal text.
pub(crate) fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Demands that what was made is what is frozen; rewrites the file instead when `UPDATE_VECTORS` is set.
pub(crate) fn compare(file: &str, frozen: &str, made: &Value) {
    let frozen: Value = serde_json::from_str(frozen).unwrap();
    if frozen == *made {
        return;
    }
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        return write(file, made);
    }
    let mut differences = Vec::new();
    differ(&frozen, made, file, &mut differences);
    panic!(
        "bytes on the wire have changed:\n{}",
        differences.join("\n")
    );
}

/// Writes a file of vectors.
pub(crate) fn write(file: &str, made: &Value) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/");
    let text = serde_json::to_string_pretty(made).unwrap() + "\n";
    std::fs::write(format!("{folder}{file}"), text).unwrap();
}

fn differ(frozen: &Value, made: &Value, at: &str, out: &mut Vec<String>) {
    match (frozen, made) {
        (Value::Object(frozen), Value::Object(made)) => {
            let names: std::collections::BTreeSet<_> = frozen.keys().chain(made.keys()).collect();
            for name in names {
                let (frozen, made) = (frozen.get(name), made.get(name));
                differ(
                    frozen.unwrap_or(&Value::Null),
                    made.unwrap_or(&Value::Null),
                    &format!("{at}/{name}"),
                    out,
                );
            }
        }
        (Value::Array(frozen), Value::Array(made)) if frozen.len() == made.len() => {
            for (position, (frozen, made)) in frozen.iter().zip(made).enumerate() {
                differ(frozen, made, &format!("{at}/{position}"), out);
            }
        }
        _ if frozen == made => {}
        _ => out.push(format!("{at}:\n  frozen {frozen}\n  made   {made}")),
    }
}

/// A generator that gives out bytes it was given, and no more: so the vectors can name every random value.
pub(crate) struct FixedRng(pub(crate) Vec<u8>);

impl TryRng for FixedRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        assert!(self.0.len() >= bytes.len(), "no fixed bytes are left");
        let given: Vec<u8> = self.0.drain(..bytes.len()).collect();
        bytes.copy_from_slice(&given);
        Ok(())
    }
}

// Fixed bytes are no randomness; key generation asks for the marker.
impl TryCryptoRng for FixedRng {}
