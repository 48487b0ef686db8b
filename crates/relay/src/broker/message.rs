//! One published message while it waits: the publisher's packet without what belongs to one hop only.

use std::{mem, time::Duration};

use mqtt_protocol_core::mqtt::{
    Arc,
    packet::{MessageExpiryInterval, Properties, Property, Qos, v5_0::Publish},
    result_code::MqttError,
};

use crate::{clock::Timestamp, mailbox::Mailbox};

/// Packet id of the stored form; the real one is given at delivery.
const STORED_PACKET_ID: u16 = 1;

/// A message on its way to mailboxes.
pub(crate) struct Message {
    mailbox: Mailbox,
    /// Topic, payload and the properties that travel to the subscriber.
    publish: Publish,
    expires_at: Timestamp,
    bytes: usize,
}

/// Why a stored message could not be read back.
#[derive(Debug, thiserror::Error)]
#[error("not a stored message")]
pub(crate) struct StoredMessageError;

impl Message {
    /// Takes over what a publisher sent: topic checked before, alias, packet id and flags left behind.
    pub(crate) fn from_publish(
        mailbox: Mailbox,
        publish: &Publish,
        now: Timestamp,
        max_expiry: Duration,
    ) -> Result<Self, MqttError> {
        Self::new(
            mailbox,
            publish.topic_name(),
            publish.props(),
            publish.payload().clone(),
            now,
            max_expiry,
        )
    }

    /// A Will as the CONNECT carried it.
    pub(crate) fn from_will(
        mailbox: Mailbox,
        topic: &str,
        properties: &Properties,
        payload: &[u8],
        now: Timestamp,
        max_expiry: Duration,
    ) -> Result<Self, MqttError> {
        use mqtt_protocol_core::mqtt::IntoPayload as _;
        Self::new(
            mailbox,
            topic,
            properties,
            payload.into_payload(),
            now,
            max_expiry,
        )
    }

    fn new(
        mailbox: Mailbox,
        topic: &str,
        properties: &Properties,
        payload: mqtt_protocol_core::mqtt::ArcPayload,
        now: Timestamp,
        max_expiry: Duration,
    ) -> Result<Self, MqttError> {
        let kept: Properties = properties
            .iter()
            .filter(|property| travels(property))
            .cloned()
            .collect();
        let asked = expiry_of(&kept).map_or(max_expiry, |seconds| {
            Duration::from_secs(u64::from(seconds))
        });
        let publish = Publish::builder()
            .topic_name(topic)?
            .qos(Qos::AtLeastOnce)
            .packet_id(STORED_PACKET_ID)
            .props(kept)
            .payload(Shared(payload))
            .build()?;
        Ok(Self::with_expiry(
            mailbox,
            publish,
            now.after(asked.min(max_expiry)),
        ))
    }

    fn with_expiry(mailbox: Mailbox, publish: Publish, expires_at: Timestamp) -> Self {
        let bytes = publish.size() + mem::size_of::<Self>();
        Self {
            mailbox,
            publish,
            expires_at,
            bytes,
        }
    }

    /// The mailbox it was published to.
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// What it costs to hold: packet and bookkeeping.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// When it may no longer be delivered.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Whether its time has passed.
    pub(crate) fn expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Starts the life of a delayed Will when it is published, not when it was announced.
    pub(crate) fn published_at(&self, now: Timestamp, max_expiry: Duration) -> Self {
        let asked = expiry_of(self.publish.props()).map_or(max_expiry, |seconds| {
            Duration::from_secs(u64::from(seconds))
        });
        Self {
            mailbox: self.mailbox,
            publish: self.publish.clone(),
            expires_at: now.after(asked.min(max_expiry)),
            bytes: self.bytes,
        }
    }

    /// The packet for one subscriber; `packet_id` is `None` for QoS 0. The expiry it states is what remains of it.
    pub(crate) fn delivery(
        &self,
        packet_id: Option<u16>,
        dup: bool,
        now: Timestamp,
    ) -> Result<Publish, MqttError> {
        let mut properties: Properties = Properties::with_capacity(self.publish.props().len());
        for property in self.publish.props() {
            properties.push(match property {
                Property::MessageExpiryInterval(_) => {
                    MessageExpiryInterval::new(self.expires_at.seconds_left(now))?.into()
                }
                other => other.clone(),
            });
        }
        let builder = Publish::builder()
            .topic_name(self.publish.topic_name())?
            .props(properties)
            .payload(Shared(self.publish.payload().clone()));
        match packet_id {
            Some(id) => builder.qos(Qos::AtLeastOnce).packet_id(id).dup(dup).build(),
            None => builder.qos(Qos::AtMostOnce).build(),
        }
    }

    /// The bytes for the store: flags byte, then topic, id, properties and payload as MQTT encodes them.
    pub(crate) fn to_stored(&self) -> Vec<u8> {
        let packet = self.publish.to_continuous_buffer();
        let mut stored = Vec::with_capacity(packet.len());
        stored.push(packet.first().copied().unwrap_or_default() & 0x0f);
        stored.extend_from_slice(
            packet
                .get(fixed_header_length(&packet)..)
                .unwrap_or_default(),
        );
        stored
    }

