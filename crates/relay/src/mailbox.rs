//! The only topics this relay knows: `r/` followed by 22 base64url characters.

use mqtt_protocol_core::mqtt::result_code::SubackReasonCode;

/// Characters of a mailbox name: 128 random bits in base64url without padding.
pub(crate) const MAILBOX_NAME_LENGTH: usize = 22;

/// What every mailbox topic starts with.
const PREFIX: &[u8] = b"r/";

/// A mailbox name that has passed the check. Whoever knows it may write to it and read from it, so it is never logged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mailbox([u8; MAILBOX_NAME_LENGTH]);

/// Why a topic is not a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailboxError {
    /// `$share/...`
    Shared,
    /// Contains `+` or `#`.
    Wildcard,
    /// Anything else that is not `r/` and 22 base64url characters, among it everything starting with `$`.
    Shape,
}

impl MailboxError {
    /// The code a SUBSCRIBE is refused with.
    pub(crate) fn suback(self) -> SubackReasonCode {
        match self {
            Self::Shared => SubackReasonCode::SharedSubscriptionsNotSupported,
            Self::Wildcard => SubackReasonCode::WildcardSubscriptionsNotSupported,
            Self::Shape => SubackReasonCode::TopicFilterInvalid,
        }
    }
}

impl Mailbox {
    /// Checks a topic name or topic filter from a packet.
    pub(crate) fn parse(topic: &str) -> Result<Self, MailboxError> {
        if topic.starts_with("$share/") {
            return Err(MailboxError::Shared);
        }
        if topic.contains(['+', '#']) {
            return Err(MailboxError::Wildcard);
        }
        topic
            .as_bytes()
            .strip_prefix(PREFIX)
            .and_then(Self::from_name)
            .ok_or(MailboxError::Shape)
    }

    /// Checks a name without its `r/`, as the store keeps it.
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        let name: [u8; MAILBOX_NAME_LENGTH] = name.try_into().ok()?;
        name.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            .then_some(Self(name))
    }

    /// The name without `r/`.
    pub(crate) fn name(&self) -> &[u8; MAILBOX_NAME_LENGTH] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "AAAAAAAAAAAAAAAAAAAA-_";

    #[test]
    fn a_mailbox_is_r_slash_and_22_base64url_characters() {
        let mailbox = Mailbox::parse(&format!("r/{NAME}")).expect("well formed");
        assert_eq!(mailbox.name().as_slice(), NAME.as_bytes());
    }

    #[test]
    fn everything_else_is_refused_with_its_own_reason() {
        for topic in [
            "",
            "r/",
            "r",
            NAME,
            &format!("r/{NAME}A"),
            &format!("R/{NAME}"),
            &format!("/r/{NAME}"),
            "r/AAAAAAAAAAAAAAAAAAAAA/",
            "r/AAAAAAAAAAAAAAAAAAAA==",
            "r/ÄAAAAAAAAAAAAAAAAAAAA",
            "$SYS/broker/uptime",
        ] {
            assert_eq!(
                Mailbox::parse(topic).err(),
                Some(MailboxError::Shape),
                "{topic}"
            );
        }
        for topic in ["#", "+", "r/#", "r/+", "$SYS/#", "r/AAAAAAAAAAAAAAAAAAAAA+"] {
            assert_eq!(
                Mailbox::parse(topic).err(),
                Some(MailboxError::Wildcard),
                "{topic}"
            );
        }
        assert_eq!(
            Mailbox::parse(&format!("$share/g/r/{NAME}")).err(),
            Some(MailboxError::Shared)
        );
    }
}
