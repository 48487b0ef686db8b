//! Reading what has no type of its own here.

use wasm_bindgen::JsValue;

/// A property, `undefined` where there is none.
pub(super) fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}
