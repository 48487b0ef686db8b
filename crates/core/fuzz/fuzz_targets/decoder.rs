//! One decoder of the core under libFuzzer; `DECODER` names it.
//!
//! One program for all of them is built and linked once; the functions are those that the tests of the corpora call.
#![no_main]

use discordopus_core::testkit::decoders;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static DECODER: LazyLock<&'static decoders::Decoder> = LazyLock::new(|| {
    let name = std::env::var("DECODER").expect("DECODER names a decoder");
    decoders::named(&name).expect("a decoder of this name")
});

fuzz_target!(|bytes: &[u8]| {
    (DECODER.read)(bytes);
});
