//! A face and a head as a live stream of the Virtual Motion Capture protocol: OSC messages over UDP.
//!
//! Protocol: Virtual Motion Capture Protocol 2.1, "Marionette" side. Blendshape names are those of
//! Perfect Sync, which are ARKit's with a capital letter.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _, UdpSocket};

use landmarks::Rotation;
use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType, encoder};

use crate::blendshapes::{FaceReading, NAMES, capitalised, is_carried};

/// Most bytes of a datagram, so that none has to be split on the way.
const MOST_BYTES: usize = 1400;
/// Bytes of an OSC bundle before its first message: name and time tag.
const BUNDLE_BYTES: usize = 16;
/// The time tag that means "now".
const NOW: OscTime = OscTime {
    seconds: 0,
    fractional: 1,
};

/// Sends frames to one receiver.
#[derive(Debug)]
pub struct VmcSender {
    socket: UdpSocket,
    receiver: SocketAddr,
}

impl VmcSender {
    /// Make ready to send to `address`, such as `127.0.0.1:39539`. Nothing is sent yet, and nobody has
    /// to listen.
    ///
    /// # Errors
    /// If the address is not known, or the system gives no socket.
    pub fn open(address: &str) -> io::Result<Self> {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "no such host");
        let receiver = address.to_socket_addrs()?.next().ok_or_else(unknown)?;
        let own = if receiver.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        Ok(Self {
            socket: UdpSocket::bind(own)?,
            receiver,
        })
    }

    /// Send one frame, shown at `time_s` seconds: the head's turn since the calm frame, then every
    /// coefficient that the points carry.
    ///
    /// # Errors
    /// If the system cannot send.
    pub fn send(&self, face: &FaceReading, time_s: f64) -> io::Result<()> {
        for datagram in datagrams(messages(face, time_s)) {
            self.socket.send_to(&datagram, self.receiver)?;
        }
        Ok(())
    }
}

fn message(address: &str, arguments: Vec<OscType>) -> OscMessage {
    OscMessage {
        addr: address.to_owned(),
        args: arguments,
    }
}

/// All messages of a frame, in the order in which they are to arrive.
fn messages(face: &FaceReading, time_s: f64) -> Vec<OscMessage> {
    let mut messages = vec![
        message("/VMC/Ext/OK", vec![OscType::Int(1)]),
        message("/VMC/Ext/T", vec![OscType::Float(time_s as f32)]),
        message("/VMC/Ext/Bone/Pos", head_bone(&face.head.turn)),
    ];
    for (name, value) in NAMES.iter().zip(face.coefficients) {
        if is_carried(name) {
            let arguments = vec![OscType::String(capitalised(name)), OscType::Float(value)];
            messages.push(message("/VMC/Ext/Blend/Val", arguments));
        }
    }
    messages.push(message("/VMC/Ext/Blend/Apply", Vec::new()));
    messages
}

/// The head bone's turn as Unity has it.
///
/// Unity's axes are x to the person's right, y up, z to the front, each the opposite of ours; turns
/// are the same in both. The place stays 0, as from other senders that know a face alone.
fn head_bone(turn: &Rotation) -> Vec<OscType> {
    let mut arguments = vec![OscType::String("Head".to_owned())];
    arguments.extend([
        OscType::Float(0.0),
        OscType::Float(0.0),
        OscType::Float(0.0),
    ]);
    arguments.extend(quaternion(turn).map(OscType::Float));
    arguments
}

/// A turn as a quaternion x, y, z, w.
fn quaternion(turn: &Rotation) -> [f32; 4] {
    let vector = turn.to_vector();
    let angle = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    let share = if angle < 1e-6 {
        0.5
    } else {
        (angle / 2.0).sin() / angle
    };
    let [x, y, z] = vector.map(|value| value * share);
    [x, y, z, (angle / 2.0).cos()]
}

/// Pack messages into as few datagrams as hold them, in order.
fn datagrams(messages: Vec<OscMessage>) -> Vec<Vec<u8>> {
    let mut bundles: Vec<(usize, Vec<OscPacket>)> = Vec::new();
    for message in messages {
        let packet = OscPacket::Message(message);
        let bytes = 4 + encoded(&packet).len();
        match bundles.last_mut() {
            Some((sum, packets)) if *sum + bytes <= MOST_BYTES => {
                *sum += bytes;
                packets.push(packet);
            }
            _ => bundles.push((BUNDLE_BYTES + bytes, vec![packet])),
        }
    }
    let bundle = |(_, content)| {
        encoded(&OscPacket::Bundle(OscBundle {
            timetag: NOW,
            content,
        }))
    };
    bundles.into_iter().map(bundle).collect()
}

fn encoded(packet: &OscPacket) -> Vec<u8> {
    encoder::encode(packet).expect("messages of words and numbers can always be encoded")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blendshapes::BlendshapeReader;
    use crate::built_in::gesture::Gesture;

    fn reading(gesture: Gesture) -> FaceReading {
        BlendshapeReader::new(&Gesture::default().landmarks()).read(&gesture.landmarks())
    }

    #[test]
    fn a_frame_fits_into_datagrams_that_no_network_splits() {
        let datagrams = datagrams(messages(&reading(Gesture::default()), 1.5));
        assert!(datagrams.len() > 1);
        assert!(datagrams.iter().all(|bytes| bytes.len() <= MOST_BYTES));
    }

    #[test]
    fn a_head_turned_to_the_persons_left_turns_left_in_unity() {
        let turned = Gesture {
            turn: [30.0, 0.0, 0.0],
            ..Gesture::default()
        };
        let [x, y, z, w] = quaternion(&reading(turned).head.turn);
        // In Unity a negative turn about y, the axis upwards, is one to the left: -30 degrees.
        assert!((y + 15.0_f32.to_radians().sin()).abs() < 0.02, "{y}");
        assert!(x.abs() < 0.02 && z.abs() < 0.02 && (w - 0.966).abs() < 0.01);
    }

    #[test]
    fn an_address_without_a_port_is_refused() {
        assert!(VmcSender::open("127.0.0.1").is_err());
        assert!(VmcSender::open("127.0.0.1:39539").is_ok());
    }
}
