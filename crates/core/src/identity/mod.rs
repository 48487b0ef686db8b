//! Who a member is: identity key, signed card, signed prekeys, safety number.
