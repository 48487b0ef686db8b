//! The small packets this relay sends. Their builders can fail only on a packet id of 0, which is refused on arrival.

use mqtt_protocol_core::mqtt::{
    packet::{
        Packet,
        v5_0::{Disconnect, Pingresp, Puback, Suback, Unsuback},
    },
    result_code::{
        DisconnectReasonCode, MqttError, PubackReasonCode, SubackReasonCode, UnsubackReasonCode,
    },
};

pub(super) fn puback(packet_id: u16, reason: PubackReasonCode) -> Result<Packet, MqttError> {
    let builder = Puback::builder().packet_id(packet_id);
    // Success without properties is the short form every client understands.
    let packet = match reason {
        PubackReasonCode::Success => builder.build(),
        reason => builder.reason_code(reason).build(),
    }?;
    Ok(packet.into())
}

pub(super) fn suback(packet_id: u16, reasons: Vec<SubackReasonCode>) -> Result<Packet, MqttError> {
    let packet = Suback::builder()
        .packet_id(packet_id)
        .reason_codes(reasons)
        .build()?;
    Ok(packet.into())
}

pub(super) fn unsuback(
    packet_id: u16,
    reasons: Vec<UnsubackReasonCode>,
) -> Result<Packet, MqttError> {
    let packet = Unsuback::builder()
        .packet_id(packet_id)
        .reason_codes(reasons)
        .build()?;
    Ok(packet.into())
}

pub(super) fn disconnect(reason: DisconnectReasonCode) -> Result<Packet, MqttError> {
    Ok(Disconnect::builder().reason_code(reason).build()?.into())
}

pub(super) fn pingresp() -> Result<Packet, MqttError> {
    Ok(Pingresp::builder().build()?.into())
}