    /// Reads [`Message::to_stored`] back.
    pub(crate) fn from_stored(
        stored: &[u8],
        expires_at: Timestamp,
    ) -> Result<Self, StoredMessageError> {
        let (&flags, body) = stored.split_first().ok_or(StoredMessageError)?;
        let (publish, _) =
            Publish::parse(flags, Arc::from(body)).map_err(|_| StoredMessageError)?;
        let mailbox = Mailbox::parse(publish.topic_name()).map_err(|_| StoredMessageError)?;
        Ok(Self::with_expiry(mailbox, publish, expires_at))
    }
}

/// Properties of a PUBLISH that MQTT 5 hands on to the subscriber.
fn travels(property: &Property) -> bool {
    matches!(
        property,
        Property::PayloadFormatIndicator(_)
            | Property::MessageExpiryInterval(_)
            | Property::ContentType(_)
            | Property::ResponseTopic(_)
            | Property::CorrelationData(_)
            | Property::UserProperty(_)
    )
}

fn expiry_of(properties: &Properties) -> Option<u32> {
    properties.iter().find_map(|property| match property {
        Property::MessageExpiryInterval(interval) => Some(interval.val()),
        _ => None,
    })
}

/// One byte of type and flags, then a length of one to four bytes whose last has the top bit clear.
fn fixed_header_length(packet: &[u8]) -> usize {
    let length_bytes = packet
        .iter()
        .skip(1)
        .take_while(|byte| **byte & 0x80 != 0)
        .count()
        + 1;
    1 + length_bytes
}

/// Hands a payload to the packet builder without copying it.
struct Shared(mqtt_protocol_core::mqtt::ArcPayload);

impl mqtt_protocol_core::mqtt::IntoPayload for Shared {
    fn into_payload(self) -> mqtt_protocol_core::mqtt::ArcPayload {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqtt_protocol_core::mqtt::packet::{ContentType, TopicAlias, UserProperty};

    const TOPIC: &str = "r/AAAAAAAAAAAAAAAAAAAAAA";
    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

    fn publish(properties: Properties, payload: &[u8]) -> Publish {
        Publish::builder()
            .topic_name(TOPIC)
            .expect("topic")
            .qos(Qos::AtLeastOnce)
            .packet_id(77u16)
            .props(properties)
            .payload(payload)
            .build()
            .expect("publish")
    }

    fn message(properties: Properties, now: Timestamp) -> Message {
        let mailbox = Mailbox::parse(TOPIC).expect("mailbox");
        Message::from_publish(mailbox, &publish(properties, b"sealed"), now, WEEK).expect("message")
    }

    #[test]
    fn what_was_published_comes_back_from_the_store_unchanged() {
        let now = Timestamp(1_000_000);
        let properties: Properties = vec![
            MessageExpiryInterval::new(60).expect("property").into(),
            ContentType::new("x").expect("property").into(),
            UserProperty::new("k", "v").expect("property").into(),
        ];
        for payload in [&b""[..], b"sealed", &[0xff; 40_000]] {
            let mailbox = Mailbox::parse(TOPIC).expect("mailbox");
            let before =
                Message::from_publish(mailbox, &publish(properties.clone(), payload), now, WEEK)
                    .expect("message");
            let after =
                Message::from_stored(&before.to_stored(), before.expires_at()).expect("readable");
            assert_eq!(
                before.delivery(Some(9), true, now).expect("packet"),
                after.delivery(Some(9), true, now).expect("packet")
            );
            assert_eq!(before.bytes(), after.bytes());
        }
    }

    #[test]
    fn the_stated_expiry_shrinks_by_the_time_spent_waiting() {
        let now = Timestamp(5_000);
        let message = message(
            vec![MessageExpiryInterval::new(60).expect("property").into()],
            now,
        );
        let at_once = message.delivery(None, false, now).expect("packet");
        assert_eq!(expiry_of(at_once.props()), Some(60));
        let later = message
            .delivery(None, false, Timestamp(5_000 + 20_000))
            .expect("packet");
        assert_eq!(expiry_of(later.props()), Some(40));
        assert!(!message.expired(Timestamp(5_000 + 59_999)));
        assert!(message.expired(Timestamp(5_000 + 60_000)));
    }

    #[test]
    fn no_message_lives_longer_than_the_cap() {
        let now = Timestamp(0);
        let forever = message(Vec::new(), now);
        let longer = message(
            vec![
                MessageExpiryInterval::new(u32::MAX)
                    .expect("property")
                    .into(),
            ],
            now,
        );
        for message in [forever, longer] {
            assert_eq!(message.expires_at(), now.after(WEEK));
        }
    }

    #[test]
    fn a_topic_alias_stays_on_its_own_hop() {
        let message = message(
            vec![TopicAlias::new(3).expect("property").into()],
            Timestamp(0),
        );
        let packet = message
            .delivery(Some(1), false, Timestamp(0))
            .expect("packet");
        assert!(packet.props().is_empty());
        assert_eq!(packet.topic_name(), TOPIC);
    }

    #[test]
    fn damaged_stored_bytes_are_an_error_and_no_panic() {
        let stored = message(Vec::new(), Timestamp(0)).to_stored();
        for length in 0..stored.len().min(27) {
            assert!(
                Message::from_stored(&stored[..length], Timestamp(1)).is_err(),
                "{length}"
            );
        }
    }
}
