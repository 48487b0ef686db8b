//! A role's number on the wire, in hashes and in policies.

use crate::io::Role;

/// 1 the creator, 2 an admin, 3 a member: the smaller, the more one may do.
pub(super) const fn role_number(role: Role) -> u8 {
    match role {
        Role::Creator => 1,
        Role::Admin => 2,
        Role::Member => 3,
    }
}

/// The role of a number.
pub(super) const fn role_from_number(number: u8) -> Option<Role> {
    match number {
        1 => Some(Role::Creator),
        2 => Some(Role::Admin),
        3 => Some(Role::Member),
        _ => None,
    }
}
