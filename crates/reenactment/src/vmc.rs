//! A face and a head as a live stream of the Virtual Motion Capture protocol: OSC messages over UDP.
//!
//! Protocol: Virtual Motion Capture Protocol 2.1, "Marionette" side. Blendshape names are those of
//! Perfect Sync, which are ARKit's with a capital letter, and those of VRM's presets. Beside the protocol's own
//! messages one says where the motion comes from; receivers leave addresses that they do not know alone.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _, UdpSocket};

use landmarks::Rotation;
use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType, encoder};

use crate::blendshapes::{FaceReading, NAMES, capitalised, is_carried, presets};

/// Most bytes of a datagram, so that none has to be split on the way.
const MOST_BYTES: usize = 1400;
/// Bytes of an OSC bundle before its first message: name and time tag.
const BUNDLE_BYTES: usize = 16;
/// The time tag that means "now".
const NOW: OscTime = OscTime {
    seconds: 0,
    fractional: 1,
};

/// Address of the message that says where the motion comes from.
pub const MARK_ADDRESS: &str = "/Vivant/Mark";
/// Time from one mark to the next, seconds.
const MARK_EVERY_S: f64 = 1.0;

/// By which names a stream calls what the face does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VmcNames {
    /// Perfect Sync's 52, for rigs that have ARKit's shapes.
    Arkit,
    /// VRM's presets, for all other rigs.
    Vrm,
    /// Both: each rig takes what it knows.
    #[default]
    Both,
}

/// Sends frames to one receiver.
#[derive(Debug)]
pub struct VmcSender {
    socket: UdpSocket,
    receiver: SocketAddr,
    names: VmcNames,
    mark: String,
    /// When the last mark was sent, by the frames' times.
    marked_s: Option<f64>,
}

impl VmcSender {
    /// Make ready to send to `address`, such as `127.0.0.1:39539`. Nothing is sent yet, and nobody has
    /// to listen. `mark` says where the motion comes from; it is sent with the first frame and every second.
    ///
    /// # Errors
    /// If the address is not known, or the system gives no socket.
    pub fn open(address: &str, names: VmcNames, mark: String) -> io::Result<Self> {
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
            names,
            mark,
            marked_s: None,
        })
    }

    /// Send one frame, shown at `time_s` seconds: the head's turn since the calm frame, then every
    /// coefficient that the points carry.
    ///
    /// # Errors
    /// If the system cannot send.
    pub fn send(&mut self, face: &FaceReading, time_s: f64) -> io::Result<()> {
        let mut messages = messages(face, time_s, self.names);
        if self
            .marked_s
            .is_none_or(|last| time_s - last >= MARK_EVERY_S)
        {
            let text = OscType::String(self.mark.clone());
            messages.insert(1, message(MARK_ADDRESS, vec![text]));
            self.marked_s = Some(time_s);
        }
        for datagram in datagrams(messages) {
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
fn messages(face: &FaceReading, time_s: f64, names: VmcNames) -> Vec<OscMessage> {
    let mut messages = vec![
        message("/VMC/Ext/OK", vec![OscType::Int(1)]),
        message("/VMC/Ext/T", vec![OscType::Float(time_s as f32)]),
        message("/VMC/Ext/Bone/Pos", head_bone(&face.head.turn)),
    ];
    let mut values: Vec<(String, f32)> = Vec::new();
    if names != VmcNames::Vrm {
        let carried = NAMES.iter().zip(face.coefficients);
        let carried = carried.filter(|(name, _)| is_carried(name));
        values.extend(carried.map(|(name, value)| (capitalised(name), value)));
    }
    if names != VmcNames::Arkit {
        let presets = presets(&face.coefficients).into_iter();
        values.extend(presets.map(|(name, value)| (name.to_owned(), value)));
    }
    for (name, value) in values {
        let arguments = vec![OscType::String(name), OscType::Float(value)];
        messages.push(message("/VMC/Ext/Blend/Val", arguments));
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
        let messages = messages(&reading(Gesture::default()), 1.5, VmcNames::Both);
        let datagrams = datagrams(messages);
        assert!(datagrams.len() > 1);
        assert!(datagrams.iter().all(|bytes| bytes.len() <= MOST_BYTES));
    }

    #[test]
    fn a_stream_names_what_the_rig_knows() {
        let named = |names: VmcNames| -> Vec<String> {
            let messages = messages(&reading(Gesture::default()), 0.0, names);
            let values = messages
                .iter()
                .filter(|message| message.addr == "/VMC/Ext/Blend/Val");
            let name = |message: &OscMessage| message.args[0].clone().string().unwrap();
            values.map(name).collect()
        };
        let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
        let both = named(VmcNames::Both);
        assert!(has(&both, "EyeBlinkLeft") && has(&both, "Blink_L"));
        let [arkit, vrm] = [named(VmcNames::Arkit), named(VmcNames::Vrm)];
        assert!(has(&arkit, "JawOpen") && !has(&arkit, "A"));
        assert!(has(&vrm, "A") && !has(&vrm, "JawOpen"));
        assert_eq!(both.len(), arkit.len() + vrm.len());
    }

    #[test]
    fn a_stream_says_where_its_motion_comes_from_at_once_and_every_second() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = receiver.local_addr().unwrap().to_string();
        let mut sender =
            VmcSender::open(&address, VmcNames::Vrm, "made by program".to_owned()).unwrap();
        let marks = |time_s: f64, sender: &mut VmcSender| {
            sender.send(&reading(Gesture::default()), time_s).unwrap();
            let mut bytes = [0; MOST_BYTES];
            let length = receiver.recv(&mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            text.contains(MARK_ADDRESS) && text.contains("made by program")
        };
        let marked = [0.0, 0.5, 1.0, 1.9, 2.1].map(|time_s| marks(time_s, &mut sender));
        assert_eq!(marked, [true, false, true, false, true]);
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
        let open = |address| VmcSender::open(address, VmcNames::Both, String::new());
        assert!(open("127.0.0.1").is_err());
        assert!(open("127.0.0.1:39539").is_ok());
    }
}
