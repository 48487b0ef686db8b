//! The first packet of a connection, read before the codec sees it.
//!
//! Two reasons: nothing but CONNECT may come first, and the codec (mqtt-protocol-core 0.7.9, server role) panics on a
//! CONNECT that states a Topic Alias Maximum of 0, which any client may send. The relay sends no topic aliases, so that
//! property is taken out.

use mqtt_protocol_core::mqtt::{
    common::Cursor,
    connection::{PacketBuildResult, PacketBuilder, RawPacket},
    packet::{FixedHeader, PacketType, Properties, Property, VariableByteInteger, v5_0::Connect},
    result_code::MqttError,
};

/// Gathers the bytes of the first packet.
pub(super) struct Greeting {
    builder: PacketBuilder,
}

impl Greeting {
    pub(super) fn new(max_packet_bytes: u32) -> Self {
        Self {
            builder: PacketBuilder::with_maximum_packet_size(max_packet_bytes),
        }
    }

    /// Takes what has arrived; `Some` holds a whole CONNECT that is safe for the codec.
    pub(super) fn feed(&mut self, input: &mut Cursor<&[u8]>) -> Result<Option<Vec<u8>>, MqttError> {
        match self.builder.feed(input) {
            PacketBuildResult::Incomplete => Ok(None),
            PacketBuildResult::Error(error) => Err(error),
            PacketBuildResult::Complete(packet) => {
                if packet.packet_type() == PacketType::Connect as u8 {
                    safe_connect(&packet).map(Some)
                } else {
                    Err(MqttError::ProtocolError)
                }
            }
        }
    }
}

/// A CONNECT without a Topic Alias Maximum; a damaged one is left to the codec, which knows the right answer to it.
fn safe_connect(packet: &RawPacket) -> Result<Vec<u8>, MqttError> {
    match packet.parse_exact(Connect::parse) {
        Ok(connect) if connect.props().iter().any(is_alias_maximum) => {
            without_alias_maximum(&connect)
        }
        _ => {
            let mut bytes = vec![FixedHeader::Connect as u8 | packet.flags()];
            let length = VariableByteInteger::from_u32(packet.remaining_length())
                .ok_or(MqttError::MalformedPacket)?;
            bytes.extend_from_slice(length.as_bytes());
            bytes.extend_from_slice(packet.data_as_slice());
            Ok(bytes)
        }
    }
}

fn is_alias_maximum(property: &Property) -> bool {
    matches!(property, Property::TopicAliasMaximum(_))
}

/// The same CONNECT as far as this relay uses it: names and passwords mean nothing here and are dropped as well.
fn without_alias_maximum(connect: &Connect) -> Result<Vec<u8>, MqttError> {
    let properties: Properties = connect
        .props()
        .iter()
        .filter(|property| !is_alias_maximum(property))
        .cloned()
        .collect();
    let mut builder = Connect::builder()
        .client_id(connect.client_id())?
        .clean_start(connect.clean_start())
        .keep_alive(connect.keep_alive())
        .props(properties);
    if let (Some(topic), Some(payload)) = (connect.will_topic(), connect.will_payload()) {
        builder = builder
            .will_message(
                topic,
                payload.to_vec(),
                connect.will_qos(),
                connect.will_retain(),
            )?
            .will_props(connect.will_props().clone());
    }
    Ok(builder.build()?.to_continuous_buffer())
}

#[cfg(test)]
mod tests {
    use mqtt_protocol_core::mqtt::packet::{
        Qos, SessionExpiryInterval, TopicAliasMaximum, WillDelayInterval,
    };

    use super::*;

    fn connect(properties: Properties) -> Connect {
        Connect::builder()
            .client_id("some-client")
            .expect("id")
            .clean_start(false)
            .keep_alive(17)
            .props(properties)
            .will_message(
                "r/AAAAAAAAAAAAAAAAAAAAAA",
                vec![0, 255],
                Qos::AtLeastOnce,
                false,
            )
            .expect("will")
            .will_props(vec![WillDelayInterval::new(9).expect("property").into()])
            .build()
            .expect("packet")
    }

    fn through(bytes: &[u8]) -> Result<Option<Vec<u8>>, MqttError> {
        Greeting::new(65_536).feed(&mut Cursor::new(bytes))
    }

    #[test]
    fn a_connect_passes_unchanged_but_for_its_alias_maximum() {
        let expiry: Property = SessionExpiryInterval::new(60).expect("property").into();
        let plain = connect(vec![expiry.clone()]).to_continuous_buffer();
        assert_eq!(through(&plain).expect("connect").as_ref(), Some(&plain));
        for maximum in [0, 1, u16::MAX] {
            let maximum = TopicAliasMaximum::new(maximum).expect("property").into();
            let with_maximum = connect(vec![maximum, expiry.clone()]).to_continuous_buffer();
            assert_eq!(
                through(&with_maximum).expect("connect").as_ref(),
                Some(&plain)
            );
        }
    }

    #[test]
    fn a_connect_may_arrive_byte_by_byte() {
        let bytes = connect(Vec::new()).to_continuous_buffer();
        let mut greeting = Greeting::new(65_536);
        let (last, first) = bytes.split_last().expect("bytes");
        for byte in first {
            let fed = greeting.feed(&mut Cursor::new(std::slice::from_ref(byte)));
            assert_eq!(fed, Ok(None));
        }
        let fed = greeting.feed(&mut Cursor::new(std::slice::from_ref(last)));
        assert_eq!(fed, Ok(Some(bytes)));
    }

    #[test]
    fn a_damaged_connect_is_left_to_the_codec_and_another_packet_refused() {
        let damaged = [0x10, 0x03, 0x00, 0x04, 0x4d];
        assert_eq!(through(&damaged), Ok(Some(damaged.to_vec())));
        assert_eq!(through(&[0xc0, 0x00]), Err(MqttError::ProtocolError));
        assert!(through(&[0x10, 0xff, 0xff, 0xff, 0x7f]).is_err());
    }
}
