//! Sender keys: one chain encrypts a member's messages for everyone in one roster.
